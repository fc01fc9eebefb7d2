"""A draft is finalised and sent: one, or many one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lib.actions._compare import living_customer, same_balance
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._issue_steps import finalising, paid_by_credit, sending
from lib.actions._landed import on_invoice
from lib.actions._last_look import STAYS, changed, last_look
from lib.actions._many import Row, row_of
from lib.actions._previewed import same_total
from lib.actions._standing import still_a_draft
from lib.actions._submit import submit
from lib.actions.invoice_state import signature
from lib.billing import settled
from lib.context import Context
from lib.errors import Refused
from lib.money import Money
from lib.people import need
from lib.stripe_api import reading


@dataclass(frozen=True)
class Ready:
    """A draft that somebody ticked to be finalised, as the screen showed it: amounts before any balance, and `seen`,
    its signature.
    """

    invoice: str
    payer: str
    subtotal: Money
    tax: Money
    total: Money
    seen: str


def finish_draft(
    ctx: Context, invoice: str, *, payer: str, total: Money, balance: Money, seen: str, send: bool = True, form: str
) -> Outcome:
    """Finalise and send a draft that was saved before; `total`, `balance` and `seen`, the draft's signature, are what
    the page showed. Raises Changed when it would come to something else, or the payer would read something else.
    """
    return submit(
        ctx,
        FINISH,
        form=form,
        target=invoice,
        steps=lambda _intent: [finalising(invoice), *([sending(invoice)] if send else [])],
        seen={
            "payer": payer,
            "total": total.minor,
            "balance": balance.minor,
            "currency": total.currency,
            "signature": seen,
        },
        detail={"payer": payer, "total": total.minor, "currency": total.currency},
    )


def finalise_many(
    ctx: Context, chosen: Sequence[Ready], balances: dict[str, Money], *, send: bool, form: str
) -> Iterator[Row]:
    """Finalise drafts one after the other, one intent each; yields what became of each as it is known.

    `balances` are the payers' as the screen showed them, by `balance_key`; each draft that is finalised moves its
    payer's on, and the next is held against that (scenario 3). Pressing again with the same form repeats nothing.
    """
    need(ctx, "money")
    if not chosen:
        raise Refused("Tick at least one draft.", field="rows")
    return _finalising(ctx, chosen, dict(balances), form, send=send)


def balance_key(one: Ready) -> str:
    """By what `finalise_many` knows a payer's balance: the payer and the currency."""
    return f"{one.payer} {one.total.currency}"


def _finalising(
    ctx: Context, chosen: Sequence[Ready], now: dict[str, Money], form: str, *, send: bool
) -> Iterator[Row]:
    for one in chosen:
        balance = now.get(balance_key(one), Money(0, one.total.currency))
        row = _one(ctx, one, balance, f"{form}:{one.invoice}", send=send)
        if row.result:
            now[balance_key(one)] = settled(one.subtotal, one.tax, one.total, balance).balance_after
        yield row


def _one(ctx: Context, one: Ready, balance: Money, form: str, *, send: bool) -> Row:
    shown = {"payer": one.payer, "total": one.total, "balance": balance, "seen": one.seen}
    return row_of(one.invoice, lambda: finish_draft(ctx, one.invoice, **shown, send=send, form=form))


def _look(ctx: Context, intent: Intent) -> None:
    fresh, seen = reading.invoice(ctx.stripe, intent.target), intent.seen
    still_a_draft(fresh)
    _same(fresh, seen)
    same_balance(living_customer(ctx, seen["payer"]), seen["currency"], seen["balance"], so=STAYS)


def _before(ctx: Context, intent: Intent, step: Step) -> None:
    """Tried again, what is finalised is what was shown still: the first look was before the first attempt."""
    if step.name == "finalise" and intent.progress:
        last_look(ctx, intent, intent.target, lambda draft: _same(draft, intent.seen))


def _same(draft: Object, seen: Object) -> None:
    """Raises Changed when it comes to something else, or says something else, than it did on the screen; what was
    asked for before that was kept is held against the total alone.
    """
    if draft["collection_method"] != "send_invoice":
        raise Refused("This draft is set to charge a card. Finish it where it was raised.")
    same_total(draft["total"], seen, "It is still a draft: nothing was finalised or sent")
    if signature(draft) != seen.get("signature", signature(draft)):
        raise changed()


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    return on_invoice(ctx, intent, step, intent.target)


def _affected(intent: Intent) -> list[tuple[str, str]]:
    payer = intent.seen["payer"]
    return [("invoice", intent.target), ("customer", payer), ("ledger", payer)]


FINISH = register(
    Kind("invoice.finish", "invoice:finalise", _look, _landed, _affected, needless=paid_by_credit, before=_before)
)
