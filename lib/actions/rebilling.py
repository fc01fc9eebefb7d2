"""Re-billing: a draft or an open invoice goes to another payer.

Stripe changes the customer of nothing (domain fact 5), so a new draft is made with the same lines, VAT and metadata and
`pd_rebilled_from`; it is held against the old one to the penny; only then is the old draft deleted, or the new invoice
finalised and the old one voided, and sent last: nobody is written to while the old one could still be paid. Stopped
anywhere, it goes on from there, and no third invoice is made (scenarios 24 and 25).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import select

from lib.actions._compare import beforehand
from lib.actions._intent import Kind, Object, Outcome, register
from lib.actions._issue_steps import paid_by_credit
from lib.actions._many import Row, row_of
from lib.actions._rebill_checks import checked, look
from lib.actions._rebill_pair import affected, as_before, both_stand, landed
from lib.actions._rebill_steps import making
from lib.actions._submit import submit, was_sent
from lib.context import Context
from lib.errors import Refused
from lib.mirror.database import reading as mirror
from lib.mirror.tables import invoices as mirrored
from lib.money import Money
from lib.people import need


def rebill(
    ctx: Context,
    invoice: str,
    payer: str,
    *,
    seen: str,
    balance: Money | None = None,
    send: bool = False,
    form: str,
) -> Outcome:
    """Move a draft or an open invoice to another payer; the outcome's result is the new invoice's id.

    `seen` is the `signature` of what the page showed, `balance` the new payer's, where the page said what it will do.
    `send` asks the new payer for the money of an open one by email.
    Raises Refused with the reason where Stripe cannot, Changed when it is no longer what was shown.
    """
    need(ctx, "money")
    with beforehand():
        old = {} if was_sent(ctx, form) else checked(ctx, invoice, payer, seen)
    treated = _patient(ctx, invoice) if old else ""
    return submit(
        ctx,
        REBILL,
        form=form,
        target=invoice,
        steps=lambda intent: making(ctx, old, payer, treated, intent, send=send) if old else [],
        seen=_seen(old, payer, seen, balance),
        detail={"from": old.get("customer", ""), "to": payer, **_amount(old)},
        content={"payer": payer, "send": send},
    )


def rebill_many(
    ctx: Context,
    chosen: dict[str, str],
    payer: str,
    *,
    balances: dict[str, Money] | None = None,
    send: bool = False,
    form: str,
) -> Iterator[Row]:
    """Several, one intent each, told as they are known: a stop half-way loses nothing and pressing again repeats
    nothing. `chosen`: invoice id and the signature of what was shown; `balances`: the new payer's as the screen said it
    would be before each of them, where what it will do was said. Raises NotAllowed; other refusals are told row by row.
    """
    need(ctx, "money")
    if not chosen:
        raise Refused("Tick at least one invoice.", field="rows")
    held = balances or {}
    return (
        row_of(
            one,
            partial(rebill, ctx, one, payer, seen=seen, balance=held.get(one), send=send, form=f"{form}:{one}"),
        )
        for one, seen in chosen.items()
    )


def _patient(ctx: Context, invoice: str) -> str:
    """Whose care it was for: the old invoice may say so only by whom it went to."""
    with mirror(ctx.engine) as conn:
        return conn.execute(select(mirrored.c.treated).where(mirrored.c.id == invoice)).scalar() or ""


def _seen(old: Object, payer: str, seen: str, balance: Money | None) -> Object:
    return {
        "payer": payer,
        "from": old.get("customer", ""),
        "signature": seen,
        "total": old.get("total", 0),
        "currency": old.get("currency", ""),
        "created": old.get("created", 0),
        "balance": None if balance is None else balance.minor,
    }


def _amount(old: Object) -> Object:
    return {name: old[name] for name in ("total", "currency")} if old else {}


REBILL = register(
    Kind(
        "invoice.rebill",
        "invoice:rebill",
        look,
        landed,
        affected,
        needless=paid_by_credit,
        ready=as_before,
        before=both_stand,
    )
)
