"""What happens when an invoice's day comes near and when it has passed without money."""

from __future__ import annotations

from lib.sandbox.call import Call
from lib.sandbox.resources import customers
from lib.sandbox.schema import Body

SOON = 7 * 86_400


def expect(call: Call, invoice: Body) -> None:
    """Look at an invoice again before and after its day."""
    due = invoice["due_date"]
    if due is None:
        return
    if due - SOON > call.now:
        call.store.plan(due - SOON, "near", invoice["id"])
    call.store.plan(due + 1, "passed", invoice["id"])


def near(call: Call, ident: str) -> None:
    invoice = call.store.find("invoice", ident)
    if invoice and invoice["status"] == "open":
        call.emit("invoice.will_be_due", invoice)


def passed(call: Call, ident: str) -> None:
    invoice = call.store.find("invoice", ident)
    if invoice and invoice["status"] == "open":
        customers.set_delinquent(call, invoice["customer"], True)
        call.emit("invoice.overdue", invoice)


ACTIONS = {"near": near, "passed": passed}
