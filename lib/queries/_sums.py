"""What a list of invoices adds up to, without visiting them where the sums that are kept say it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, case, func, select, union_all

from lib.context import Context
from lib.dates import month_start
from lib.mirror.database import reading
from lib.mirror.tables import account_sums, invoice_sums, invoices, owed_days
from lib.queries import _roads, _search
from lib.queries._invoice_rows import PATIENTS, Filters, conditions, due_span, looked_up, one_of, within
from lib.queries._paging import MOST
from lib.queries._sql import along, listed

_NAMES = ("currency", "invoices", "total", "remaining", "outstanding")


@dataclass(frozen=True)
class Sums:
    """What a list adds up to: `rows` one a currency, the one with most invoices first: currency, invoices, total,
    remaining, outstanding (minor units). Not `known`, and without rows, when it would take looking through more than
    MOST invoices. `found` is what the text was looked up to be.
    """

    rows: pd.DataFrame
    known: bool = True
    found: _search.Found | None = None

    @property
    def total(self) -> int | None:
        """How many invoices there are; None when nobody counted."""
        return int(self.rows["invoices"].sum()) if self.known else None

    @property
    def nothing_left(self) -> bool:
        """Whether it is known that nothing remains on any of them: what remains is never less than nothing."""
        return self.known and not any(self.rows["remaining"])


def sums(ctx: Context, wanted: Filters, *, whole: bool) -> Sums:
    """Add up what the filters leave; `whole`: however many there are."""
    with reading(ctx.engine) as conn:
        kept = _kept(ctx, conn, wanted)
        if kept is not None:
            return Sums(_added(conn, kept))
        found = looked_up(ctx, wanted) if wanted.text.strip() else None
        known = _roads.roads(ctx, conn, wanted, found)
        if not whole and (not known or known[0].rows > MOST):
            return Sums(pd.DataFrame(columns=list(_NAMES)), known=False, found=found)
        return Sums(_added(conn, [_by_rows(ctx, conn, wanted, found, known)]), found=found)


def _kept(ctx: Context, conn: Connection, wanted: Filters) -> list[Select[Any]] | None:
    """From the sums that are kept; None where they do not know."""
    cells = wanted.statuses or wanted.practitioner or wanted.location or wanted.created_from or wanted.created_to
    one_payer = wanted.payer not in ("", PATIENTS)
    if wanted.text.strip() or wanted.patient or sum(map(bool, (cells, one_payer, wanted.age))) > 1:
        return None
    if one_payer:
        t = account_sums
        return [_columns(t, t.c.owed).where(t.c.customer == wanted.payer, *_only(t.c.currency, wanted.currency))]
    if wanted.age:
        t = owed_days
        return [_columns(t, t.c.remaining).where(*_plain(t, wanted), *within(t.c.due_at, due_span(ctx, wanted.age)))]
    return _months(ctx, conn, wanted)


def _months(ctx: Context, conn: Connection, wanted: Filters) -> list[Select[Any]]:
    """Whole months from the sums; of the months at the edges the rows are added, or taken away, whichever are fewer."""
    t = invoice_sums
    lo, hi, edges = pieces(wanted.created_from, wanted.created_to)
    whole = _columns(t, t.c.owed).where(
        *_plain(t, wanted),
        *_only(t.c.practitioner_of, wanted.practitioner),
        *_only(t.c.location, wanted.location),
        *([one_of(t.c.status, wanted.statuses)] if wanted.statuses else []),
        *([t.c.month >= lo] if lo else []),
        *([t.c.month <= hi] if hi else []),
    )
    found = [whole]
    for sign, first, last in edges:
        edge = replace(wanted, created_from=first, created_to=last)
        found.append(_by_rows(ctx, conn, edge, None, _roads.roads(ctx, conn, edge, None), sign))
    return found


def pieces(first: date | None, last: date | None) -> tuple[int, int, list[tuple[int, date, date]]]:
    """Days of the calendar as whole months (202611 to 202612, 0: no bound) and what is to be added or taken away."""
    if first and last and (first > last or month_start(first) == month_start(last)):
        if first.day == 1 and last == _month_end(first):
            return _number(first), _number(first), []
        return 1, 1, [(1, first, last)] * (first <= last)
    lo, hi, edges = 0, 0, []
    if first:
        outside, inside = (month_start(first), first - timedelta(days=1)), (first, _month_end(first))
        take = first.day - 1 <= (inside[1] - first).days
        lo = _number(first if take else inside[1] + timedelta(days=1))
        edges += [(-1, *outside) if take else (1, *inside)] * (first.day > 1)
    if last:
        outside, inside = (last + timedelta(days=1), _month_end(last)), (month_start(last), last)
        take = (outside[1] - last).days <= last.day
        hi = _number(last if take else inside[0] - timedelta(days=1))
        edges += [(-1, *outside) if take else (1, *inside)] * (last != _month_end(last))
    return lo, hi, edges


def _by_rows(
    ctx: Context,
    conn: Connection,
    wanted: Filters,
    found: _search.Found | None,
    known: list[_roads.Road],
    sign: int = 1,
) -> Select[Any]:
    left = case((invoices.c.owed, invoices.c.amount_remaining), else_=0)
    amounts = (func.count(), func.sum(invoices.c.total), func.sum(invoices.c.amount_remaining), func.sum(left))
    told = select(invoices.c.currency, *(sign * func.coalesce(amount, 0) for amount in amounts))
    told = told.where(*conditions(ctx, wanted, found)).group_by(invoices.c.currency)
    return along(conn, told, known[0].index if known else "")


def _columns(t: Any, left: ColumnElement[int]) -> Select[Any]:
    return select(t.c.currency, t.c.invoices, t.c.total, t.c.remaining, left.label("outstanding"))


def _plain(t: Any, wanted: Filters) -> list[ColumnElement[bool]]:
    return _only(t.c.currency, wanted.currency) + _only(t.c.payer_kind, "patient" if wanted.payer else "")


def _only(column: ColumnElement[str], value: str) -> list[ColumnElement[bool]]:
    return [column == value] if value else []


def _added(conn: Connection, parts: list[Select[Any]]) -> pd.DataFrame:
    together = union_all(*parts).subquery()
    code, *amounts = together.c
    added = [func.sum(amount).label(name) for name, amount in zip(_NAMES[1:], amounts, strict=True)]
    statement = select(code.label("currency"), *added).group_by(code).having(added[0] > 0)
    found = conn.execute(statement.order_by(added[0].desc(), code)).all()
    return listed(map(tuple, found), _NAMES)


def _month_end(when: date) -> date:
    return month_start(month_start(when) + timedelta(days=32)) - timedelta(days=1)


def _number(when: date) -> int:
    return when.year * 100 + when.month
