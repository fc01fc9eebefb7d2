"""What can happen to an invoice after it is drafted: finalise, send, pay, void, write off.

Each verb refuses in Stripe's words when the invoice is not in a state for it.
"""

from __future__ import annotations

from lib.sandbox import ids
from lib.sandbox.call import Call
from lib.sandbox.errors import Refusal
from lib.sandbox.resources import (
    balance,
    customers,
    deadlines,
    finalisation,
    invoice_draft,
    invoices,
    payment_records,
    payments,
    revisions,
)
from lib.sandbox.resources.payments import PAYABLE
from lib.sandbox.schema import Body

NOT_OPEN = "You can only pass in open invoices. This invoice isn't open."
CANNOT_SEND = (
    "This invoice cannot be sent right now. Please contact us via https://support.stripe.com/contact with details, so "
    "we can help."
)
NO_CARD = (
    "This customer has no attached payment source or default payment method. Please consider adding a default payment "
    "method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting"
    "#payment-method-priority."
)
HAS_PAYMENTS = "Invoices with `paid` payments cannot be voided."
HOSTED = "https://invoice.stripe.example"
PAPER = "a4"


def finalize(call: Call) -> Body:
    body = invoices.of_path(call, "id")
    if body["status"] != "draft":
        raise Refusal("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    if "auto_advance" in call.params:
        body["auto_advance"] = call.params["auto_advance"]
    return settle(call, body)


def settle(call: Call, body: Body) -> Body:
    """Freeze the draft, number it, and let the balance do its work."""
    _check(call, body)
    if body["from_invoice"]:
        make_void(call, call.get("invoice", body["from_invoice"]["invoice"]))
    invoice_draft.recompute(call, body)
    outcome = finalisation.settle(body["total"], body["starting_balance"], body["currency"])
    _move_balance(call, body, outcome)
    body |= {
        "amount_due": outcome.amount_due,
        "amount_remaining": outcome.amount_due,
        "automatically_finalizes_at": None,
        "last_finalization_error": None,
        "effective_at": body["effective_at"] or call.now,
        "ending_balance": outcome.ending_balance,
        "next_payment_attempt": None,
        "number": body["number"] or _number(call, body),
        "status": "open",
    }
    if body["rendering"]:
        body["rendering"] = body["rendering"] | {"pdf": {"page_size": PAPER}}
    body["status_transitions"] = body["status_transitions"] | {"finalized_at": call.now}
    _publish(call, body)
    if outcome.paid:
        body["attempted"] = True
        payments.mark_paid(call, body)
    else:
        payments.expect(call, body)
        deadlines.expect(call, body)
    call.store.save("invoice", body)
    call.emit("invoice.finalized", body)
    revisions.point_to(call, body)
    if outcome.paid:
        call.emit("invoice.paid", body)
    return body


def _check(call: Call, body: Body) -> None:
    """What has come between a draft and its end."""
    revisions.check(call, body)
    call.named("customer", body["customer"], "customer")


def _move_balance(call: Call, body: Body, outcome: finalisation.Settlement) -> None:
    customer = call.named("customer", body["customer"], "customer")
    entries = []
    moves = (
        (outcome.applied, "applied_to_invoice"),
        (outcome.too_small, "invoice_too_small"),
        (outcome.too_large, "invoice_too_large"),
    )
    for amount, kind in moves:
        if amount:
            entry = balance.new_entry(call, customer, amount, body["currency"], kind, body["id"])
            entry["ending_balance"] += sum(earlier["amount"] for earlier in entries)
            entries.append(entry)
    if entries:
        # The draft itself is being finalised, so it must not follow the balance that it moves.
        call.store.save("invoice", body | {"status": "open"})
        balance.post(call, *entries)


def _number(call: Call, body: Body) -> str:
    """UK accounts number in one sequence for the account; the other way is one for each customer."""
    if call.numbering == "account":
        return f"{ids.invoice_prefix(call.seed, 'account')}-{call.store.next('invoice number'):04d}"
    before = call.named("customer", body["customer"], "customer")
    after = before | {"next_invoice_sequence": before["next_invoice_sequence"] + 1}
    call.updated("customer", before, after)
    return f"{before['invoice_prefix']}-{before['next_invoice_sequence']:04d}"


def _publish(call: Call, body: Body) -> None:
    """The page and the paper of the invoice, which exist from now on."""
    secret = ids.letters(f"{call.seed}/hosted/{body['id']}", 24)
    path = f"{ids.account(call.seed)}/test_{body['id']}_{secret}"
    body["hosted_invoice_url"] = f"{HOSTED}/i/{path}?s=ap"
    body["invoice_pdf"] = f"{HOSTED}/invoice/{path}/pdf?s=ap"


def pay(call: Call) -> Body:
    """Only outside Stripe: the sandbox keeps no cards."""
    body = invoices.of_path(call, "id")
    if body["status"] == "paid":
        raise Refusal("Invoice is already paid")
    if body["status"] == "void":
        raise Refusal("This invoice is void and can no longer be paid.")
    if not call.params.get("paid_out_of_band"):
        raise Refusal(NO_CARD, code="resource_missing")
    if body["status"] == "draft":
        body = settle(call, body)
    if body["status"] == "paid":
        return body
    record = payment_records.outside(call, body, body["amount_remaining"])
    return payments.by_record(call, body | {"auto_advance": False}, record)


def send(call: Call) -> Body:
    body = invoices.of_path(call, "invoice")
    if body["status"] == "draft":
        body = settle(call, body)
    elif body["status"] != "open":
        raise Refusal(CANNOT_SEND)
    call.emit("invoice.sent", body)
    return body


def void(call: Call) -> Body:
    """Gives back exactly what was taken from the balance, credit or debit."""
    body = invoices.of_path(call, "id")
    if body["status"] == "paid" or body["amount_paid"]:
        raise Refusal(HAS_PAYMENTS)
    if body["status"] not in PAYABLE:
        raise Refusal(NOT_OPEN)
    return make_void(call, body)


def make_void(call: Call, body: Body) -> Body:
    body |= {"status": "void", "status_details": None}
    body["status_transitions"] = body["status_transitions"] | {"voided_at": call.now}
    call.store.save("invoice", body)
    payments.follow(call, body)
    _give_back(call, body)
    call.emit("invoice.voided", body)
    return body


def _give_back(call: Call, body: Body) -> None:
    applied = balance.applied_to(call, body["id"])
    customer = call.store.find("customer", body["customer"])
    if applied and customer:
        back = balance.new_entry(call, customer, -applied, body["currency"], "unapplied_from_invoice", body["id"])
        balance.post(call, back)


def mark_uncollectible(call: Call) -> Body:
    body = invoices.of_path(call, "id")
    if body["status"] == "uncollectible":
        raise Refusal("This invoice has already been marked uncollectible.")
    if body["status"] != "open":
        raise Refusal(NOT_OPEN)
    body["status"] = "uncollectible"
    body["status_details"] = {"uncollectible": {"reason": "user_forgiven"}}
    body["status_transitions"] = body["status_transitions"] | {"marked_uncollectible_at": call.now}
    call.store.save("invoice", body)
    customers.set_delinquent(call, body["customer"], False)
    call.emit("invoice.marked_uncollectible", body)
    return body


def finalize_by_itself(call: Call, ident: str) -> None:
    """A draft that advances by itself, when its hour has come."""
    body = call.store.find("invoice", ident)
    at = body["automatically_finalizes_at"] if body and body["status"] == "draft" else None
    if not body or at is None or at > call.now:
        return
    try:
        _check(call, body)
    except Refusal as refusal:
        body |= {"auto_advance": False, "automatically_finalizes_at": None, "last_finalization_error": refusal.brief()}
        call.store.save("invoice", body)
        call.emit("invoice.finalization_failed", body)
    else:
        settle(call, body)
