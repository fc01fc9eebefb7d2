"""`create_preview`: what an invoice would come to, made with the same steps as a real one and then undone."""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, not_imitated
from lib.sandbox.resources import common, customers, finalisation, invoice_draft, invoice_items, invoices
from lib.sandbox.resources.account import CURRENCY
from lib.sandbox.schema import Body

NOTHING = "Nothing to preview: pass a customer and invoice_items."


def create(call: Call) -> Body:
    if not call.params.get("customer"):
        raise Malformed(NOTHING, param="customer")
    with call.store.undone():
        return _preview(call)


def _preview(call: Call) -> Body:
    params = call.params
    customer = call.named("customer", params["customer"], "customer")
    given = params.get("invoice_items") or []
    said = params.get("currency") or next((entry["currency"] for entry in given if "currency" in entry), None)
    currency = common.currency(said) if said else customer["currency"] or CURRENCY
    body = invoice_draft.fresh(call, call.new_id("upcoming_in_"), customer, currency)
    body["billing_reason"] = "upcoming"
    call.store.add("invoice", body)
    customers.use_currency(call, customer, currency)
    invoices.sweep_all(call, body, customer)
    for number, entry in enumerate(given):
        prefix = f"invoice_items[{number}]"
        invoice_items.make(call, customer, _as_item(entry, prefix), currency, body, prefix)
    invoice_draft.recompute(call, body)
    outcome = finalisation.settle(body["total"], body["starting_balance"], currency)
    return body | {"amount_due": outcome.amount_due, "ending_balance": outcome.ending_balance}


def _as_item(entry: dict[str, Any], prefix: str) -> dict[str, Any]:
    """A previewed item names its price and unit amount in the older way."""
    if "invoiceitem" in entry:
        raise not_imitated(f"{prefix}[invoiceitem]")
    item = {key: value for key, value in entry.items() if key not in ("price", "unit_amount", "currency")}
    if "price" in entry:
        item["pricing"] = {"price": entry["price"]}
    if "unit_amount" in entry:
        item["unit_amount_decimal"] = str(entry["unit_amount"])
    return item
