"""Revisions: a new draft with the lines of an open invoice, which takes that invoice's place when it is finalised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lib.sandbox.call import Call
from lib.sandbox.errors import Refusal
from lib.sandbox.resources import invoice_lines, payments
from lib.sandbox.schema import Body

COPIED = ("collection_method", "currency", "custom_fields", "customer", "description", "footer", "statement_descriptor")
NOT_REVISABLE = "Only open and uncollectible invoices can be revised. This invoice is {status}."
HAS_PAYMENTS = "Invoices with `paid` payments cannot be revised."
OF_SUBSCRIPTION = "Invoices that a subscription made cannot be revised."


def original(call: Call) -> Body | None:
    """The invoice that a new one is to replace."""
    given = call.params.get("from_invoice")
    if given is None:
        return None
    found = call.named("invoice", given["invoice"], "from_invoice[invoice]")
    _replaceable(found)
    if call.params.get("customer", found["customer"]) != found["customer"]:
        raise Refusal("A revision has the customer of the invoice that it revises.", param="customer")
    return found


def _replaceable(invoice: Body) -> None:
    if invoice["parent"]:
        raise Refusal(OF_SUBSCRIPTION)
    if invoice["status"] not in payments.PAYABLE:
        raise Refusal(NOT_REVISABLE.format(status=invoice["status"]))
    if invoice["amount_paid"]:
        raise Refusal(HAS_PAYMENTS)


def with_terms(call: Call, invoice: Body) -> Call:
    """The call as if it had said again what the invoice says."""
    copied = {name: invoice[name] for name in COPIED if invoice[name] is not None}
    copied |= {
        "default_tax_rates": [rate["id"] for rate in invoice["default_tax_rates"]],
        "metadata": invoice["metadata"],
    }
    sends = call.params.get("collection_method", invoice["collection_method"]) == "send_invoice"
    if sends and invoice["due_date"] and "days_until_due" not in call.params:
        copied["due_date"] = invoice["due_date"]
    given = {name: value for name, value in call.params.items() if name != "pending_invoice_items_behavior"}
    return replace(call, params=copied | given)


def copy_lines(call: Call, body: Body, invoice: Body) -> None:
    """Each line again, with an item of its own behind it."""
    body["from_invoice"] = {"action": "revision", "invoice": invoice["id"]}
    for line in call.store.select(invoice_lines.KIND, ("invoice = ?", invoice["id"])):
        item = call.get("invoiceitem", invoice_lines.item_of(line))
        item |= {"id": call.new_id("ii_"), "date": call.now, "invoice": None}
        call.store.add("invoiceitem", item)
        invoice_lines.attach(call, body, item)
        call.emit("invoiceitem.created", item)


def check(call: Call, body: Body) -> None:
    """A revision cannot replace what was paid or voided in the meantime."""
    if body["from_invoice"]:
        _replaceable(call.get("invoice", body["from_invoice"]["invoice"]))


def earlier(call: Call, body: Body) -> Iterator[Body]:
    """The invoices that a revision replaces, the last one first."""
    while body["from_invoice"]:
        body = call.get("invoice", body["from_invoice"]["invoice"])
        yield body


def point_to(call: Call, body: Body) -> None:
    """All earlier versions lead to the newest."""
    for before in earlier(call, body):
        call.updated("invoice", before, before | {"latest_revision": body["id"]})
