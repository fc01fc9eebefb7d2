"""Who is to be reminded of what is overdue, and who has been.

A payer has a row for each currency in which something is overdue by the payer's own terms. The stage is the highest of
the practice's stages (PAYERDESK_REMINDER_DAYS) that the oldest overdue invoice has reached. A reminder's id is made of
payer, stage and that invoice: there is one of each, ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, Connection, CursorResult, Select, bindparam, or_, select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.rows import among_those, those
from lib.mirror.tables import customers
from lib.queries import _due, _late
from lib.queries._due import Stages, stages_of
from lib.queries._late import days, late_of, longest
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._sql import counted, listed
from lib.queries.people import people
from lib.queries.reminder_log import QUIET, last_of
from lib.queries.reminder_pauses import pause

ORGANISATIONS, PATIENTS = _late.ORGANISATIONS, _late.PATIENTS
SORTS = {"Days overdue": "days", "Overdue": "overdue", "Payer": "order_name", "Last reminder": "last_at"}
_COLUMNS = (
    "id", "payer", "name", "email", "deleted", "currency", "overdue", "invoices", "oldest", "oldest_due", "days",
    "stage", "due", "last_at", "last_stage", "last_by", "last_state", "next_due", "paused", "paused_until",
)  # fmt: skip
_SINCE = "quiet_since"


def stage_of(ctx: Context, days: int) -> int:
    """The highest stage that so many days overdue have reached; 0 before the first."""
    return max((stage for stage in ctx.settings.reminder_days if stage <= days), default=0)


def table(
    ctx: Context,
    *,
    whose: str = ORGANISATIONS,
    due_only: bool = False,
    sort: str = "Days overdue",
    descending: bool = True,
    place: Place = FIRST,
    size: int = SIZE,
) -> Page:
    """Payers with something overdue: id (payer:currency), payer, name, email, deleted, currency, overdue, invoices,
    oldest (invoice id), oldest_due, days, stage, due, last_at, last_stage, last_by, last_state, next_due, paused,
    paused_until.

    `overdue` in minor units; `oldest_due`, `last_at` and `next_due` in Stripe's seconds, `next_due` None when every
    stage is behind or Stripe has the payer no more; `stage` 0 before the first; `due`: a reminder is to be sent now.
    `due_only` keeps those too who would be due, had they not been deleted in Stripe: somebody must chase them another
    way. `whose`: patients who pay for themselves are never among the others.
    """
    stages = stages_of(ctx)
    late, some = late_of(stages.began, whose), partial(_wanted, ctx, stages, due_only=due_only)
    wanted = some(late)
    with reading(ctx.engine) as conn:
        total = counted(conn, wanted)
    if SORTS[sort] == "order_name":
        wanted = wanted.select_from(_late.with_customers(late, whose))
    order = Order((_key(stages, late, sort), late.c.customer, late.c.currency), descending)
    parts = partial(longest, stages.began, whose, some) if SORTS[sort] == "days" else None
    fill, tell = partial(_rows, ctx, stages, whose), partial(_told, ctx)
    return page(ctx, wanted, order, place, total, size=size, fill=fill, tell=tell, parts=parts)


def _wanted(ctx: Context, stages: Stages, late: Any, *, due_only: bool) -> Select[Any]:
    wanted = select(late.c.customer, late.c.currency)
    if not due_only:
        return wanted
    unreachable = late.c.customer.in_(_due.gone()) & (stages.reached(late.c.due_at) > 0)
    return wanted.where(or_(_due.due(stages, late, ctx.now - QUIET), unreachable))


def _key(stages: Stages, late: Any, sort: str) -> ColumnElement[Any]:
    return {
        "days": days(stages.began, late.c.due_at),
        "overdue": late.c.overdue,
        "order_name": customers.c.order_name,
        "last_at": _due.last_at(late),
    }[SORTS[sort]]


def _rows(
    ctx: Context, stages: Stages, whose: str, conn: Connection, found: list[tuple[Any, ...]]
) -> CursorResult[Any]:
    rows = _some(stages, whose, conn.dialect.name)
    return those(conn, rows, customers.c.id, [payer for payer, _ in found], **{_SINCE: ctx.now - QUIET})


@lru_cache(maxsize=8)
def _some(stages: Stages, whose: str, dialect: str) -> Select[Any]:
    """What payers have overdue, and when they were written to last, of those that it is asked for; made once a day,
    which takes longer than to ask it.
    """
    late = late_of(stages.began, whose, partial(among_those, dialect))
    columns = {
        "payer": late.c.customer,
        "currency": late.c.currency,
        "id": late.c.customer + ":" + late.c.currency,
        "name": customers.c.name,
        "email": customers.c.email,
        "deleted": customers.c.deleted,
        "overdue": late.c.overdue,
        "invoices": late.c.invoices,
        "oldest": _due.oldest(late),
        "oldest_due": late.c.due_at,
        "days": days(stages.began, late.c.due_at),
        "stage": stages.reached(late.c.due_at),
        "due": _due.due(stages, late, bindparam(_SINCE, type_=BigInteger)),
        "last_at": _due.last_at(late),
        "until": customers.c.paused_until,
    }
    beside = late.join(customers, customers.c.id == late.c.customer)
    return select(*(column.label(name) for name, column in columns.items())).select_from(beside)


def _told(ctx: Context, rows: Sequence[Any]) -> pd.DataFrame:
    last, names = last_of(ctx, [row.payer for row in rows]), people(ctx)
    told = [_told_of(ctx, row, last.get((row.payer, row.currency)), names) for row in rows]
    return listed([tuple(each[name] for name in _COLUMNS) for each in told], _COLUMNS)


def _told_of(ctx: Context, row: Any, last: Any, names: dict[str, str]) -> dict[str, Any]:
    """What was sent last, when the next is due, and whether and until when nobody is to write."""
    left_alone = pause(row.until, ctx.today)
    return row._asdict() | {
        "deleted": bool(row.deleted),
        "due": bool(row.due),
        "last_at": row.last_at or None,
        "last_stage": last.stage if last else None,
        "last_by": names.get(last.actor, last.actor) if last else None,
        "last_state": last.state if last else None,
        "next_due": _next(ctx, row),
        "paused": left_alone.on,
        "paused_until": left_alone.until,
    }


def _next(ctx: Context, row: Any) -> int | None:
    """Now, tomorrow where today was enough, or the day on which the next stage is reached; never after a deletion."""
    if row.due:
        return ctx.now
    if row.deleted:
        return None
    ahead = next((stage for stage in ctx.settings.reminder_days if stage > row.days), None)
    return None if ahead is None else int(row.oldest_due) + ahead * 86_400
