"""Who is to be reminded of what is overdue, and who has been.

A payer has a row for each currency in which something is overdue by the payer's own terms. The stage is the highest of
the practice's stages (PAYERDESK_REMINDER_DAYS) that the oldest overdue invoice has reached. A reminder's id is made of
payer, stage and that invoice: there is one of each, ever.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)

from lib.context import Context
from lib.dates import start_of
from lib.mirror.database import reading
from lib.mirror.ours import reminders
from lib.mirror.shapes import ALWAYS
from lib.mirror.tables import customers, invoices
from lib.queries import _late
from lib.queries._late import days, late_of, longest
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._sql import counted, listed
from lib.queries.activity import people
from lib.queries.customers import KINDS

ORGANISATIONS, PATIENTS = _late.ORGANISATIONS, _late.PATIENTS
SORTS = {"Days overdue": "days", "Overdue": "overdue", "Payer": "order_name", "Last reminder": "last_at"}
_COLUMNS = (
    "id", "payer", "name", "email", "deleted", "currency", "overdue", "invoices", "oldest", "oldest_due", "days",
    "stage", "due", "last_at", "last_stage", "last_by", "last_state", "next_due", "paused", "paused_until",
)  # fmt: skip
# A payer hears from us once a day at most, whatever becomes due meanwhile.
QUIET = 86_400
# A conversation with the mail server is over after so many seconds: what still says "sending" was cut off.
SENDING = 300
PAUSED, UNTIL = "pd_reminders", "pd_reminders_until"
_ALWAYS = date.fromisoformat(ALWAYS)
# To the letter as in the partial index.
_MARKED = customers.c.paused_until != text("''")


@dataclass(frozen=True)
class Pause:
    """Whether a payer is left alone, and until when (not included; None: until somebody says otherwise)."""

    on: bool
    until: date | None = None


def pause_of(metadata: dict[str, Any] | None, today: date) -> Pause:
    """What a customer's metadata says."""
    tags = metadata or {}
    try:
        until = date.fromisoformat(tags.get(UNTIL) or "")
    except ValueError:
        until = None
    on = tags.get(PAUSED) == "paused" and (until is None or today < until)
    return Pause(on, until if on else None)


def reminder_id(payer: str, stage: int, oldest: str) -> str:
    """One for each payer, stage and oldest overdue invoice."""
    return f"{payer}:{stage}:{oldest}"


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
    late = late_of(ctx, whose)
    wanted = _wanted(ctx, late, due_only=due_only)
    with reading(ctx.engine) as conn:
        total = counted(conn, wanted)
    if SORTS[sort] == "order_name":
        wanted = wanted.select_from(_late.with_customers(late, whose))
    order = Order((_key(ctx, late, sort), late.c.customer, late.c.currency), descending)
    parts = partial(longest, ctx, whose, partial(_wanted, ctx, due_only=due_only)) if SORTS[sort] == "days" else None
    fill, tell = partial(_rows, ctx, whose), partial(_told, ctx)
    return page(ctx, wanted, order, place, total, size=size, fill=fill, tell=tell, parts=parts)


def _wanted(ctx: Context, late: Any, *, due_only: bool) -> Select[Any]:
    wanted = select(late.c.customer, late.c.currency)
    if not due_only:
        return wanted
    unreachable = late.c.customer.in_(_gone()) & (_stage(ctx, late.c.due_at) > 0)
    return wanted.where(or_(_due(ctx, late), unreachable))


def _key(ctx: Context, late: Any, sort: str) -> ColumnElement[Any]:
    return {
        "days": days(ctx, late.c.due_at),
        "overdue": late.c.overdue,
        "order_name": customers.c.order_name,
        "last_at": _last_at(late),
    }[SORTS[sort]]


def log(ctx: Context, payer: str = "", *, place: Place = FIRST, size: int = SIZE) -> Page:
    """What was sent, newest first, of one payer or all: id, payer, name, stage, email, invoices, currency, amount,
    state, words, actor, at, at_key.

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


def _rows(ctx: Context, whose: str, conn: Connection, found: list[tuple[Any, ...]]) -> CursorResult[Any]:
    """What these payers have overdue in these currencies, and when one of them was written to last."""
    late = late_of(ctx, whose, [payer for payer, _ in found])
    columns = {
        "payer": late.c.customer,
        "currency": late.c.currency,
        "id": late.c.customer + ":" + late.c.currency,
        "name": customers.c.name,
        "email": customers.c.email,
        "deleted": customers.c.deleted,
        "overdue": late.c.overdue,
        "invoices": late.c.invoices,
        "oldest": _oldest(late),
        "oldest_due": late.c.due_at,
        "days": days(ctx, late.c.due_at),
        "stage": _stage(ctx, late.c.due_at),
        "due": _due(ctx, late),
        "last_at": _last_at(late),
        "until": customers.c.paused_until,
    }
    beside = late.join(customers, customers.c.id == late.c.customer)
    return conn.execute(select(*(column.label(name) for name, column in columns.items())).select_from(beside))


def _oldest(late: Any) -> ColumnElement[str]:
    """The invoice of these that was due first."""
    i = invoices.alias("oldest")
    theirs = (i.c.customer == late.c.customer) & (i.c.currency == late.c.currency)
    found = select(i.c.id).where(i.c.owed, theirs, i.c.due_at == late.c.due_at)
    return found.order_by(i.c.id).limit(1).correlate(late).scalar_subquery()


def _due(ctx: Context, late: Any) -> ColumnElement[bool]:
    """A reminder is to be sent now: a stage is reached, none was sent for it, none to this payer within a day, and
    nobody said to leave the payer alone.
    """
    r, stage = reminders.c, _stage(ctx, late.c.due_at)
    mine = exists().where(r.payer == late.c.customer, r.state != "refused")
    ours = late.c.customer + ":" + cast(stage, String) + ":" + _oldest(late)
    sent = exists().where(r.id == ours, r.state != "refused")
    recent = exists().where(
        r.payer == late.c.customer, r.currency == late.c.currency, r.state != "refused", r.at > ctx.now - QUIET
    )
    paused = select(customers.c.id).where(_MARKED, customers.c.paused_until > ctx.today.isoformat())
    left = late.c.customer.notin_(_gone()) & late.c.customer.notin_(paused)
    return and_(stage > 0, left, or_(~mine, and_(~sent, ~recent)))


def _gone() -> Select[Any]:
    return select(customers.c.id).where(customers.c.kind.in_(KINDS), customers.c.deleted)


def _last_at(late: Any) -> ColumnElement[int]:
    """When this payer was last written to about this currency, by index; 0 for never."""
    mine = (reminders.c.payer == late.c.customer) & (reminders.c.currency == late.c.currency)
    return func.coalesce(select(func.max(reminders.c.at)).where(mine).correlate(late).scalar_subquery(), 0)


def _last(ctx: Context, payers: list[str]) -> dict[tuple[str, str], Any]:
    """The last reminder to each of these payers in each currency: stage, actor, state."""
    r = reminders.c
    mine = select(r.payer, r.currency, r.stage, r.actor, state(ctx).label("state")).where(r.payer.in_(payers))
    with reading(ctx.engine) as conn:
        found = conn.execute(mine.order_by(r.at, r.id.desc())).all()
    return {(row.payer, row.currency): row for row in found}


def _stage(ctx: Context, due_at: ColumnElement[int]) -> ColumnElement[int]:
    """So many days overdue: the day it was due lies so many days of the practice back."""

    def since(stage: int) -> int:
        return start_of(ctx.today - timedelta(days=stage - 1), ctx.settings.zone)

    reached = [(due_at < since(stage), stage) for stage in reversed(ctx.settings.reminder_days)]
    return case(*reached, else_=0)


def _told(ctx: Context, rows: Sequence[Any]) -> pd.DataFrame:
    last, names = _last(ctx, [row.payer for row in rows]), people(ctx)
    told = [_told_of(ctx, row, last.get((row.payer, row.currency)), names) for row in rows]
    return listed([tuple(each[name] for name in _COLUMNS) for each in told], _COLUMNS)


def _told_of(ctx: Context, row: Any, last: Any, names: dict[str, str]) -> dict[str, Any]:
    """What was sent last, when the next is due, and whether and until when nobody is to write."""
    until = date.fromisoformat(row.until) if row.until else ctx.today
    paused = ctx.today < until
    return row._asdict() | {
        "deleted": bool(row.deleted),
        "due": bool(row.due),
        "last_at": row.last_at or None,
        "last_stage": last.stage if last else None,
        "last_by": names.get(last.actor, last.actor) if last else None,
        "last_state": last.state if last else None,
        "next_due": _next(ctx, row),
        "paused": paused,
        "paused_until": until if paused and until != _ALWAYS else None,
    }


def _next(ctx: Context, row: Any) -> int | None:
    """Now, tomorrow where today was enough, or the day on which the next stage is reached; never after a deletion."""
    if row.due:
        return ctx.now
    if row.deleted:
        return None
    ahead = next((stage for stage in ctx.settings.reminder_days if stage > row.days), None)
    return None if ahead is None else int(row.oldest_due) + ahead * 86_400
