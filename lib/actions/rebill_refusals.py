"""What cannot go to another payer and why, and what becomes of the old payer's balance where it can."""

from __future__ import annotations

from lib.actions import _copying
from lib.actions._intent import Object
from lib.actions.invoice_state import applied_of, is_of_subscription
from lib.errors import Refused
from lib.money import Money

_ENDED = {
    "paid": "It is paid: what was received stays with it. To bill somebody else, issue a credit note first.",
    "void": "It is void: nothing is owed on it.",
    "uncollectible": "It was written off. Void it in Stripe and raise a new invoice for the right payer.",
}


def why_not(body: Object) -> str:
    """Why this invoice cannot be re-billed, in words; empty when it can (domain 2.2)."""
    if is_of_subscription(body):
        return "A membership made it: its payer follows the subscription, which is changed in Stripe."
    if body["status"] == "paid" and not body["amount_paid"] and applied_of(body) < 0:
        used = Money(-applied_of(body), body["currency"])
        return (
            f"Credit on account paid it ({used}), so Stripe can no longer void it. Issue a credit note of {used} to "
            "the account instead; then raise a new invoice for the right payer."
        )
    return _ENDED.get(body["status"]) or _moved_money(body) or _copying.why_not(body)


def _moved_money(body: Object) -> str:
    if body["amount_paid"]:
        paid = Money(body["amount_paid"], body["currency"])
        return f"{paid} was paid on it already, so Stripe cannot void it. Issue a credit note for the rest instead."
    if body.get("pre_payment_credit_notes_amount") or body.get("post_payment_credit_notes_amount"):
        return "It has a credit note. Void that first, or issue a credit note for the rest."
    if body.get("from_invoice"):
        return "It is a correction of another invoice, which would come back. Finish or delete it in Stripe."
    return ""


def refuse(body: Object) -> None:
    """Raises Refused with the reason, where there is one."""
    if words := why_not(body):
        raise Refused(f"This cannot be re-billed. {words}")


def goes_back(body: Object) -> Money:
    """What voiding gives back to the old payer's account, signed as Stripe signs it: negative is credit."""
    return Money(applied_of(body), body["currency"])
