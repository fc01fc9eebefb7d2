"""Someone who has only read the events, from the first to the last: do they know what Stripe knows?

An event carries its object whole, so the follower keeps the last one of each id and drops what was deleted.
Not everything has an event. What has none, and how a follower gets it:

| what | how |
|---|---|
| a draft that follows its customer (name and address, the balance that it will use) | read the draft again |
| an item that changes, or moves from waiting to an invoice | read the item again; its coming and going has events |
| the lines of an invoice after the tenth | read `/v1/invoices/{id}/lines` |
| entries in a customer's ledger | `customer.updated` says that it moved: read `/balance_transactions` |
| payment records; what an invoice's default payment asks for | read them again; `invoice_payment.paid` has the money |
| the prices and products that Stripe makes behind a bare amount | never listed |
"""

from __future__ import annotations

from typing import Any

from lib.sandbox import Sandbox

Body = dict[str, Any]
LISTS = {
    "customer": "/v1/customers",
    "invoice": "/v1/invoices",
    "credit_note": "/v1/credit_notes",
    "tax_rate": "/v1/tax_rates",
    "product": "/v1/products",
    "price": "/v1/prices",
    "invoiceitem": "/v1/invoiceitems",
}
FOLLOWS = ("starting_balance", "amount_due", "amount_remaining")


def listed(box: Sandbox, path: str, **params: Any) -> list[Body]:
    """A whole list, newest first."""
    found: list[Body] = []
    while True:
        page = box.call("GET", path, {"limit": 100, **params})
        found += page["data"]
        if not page["has_more"]:
            return found
        params["starting_after"] = found[-1]["id"]


class Follower:
    """What follows from the events alone."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self.known: dict[str, dict[str, Body]] = {kind: {} for kind in LISTS}
        self.paid: dict[str, Body] = {}
        for event in reversed(listed(box, "/v1/events")):
            self._take(event["type"], event["data"]["object"])

    def _take(self, event: str, body: Body) -> None:
        if body["object"] == "invoice_payment":
            self.paid[body["id"]] = body
        known = self.known.get(body["object"])
        if known is None:
            return
        if event.endswith(".deleted"):
            known.pop(body["id"], None)
        else:
            known[body["id"]] = body

    def knows_the_same(self) -> None:
        """Every list of Stripe's, object by object; without the parts that have no event."""
        for kind, path in LISTS.items():
            in_stripe = {body["id"]: told(body) for body in listed(self._box, path)}
            assert {ident: told(body) for ident, body in self.known[kind].items()} == in_stripe
        paid = {body["id"]: body for body in listed(self._box, "/v1/invoice_payments", status="paid")}
        assert self.paid == paid


def told(body: Body) -> Body:
    """The part of an object that its events keep up with."""
    if body["object"] == "invoiceitem":
        return {"id": body["id"], "customer": body["customer"], "currency": body["currency"], "date": body["date"]}
    if body["object"] == "invoice" and body["status"] == "draft":
        return {name: value for name, value in body.items() if name not in FOLLOWS and "customer_" not in name}
    return body
