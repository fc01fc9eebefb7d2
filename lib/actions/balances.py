"""The balance on account: credit or debit a customer.

The sign turns here and nowhere else: nobody types one, Stripe's negative is a credit
(docs.stripe.com/billing/customer/balance, scenario 6). Stripe applies a credit to the next invoice that is finalised,
never to one already open (scenario 8): the screen says so beforehand.
"""

from __future__ import annotations

from lib.actions import _checks
from lib.actions._compare import balance_of, living_customer, same_balance
from lib.actions._earlier import ask_about, earlier, lately
from lib.actions._entries import affected, landed, posting
from lib.actions._intent import Intent, Kind, Outcome, register
from lib.actions._submit import submit
from lib.context import Context
from lib.errors import Refused
from lib.mirror.ours import intents
from lib.money import Money
from lib.people import need

KINDS = ("Credit", "Debit")
REASONS = (
    "Paid in advance, cancelled late",
    "Returned kit or unused item",
    "Goodwill",
    "Payment received on account",
    "Postage or delivery",
    "Correction of an earlier entry",
    "Other",
)

# Stripe keeps 350 characters of description; the reason stands before the note.
_NOTE = 300


def stripe_amount(kind: str, amount: Money) -> int:
    """The signed amount Stripe is sent: credit is negative, debit positive (scenario 6)."""
    if kind not in KINDS:
        raise Refused("Choose credit or debit.", field="kind")
    if amount.minor <= 0:
        raise Refused("Enter an amount above zero.", field="amount")
    return -amount.minor if kind == "Credit" else amount.minor


def written(note: str) -> str:
    """A note as it will stand in Stripe. Raises Refused when Stripe cannot keep all of it."""
    return _checks.within(note, "note", _NOTE)


def adjust_balance(
    ctx: Context,
    *,
    customer: str,
    kind: str,
    amount: Money,
    reason: str,
    note: str = "",
    seen: Money,
    form: str,
    despite_recent: bool = False,
    retyped: Money | None = None,
) -> Outcome:
    """Post a credit or a debit; the outcome's result is the transaction's id (cbtxn_).

    `seen` is the balance that the preview was made from, signed as Stripe signs it; `retyped` is a large amount typed
    once more. Raises AskFirst when the same was posted or asked for, for the same customer, within ten minutes
    (scenario 9), Changed when the balance has moved, Waiting when a second person must agree, Refused with the field
    at fault.
    """
    need(ctx, "money")
    signed = stripe_amount(kind, amount)
    if reason not in REASONS:
        raise Refused("Choose a reason.", field="reason")
    noted = written(note)
    if not despite_recent:
        _ask_about_recent(ctx, customer, signed, amount, kind, form)
    described = f"{reason}: {noted}" if noted else reason
    return submit(
        ctx,
        ADJUST,
        form=form,
        target=customer,
        seen={"balance": seen.minor, "currency": amount.currency},
        steps=lambda intent: [posting(customer, signed, amount.currency, described, {"pd_intent": intent})],
        detail={"amount": signed, "currency": amount.currency, "before": seen.minor, "after": seen.minor + signed},
        amount=amount,
        retyped=retyped,
    )


def _ask_about_recent(ctx: Context, customer: str, signed: int, amount: Money, kind: str, form: str) -> None:
    """Somebody was here a moment ago: the same customer, the same amount (scenario 9)."""
    same = intents.c.body.contains(f'"amount": {signed}, "currency": "{amount.currency}"')
    if found := earlier(ctx, form, lately(ctx, ADJUST, customer) & same):
        ask_about(ctx, found, f"A {kind.lower()} of {amount}", "posted", " to this customer")


def _look(ctx: Context, intent: Intent) -> None:
    fresh, currency = living_customer(ctx, intent.target), intent.seen["currency"]
    home = fresh.get("currency") or currency
    if currency != home and not balance_of(fresh, currency):
        raise Refused(
            f"This account is kept in {home.upper()}. A credit in {currency.upper()} would never reach its invoices.",
            field="amount",
        )
    same_balance(fresh, currency, intent.seen["balance"])


ADJUST = register(Kind("balance.adjust", "balance:adjust", _look, landed, affected))
