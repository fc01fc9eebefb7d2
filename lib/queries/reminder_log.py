"""What reminders were sent, and what became of them."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import reminders
from lib.mirror.tables import customers
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._sql import counted

# A payer hears from us once a day at most, whatever becomes due meanwhile.
QUIET = 86_400
# A conversation with the mail server is over after so many seconds: what still says "sending" was cut off.
SENDING = 300


def reminder_id(payer: str, stage: int, oldest: str) -> str:
    """One for each payer, stage and oldest overdue invoice."""
    return f"{payer}:{stage}:{oldest}"


def log(ctx: Context, payer: str = "", *, place: Place = FIRST, size: int = SIZE) -> Page:
    """What was sent, newest first, of one payer or all: id, payer, name, stage, email, invoices, currency, amount,
    state, words, actor, at.

    `invoices` ids with blanks between, `amount` in minor units. `state`: sending, sent, refused, or unknown (it may
    have gone out).
    """
    found = _log(ctx).subquery()
    wanted = select(found)
    wanted = wanted.where(found.c.payer == payer) if payer else wanted
    with reading(ctx.engine) as conn:
        total = counted(conn, wanted)
    return page(ctx, wanted, Order((found.c.at, found.c.id), descending=True), place, total, size=size)


def sent_about(ctx: Context, payer: str, invoice_ids: set[str]) -> int:
    """How many reminders went out to this payer that listed any of these invoices; none that merely may have."""
    mine = select(reminders.c.invoices).where(reminders.c.payer == payer, reminders.c.state == "sent")
    with reading(ctx.engine) as conn:
        return sum(1 for told in conn.execute(mine).scalars() if invoice_ids & set(json.loads(told)))


def state_of(ctx: Context, reminder: str) -> str:
    """What is known of one reminder; empty when it was never begun."""
    with reading(ctx.engine) as conn:
        return conn.execute(select(state(ctx)).where(reminders.c.id == reminder)).scalar() or ""


def statement(ctx: Context) -> Select[Any]:
    """The rows of `log`, all of them."""
    found = _log(ctx).subquery()
    return select(found).order_by(found.c.at.desc(), found.c.id.desc())


def state(ctx: Context) -> ColumnElement[str]:
    """What is known of a reminder: one that was cut off in the middle may have gone out."""
    cut_off = and_(reminders.c.state == "sending", reminders.c.at < ctx.now - SENDING)
    return case((cut_off, literal("unknown")), else_=reminders.c.state)


def _log(ctx: Context) -> Select[Any]:
    r = reminders.c
    ids = func.replace(func.replace(func.replace(func.replace(r.invoices, "[", ""), "]", ""), '"', ""), ",", "")
    columns = (r.id, r.payer, customers.c.name, r.stage, r.email, ids.label("invoices"), r.currency, r.amount)
    more = (state(ctx).label("state"), r.words, r.actor, r.at)
    return select(*columns, *more).select_from(reminders.outerjoin(customers, customers.c.id == r.payer))


def last_of(ctx: Context, payers: list[str]) -> dict[tuple[str, str], Any]:
    """The last reminder to each of these payers in each currency: stage, actor, state."""
    r = reminders.c
    mine = select(r.payer, r.currency, r.stage, r.actor, state(ctx).label("state")).where(r.payer.in_(payers))
    with reading(ctx.engine) as conn:
        found = conn.execute(mine.order_by(r.at, r.id.desc())).all()
    return {(row.payer, row.currency): row for row in found}
