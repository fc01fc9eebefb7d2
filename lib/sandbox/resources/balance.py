"""The credit balance of a customer: one ledger a currency, each entry with the balance after it.

A negative amount is a credit, a positive one a debit. An entry has no event of its own; what shows is the customer's.
"""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import missing
from lib.sandbox.resources import common, customers
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

KIND = "customer_balance_transaction"


def create(call: Call) -> Body:
    customer = customers.of_path(call)
    params = call.params
    entry = new_entry(call, customer, params["amount"], common.currency(params["currency"]), "adjustment")
    entry |= {
        "description": common.clear(params.get("description")),
        "metadata": common.merged({}, params.get("metadata", "")),
    }
    post(call, entry)
    return entry


def new_entry(call: Call, customer: Body, amount: int, currency: str, kind: str, invoice: str | None = None) -> Body:
    """An entry that is not yet in the ledger."""
    return {
        "id": call.new_id("cbtxn_"),
        "object": KIND,
        "amount": amount,
        "checkout_session": None,
        "created": call.now,
        "credit_note": None,
        "currency": currency,
        "customer": customer["id"],
        "customer_account": None,
        "description": None,
        "ending_balance": call.store.ledger(customer["id"], currency) + amount,
        "invoice": invoice,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }


def enter(call: Call, entry: Body) -> None:
    """Write the entry and move its ledger, without telling of it."""
    call.store.add(KIND, entry)
    call.store.set_ledger(entry["customer"], entry["currency"], entry["ending_balance"])


def post(call: Call, *entries: Body) -> None:
    """Write entries of one customer and tell of the new balance once."""
    for entry in entries:
        enter(call, entry)
    first, last = entries[0], entries[-1]
    before = call.store.find("customer", first["customer"])
    if before is None:
        return
    after = dict(before) | {"currency": before["currency"] or last["currency"]}
    if after["currency"] == last["currency"]:
        after["balance"] = last["ending_balance"]
        call.updated("customer", before, after)
    elif last["ending_balance"] != first["ending_balance"] - first["amount"]:
        old = first["amount"] - first["ending_balance"]
        call.emit("customer.updated", before, {"invoice_credit_balance": {last["currency"]: old}})
    customers.refresh_drafts(call, after)


def applied_to(call: Call, invoice: str) -> int:
    """How much of the balance an invoice has taken: a used credit is positive."""
    entries = call.store.select(KIND, ("invoice = ?", invoice))
    kinds = ("applied_to_invoice", "unapplied_from_invoice")
    return sum(entry["amount"] for entry in entries if entry["type"] in kinds)


def list_(call: Call) -> Page:
    customer = customers.of_path(call)
    return common.listing(
        call,
        KIND,
        ("customer = ?", customer["id"]),
        *common.same(call, "invoice"),
        word="customer_balance_transaction",
    )


def retrieve(call: Call) -> Body:
    customer = customers.of_path(call)
    entry = call.get(KIND, call.path["entry"], KIND)
    if entry["customer"] != customer["id"]:
        raise missing(KIND, call.path["entry"])
    return entry


def update(call: Call) -> Body:
    entry = retrieve(call)
    changes: dict[str, Any] = {}
    if "description" in call.params:
        changes["description"] = common.clear(call.params["description"])
    if "metadata" in call.params:
        changes["metadata"] = common.merged(entry["metadata"], call.params["metadata"])
    entry |= changes
    call.store.save(KIND, entry)
    return entry
