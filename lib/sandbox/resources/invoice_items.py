"""Invoice items: charges, pending on a customer or already on a draft."""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Refusal, not_imitated, required
from lib.sandbox.resources import account, common, customers, invoice_draft, invoice_lines, invoices, pricing, tax_rates
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

KIND, WORD = "invoiceitem", "Invoice Item"
NOT_IMITATED = ("discounts", "tax_amounts")
LOCKED = "Can't delete an invoice item that is attached to an invoice that is no longer editable"


def create(call: Call) -> Body:
    params = call.params
    invoice = None
    if "invoice" in params:
        invoice = call.named("invoice", params["invoice"], "invoice")
        invoices.must_be_draft(invoice)
        invoice_lines.room_for(call, invoice, 1)
    customer = _customer(call, invoice)
    item = make(call, customer, params, _currency(params, customer, invoice), invoice)
    if invoice is not None:
        after = dict(invoice)
        invoice_draft.recompute(call, after)
        call.updated("invoice", invoice, after)
    return item


def _customer(call: Call, invoice: Body | None) -> Body:
    ident = call.params.get("customer") or (invoice and invoice["customer"])
    if not ident:
        raise required("customer")
    if invoice is not None and ident != invoice["customer"]:
        raise Refusal("The customer of the invoice item must be the customer of the invoice.", param="invoice")
    return call.named("customer", ident, "customer")


def _currency(params: dict[str, Any], customer: Body, invoice: Body | None) -> str:
    """As said; or as the price, the invoice, the customer or the account has it."""
    said = params.get("currency") or params.get("price_data", {}).get("currency")
    if said:
        return common.currency(said)
    return invoice["currency"] if invoice else customer["currency"] or account.CURRENCY


def make(
    call: Call, customer: Body, params: dict[str, Any], currency: str, invoice: Body | None, prefix: str = ""
) -> Body:
    """A new item, on an invoice if one is given."""
    item = fresh(call, customer, currency)
    apply(call, item, params, prefix)
    if "discountable" not in params:
        item["discountable"] = item["amount"] >= 0
    call.store.add(KIND, item)
    customers.use_currency(call, customer, currency)
    if invoice is not None:
        invoice_lines.attach(call, invoice, item)
    call.emit("invoiceitem.created", item)
    return item


def fresh(call: Call, customer: Body, currency: str) -> Body:
    """An item that costs nothing yet."""
    return {
        "id": call.new_id("ii_"),
        "object": KIND,
        "amount": 0,
        "currency": currency,
        "customer": customer["id"],
        "customer_account": None,
        "date": call.now,
        "description": None,
        "discountable": True,
        "discounts": [],
        "frozen_fields": [],
        "invoice": None,
        "invoicing_rules": [],
        "livemode": False,
        "metadata": {},
        "parent": None,
        "period": {"end": call.now, "start": call.now},
        "pricing": None,
        "proration": False,
        "quantity": 1,
        "quantity_decimal": "1",
        "tax_rates": [],
        "test_clock": None,
    }


def apply(call: Call, item: Body, params: dict[str, Any], prefix: str = "") -> None:
    """Put the parameters that were sent into the item."""
    for name in NOT_IMITATED:
        if params.get(name):
            raise not_imitated(f"{prefix}[{name}]" if prefix else name)
    if "description" in params:
        item["description"] = common.clear(params["description"])
    for name in ("discountable", "period"):
        if name in params:
            item[name] = params[name]
    if "metadata" in params:
        item["metadata"] = common.merged(item["metadata"], params["metadata"])
    if "tax_rates" in params:
        name = f"{prefix}[tax_rates]" if prefix else "tax_rates"
        item["tax_rates"] = tax_rates.chosen(call, params["tax_rates"], name)
    pricing.apply(call, item, params, prefix)


def of_path(call: Call) -> Body:
    ident = call.path["item"]
    found = call.store.find(KIND, ident)
    if found is None:
        said = f"No such {WORD}: '{ident}'(livemode=false)"
        raise Refusal(said, status=404, code="resource_missing", param="id")
    return found


def _invoice_of(call: Call, item: Body) -> Body | None:
    """The draft that the item is on; none while it is pending."""
    if item["invoice"] is None:
        return None
    return call.store.find("invoice", item["invoice"]) or {"status": "deleted"}


def update(call: Call) -> Body:
    item = of_path(call)
    invoice = _invoice_of(call, item)
    if invoice and invoice["status"] == "deleted":
        raise Refusal("This invoice item has been deleted.")
    if invoice:
        invoices.must_be_draft(invoice)
    apply(call, item, call.params)
    call.store.save(KIND, item)
    if invoice:
        after = dict(invoice)
        invoice_draft.recompute(call, after)
        call.updated("invoice", invoice, after)
    return item


def delete(call: Call) -> Body:
    item = of_path(call)
    invoice = _invoice_of(call, item)
    if invoice and invoice["status"] != "draft":
        raise Refusal(LOCKED)
    invoice_lines.detach(call, item)
    forget(call, item)
    if invoice:
        after = dict(invoice)
        invoice_draft.recompute(call, after)
        call.updated("invoice", invoice, after)
    return common.stub(KIND, item["id"])


def forget(call: Call, item: Body) -> None:
    call.store.remove(KIND, item["id"])
    call.emit("invoiceitem.deleted", item)


def list_(call: Call) -> Page:
    where = common.of_customer(call) + common.same(call, "invoice")
    if "pending" in call.params:
        where.append(("invoice IS NULL" if call.params["pending"] else "invoice IS NOT NULL", ()))
    return common.listing(call, KIND, *where, word=WORD)


def retrieve(call: Call) -> Body:
    return of_path(call)
