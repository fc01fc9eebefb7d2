"""The lines of an invoice. Behind each is an invoice item, which is the truth; a line shows it on one invoice."""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, Refusal, missing
from lib.sandbox.resources import common, invoice_draft, invoice_items, invoices, taxes
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

KIND = "line_item"
MOST = 250
OF_SUBSCRIPTION = "Lines that a subscription made cannot be changed."
TOO_MANY = f"The maximum number of invoice items on an invoice is {MOST}."


def attach(call: Call, invoice: Body, item: Body) -> Body:
    """Put an item on a draft, as its last line."""
    if item["currency"] != invoice["currency"]:
        said = (
            f"The currency of the invoice item ({item['currency']}) must match the invoice's ({invoice['currency']})."
        )
        raise Refusal(said, param="currency")
    item["invoice"] = invoice["id"]
    call.store.save("invoiceitem", item)
    return place(call, of_item(call.new_id("il_"), invoice, item))


def place(call: Call, line: Body) -> Body:
    """Put a line below the others."""
    call.store.add(KIND, line, rank=-call.store.next("line place"))
    return line


def of_item(ident: str, invoice: Body, item: Body) -> Body:
    rates = item["tax_rates"] or invoice["default_tax_rates"]
    return {
        "id": ident,
        "object": KIND,
        "amount": item["amount"],
        "currency": item["currency"],
        "description": item["description"],
        "discount_amounts": [],
        "discountable": item["discountable"],
        "discounts": [],
        "invoice": invoice["id"],
        "livemode": False,
        "metadata": item["metadata"],
        "parent": {
            "invoice_item_details": {
                "invoice_item": item["id"],
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": None,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        "period": item["period"],
        "pretax_credit_amounts": [],
        "pricing": item["pricing"],
        "quantity": item["quantity"],
        "quantity_decimal": item["quantity_decimal"],
        "subtotal": item["amount"],
        "taxes": taxes.on_line(item["amount"], rates, invoice["customer_tax_exempt"]),
    }


def of_invoice(call: Call, invoice: Body) -> list[Body]:
    """All lines of a draft, brought up to date with its items, its customer and its tax rates."""
    items = {item["id"]: item for item in call.store.select("invoiceitem", ("invoice = ?", invoice["id"]))}
    found = []
    for held in call.store.select(KIND, ("invoice = ?", invoice["id"])):
        behind = held["parent"]["invoice_item_details"]
        line = of_item(held["id"], invoice, items[behind["invoice_item"]]) if behind else held
        if line != held:
            call.store.save(KIND, line)
        found.append(line)
    return found


def item_of(line: Body) -> str:
    if line["parent"]["invoice_item_details"] is None:
        raise Refusal(OF_SUBSCRIPTION)
    return line["parent"]["invoice_item_details"]["invoice_item"]


def detach(call: Call, item: Body) -> None:
    """Take the item's line off its invoice."""
    if line := call.store.exists(KIND, ("item = ?", item["id"])):
        call.store.remove(KIND, line)


def room_for(call: Call, invoice: Body, more: int) -> None:
    if call.store.count(KIND, ("invoice = ?", invoice["id"])) + more > MOST:
        raise Refusal(TOO_MANY)


def list_(call: Call) -> Page:
    invoice = invoices.of_path(call, "invoice")
    return common.listing(call, KIND, ("invoice = ?", invoice["id"]), word="line item")


def add(call: Call) -> Body:
    before = invoices.editable(call, "invoice")
    given = call.params["lines"]
    room_for(call, before, len(given))
    customer = call.named("customer", before["customer"], "customer")
    for number, entry in enumerate(given):
        _add_one(call, before, customer, entry, f"lines[{number}]")
    return _changed(call, before)


def _add_one(call: Call, invoice: Body, customer: Body, entry: dict[str, Any], prefix: str) -> None:
    if "invoice_item" not in entry:
        invoice_items.make(call, customer, entry, invoice["currency"], invoice, prefix)
        return
    name = f"{prefix}[invoice_item]"
    item = call.named("invoiceitem", entry["invoice_item"], name, "Invoice Item")
    if item["invoice"] is not None or item["customer"] != invoice["customer"]:
        raise Refusal("This invoice item is already attached to an invoice.", param=name)
    invoice_items.apply(call, item, entry, prefix)
    attach(call, invoice, item)


def _changed(call: Call, before: Body) -> Body:
    """The invoice after its lines have changed."""
    after = dict(before)
    if "invoice_metadata" in call.params:
        after["metadata"] = common.merged(before["metadata"], call.params["invoice_metadata"])
    invoice_draft.recompute(call, after)
    call.updated("invoice", before, after)
    return after


def _on(call: Call, invoice: Body, ident: str, param: str, *, status: int = 400) -> Body:
    line = call.store.find(KIND, ident)
    if line is None or line["invoice"] != invoice["id"]:
        raise missing("invoice line item", ident, param, status=status)
    return line


def update_many(call: Call) -> Body:
    before = invoices.editable(call, "id")
    for number, entry in enumerate(call.params["lines"]):
        line = _on(call, before, entry["id"], f"lines[{number}][id]")
        _update_item(call, line, {key: value for key, value in entry.items() if key != "id"}, f"lines[{number}]")
    return _changed(call, before)


def _update_item(call: Call, line: Body, params: dict[str, Any], prefix: str) -> None:
    item = call.get("invoiceitem", item_of(line), "Invoice Item")
    invoice_items.apply(call, item, params, prefix)
    call.store.save("invoiceitem", item)


def update_one(call: Call) -> Body:
    before = invoices.editable(call, "invoice")
    line = _on(call, before, call.path["line"], "id", status=404)
    _update_item(call, line, call.params, "")
    _changed(call, before)
    return call.get(KIND, line["id"])


def remove_many(call: Call) -> Body:
    before = invoices.editable(call, "id")
    if not call.params["lines"]:
        raise Malformed("Missing required param: lines.", code="parameter_missing", param="lines")
    for number, entry in enumerate(call.params["lines"]):
        line = _on(call, before, entry["id"], f"lines[{number}][id]")
        item = call.get("invoiceitem", item_of(line), "Invoice Item")
        call.store.remove(KIND, line["id"])
        if entry["behavior"] == "delete":
            invoice_items.forget(call, item)
        else:
            call.store.save("invoiceitem", item | {"invoice": None})
    return _changed(call, before)
