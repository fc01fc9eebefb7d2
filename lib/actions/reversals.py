"""Reversing an entry in a customer's ledger: it can never be taken back, only answered by its opposite, once, which
names it in its metadata (`pd_corrects`).
"""

from __future__ import annotations

from sqlalchemy import select

from lib.actions._compare import living_customer, same_balance
from lib.actions._entries import affected, landed, posting
from lib.actions._intent import OPEN, Intent, Kind, Object, Outcome, Step, register
from lib.actions._submit import submit
from lib.context import Context
from lib.dates import say_age
from lib.errors import Changed, NotFound, Refused
from lib.mirror.database import reading
from lib.mirror.ours import intents
from lib.money import Money
from lib.people import need

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
    return posting(customer, signed, currency, f"Reverses {entry}", tags)


def _refuse_asked_before(ctx: Context, customer: str, entry: str, form: str) -> None:
    """One reversal an entry, also while the first one waits or nobody knows what became of it."""
    mine = (intents.c.kind == UNDO.name) & (intents.c.target == customer) & (intents.c.form != form)
    same = intents.c.body.contains(f'"pd_corrects": "{entry}"') & intents.c.state.in_(("waiting", "review", *OPEN))
    with reading(ctx.engine) as conn:
        earlier = conn.execute(select(intents.c.actor, intents.c.created).where(mine, same)).first()
    if earlier:
        ago = say_age(ctx.now - earlier.created)
        raise Refused(f"{earlier.actor} asked to reverse this {ago}. See Needs your eye; nothing more was posted.")


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


UNDO = register(Kind("balance.undo", "balance:undo", _look_at_entry, landed, affected))
