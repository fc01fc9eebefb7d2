"""The balance on account: credit or debit a customer.

The sign turns here and nowhere else: nobody types one, Stripe's negative is a credit
(docs.stripe.com/billing/customer/balance, scenario 6). An entry can never be taken back, only answered by its
opposite, once, which names it in its metadata (`pd_corrects`). Stripe applies a credit to the next invoice that is
finalised, never to one already open (scenario 8): the screen says so beforehand.
"""

from __future__ import annotations

from sqlalchemy import select

from lib.actions import _checks
from lib.actions._compare import balance_of, living_customer, same_balance, tagged
from lib.actions._intent import MAY_HAVE, OPEN, Intent, Kind, Object, Outcome, Step, register
from lib.actions._submit import submit
from lib.context import Context
from lib.dates import say_age
from lib.errors import AskFirst, Changed, NotFound, Refused
from lib.mirror.database import reading
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
_A_MOMENT = 600

# Why an entry that is no adjustment cannot be reversed, in a sentence for its type; Stripe makes these itself.
_STRIPES_OWN = {
    "applied_to_invoice": "An invoice used it: it comes back when that invoice is voided.",
    "unapplied_from_invoice": "It came back from an invoice that was voided.",
    "credit_note": "A credit note made it: void the credit note instead.",
    "invoice_too_small": "It was carried forward from an invoice too small to charge.",
    "invoice_too_large": "It was carried forward from an invoice too large to charge.",
    "invoice_overpaid": "It is what an invoice was overpaid by.",
    "initial": "It is the balance that the account began with.",
}


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
        steps=lambda intent: [_posting(customer, signed, amount.currency, described, intent)],
        detail={"amount": signed, "currency": amount.currency, "before": seen.minor, "after": seen.minor + signed},
        amount=amount,
        retyped=retyped,
    )


def undo_entry(
    ctx: Context,
    *,
    customer: str,
    entry: str,
    amount: Money,
    seen: Money,
    form: str,
    retyped: Money | None = None,
) -> Outcome:
    """Reverse an adjustment by its opposite, once; the outcome's result is the new transaction's id (cbtxn_).

    `amount` is the entry's own and `seen` the balance, both as the screen showed them and signed as Stripe signs them.
    Raises Refused when the entry is none that can be reversed or was reversed before, Changed when it or the balance
    is another, Waiting when a second person must agree.
    """
    need(ctx, "money")
    _refuse_asked_before(ctx, customer, entry, form)
    return submit(
        ctx,
        UNDO,
        form=form,
        target=customer,
        seen={"balance": seen.minor, "currency": amount.currency, "entry": entry, "amount": amount.minor},
        steps=lambda intent: [_reversing(customer, entry, -amount.minor, amount.currency, intent)],
        detail={
            "amount": -amount.minor,
            "currency": amount.currency,
            "corrects": entry,
            "before": seen.minor,
            "after": seen.minor - amount.minor,
        },
        amount=abs(amount),
        retyped=retyped,
    )


def why_not_reversed(kind: str, corrects: str, reversed_by: str) -> str:
    """Why an entry of this type (Stripe's word) cannot be reversed, in a sentence; empty when it can.

    `corrects` is the entry that it reverses itself, `reversed_by` the entry that reverses it.
    """
    if reversed_by:
        return "It was reversed before. An entry can be reversed once."
    if corrects:
        return "It reverses another entry. To post that one anew, use Adjust balance."
    return "" if kind == "adjustment" else _STRIPES_OWN.get(kind, "Stripe made it, nobody posted it.")


def _reversing(customer: str, entry: str, signed: int, currency: str, intent: str) -> Step:
    tags = {"pd_intent": intent, "pd_corrects": entry}
    params = {"amount": signed, "currency": currency, "description": f"Reverses {entry}", "metadata": tags}
    return Step("posting", f"/v1/customers/{customer}/balance_transactions", params)


def _posting(customer: str, signed: int, currency: str, described: str, intent: str) -> Step:
    params = {"amount": signed, "currency": currency, "description": described, "metadata": {"pd_intent": intent}}
    return Step("posting", f"/v1/customers/{customer}/balance_transactions", params)


def _ask_about_recent(ctx: Context, customer: str, signed: int, amount: Money, kind: str, form: str) -> None:
    """Somebody was here a moment ago: the same customer, the same amount (scenario 9)."""
    recent = (
        (intents.c.kind == ADJUST.name) & (intents.c.target == customer) & (intents.c.created > ctx.now - _A_MOMENT)
    )
    same = intents.c.body.contains(f'"amount": {signed}, "currency": "{amount.currency}"') & (intents.c.form != form)
    with reading(ctx.engine) as conn:
        counts = intents.c.state.in_(MAY_HAVE)
        columns = (intents.c.actor, intents.c.created, intents.c.state)
        earlier = conn.execute(select(*columns).where(recent, same, counts).order_by(intents.c.created.desc())).first()
    if earlier:
        ago, what = say_age(ctx.now - earlier.created), f"A {kind.lower()} of {amount}"
        raise AskFirst(f"{what} {_SAID.get(earlier.state, _UNSURE).format(ago=ago, who=earlier.actor)}")


_SAID = {
    "done": "was posted to this customer {ago} by {who}. Nothing more was posted.",
    "waiting": "to this customer was asked for {ago} by {who} and waits for a second person. Nothing more was posted.",
}
_UNSURE = (
    "to this customer was asked for {ago} by {who}, and Stripe has not confirmed whether it happened. "
    "Nothing more was posted."
)


def _refuse_asked_before(ctx: Context, customer: str, entry: str, form: str) -> None:
    """One reversal an entry, also while the first one waits or nobody knows what became of it."""
    mine = (intents.c.kind == UNDO.name) & (intents.c.target == customer) & (intents.c.form != form)
    same = intents.c.body.contains(f'"pd_corrects": "{entry}"') & intents.c.state.in_(("waiting", "review", *OPEN))
    with reading(ctx.engine) as conn:
        earlier = conn.execute(select(intents.c.actor, intents.c.created).where(mine, same)).first()
    if earlier:
        ago = say_age(ctx.now - earlier.created)
        raise Refused(f"{earlier.actor} asked to reverse this {ago}. See Needs your eye; nothing more was posted.")


def _look(ctx: Context, intent: Intent) -> None:
    fresh, currency = living_customer(ctx, intent.target), intent.seen["currency"]
    home = fresh.get("currency") or currency
    if currency != home and not balance_of(fresh, currency):
        raise Refused(
            f"This account is kept in {home.upper()}. A credit in {currency.upper()} would never reach its invoices.",
            field="amount",
        )
    same_balance(fresh, currency, intent.seen["balance"])


def _landed(ctx: Context, intent: Intent, _step: Step) -> Object | None:
    return tagged(
        ctx.stripe.every(f"/v1/customers/{intent.target}/balance_transactions", created={"gte": intent.since}),
        intent.id,
    )


def _affected(intent: Intent) -> list[tuple[str, str]]:
    return [("customer", intent.target), ("ledger", intent.target)]


def _look_at_entry(ctx: Context, intent: Intent) -> None:
    """Asked of Stripe, so that an entry is reversed once even where our own record was lost."""
    fresh, seen = living_customer(ctx, intent.target), intent.seen
    path = f"/v1/customers/{intent.target}/balance_transactions"
    try:
        entry = ctx.stripe.get(f"{path}/{seen['entry']}")
    except NotFound as none:
        raise Refused("This entry is not in Stripe.", none.detail) from none
    after = ctx.stripe.every(path, created={"gte": entry["created"] - 1})
    answer = next((one for one in after if _corrects(one) == entry["id"]), {})
    if why := why_not_reversed(entry["type"], _corrects(entry), answer.get("id", "")):
        raise Refused(why)
    if (entry["amount"], entry["currency"]) != (seen["amount"], seen["currency"]):
        raise Changed("This entry is not what was on your screen. Nothing was posted.")
    same_balance(fresh, seen["currency"], seen["balance"])


def _corrects(entry: Object) -> str:
    return (entry.get("metadata") or {}).get("pd_corrects", "")


ADJUST = register(Kind("balance.adjust", "balance:adjust", _look, _landed, _affected))
UNDO = register(Kind("balance.undo", "balance:undo", _look_at_entry, _landed, _affected))
