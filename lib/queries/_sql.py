"""What several queries share: paging, due dates by terms, searching."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, case, func, select

from lib.context import Context
from lib.dates import start_of
from lib.mirror.database import reading
from lib.mirror.tables import customers, invoices
from lib.text import fold, like


@dataclass(frozen=True)
class Page:
    """One screenful: `rows` as a DataFrame, `total` rows in all."""

    rows: pd.DataFrame
    total: int


def page(ctx: Context, statement: Select[Any], limit: int, offset: int) -> Page:
    """Cut one screenful out of a statement, in SQL."""
    with reading(ctx.engine) as conn:
        total = conn.execute(select(func.count()).select_from(statement.order_by(None).subquery())).scalar() or 0
        found = conn.execute(statement.limit(limit).offset(offset)).mappings().all()
    return Page(frame(found, statement), total)


def whole(ctx: Context, statement: Select[Any]) -> pd.DataFrame:
    """All rows of a statement that is known to be short."""
    with reading(ctx.engine) as conn:
        return frame(conn.execute(statement).mappings().all(), statement)


def rows(ctx: Context, statement: Select[Any]) -> Iterator[Mapping[str, Any]]:
    """All rows one after the other, for exports."""
    with reading(ctx.engine) as conn:
        yield from conn.execution_options(yield_per=1000).execute(statement).mappings()


def frame(found: Any, statement: Select[Any]) -> pd.DataFrame:
    """Rows as a DataFrame whose columns stand even when there are no rows; whole numbers stay whole."""
    names = [column.name for column in statement.selected_columns]
    return pd.DataFrame([tuple(row.values()) for row in found], columns=names, dtype=object)


def due_at(payer: Any = customers) -> ColumnElement[int]:
    """Noon of the day an invoice is due: its day of issue plus the payer's terms, where the payer has terms and Stripe
    has nothing later.

    Hero sets Stripe's due date to the day of issue, so that date alone would call a 30-day employer late on day one
    (scenario 29).
    """
    stripes = func.coalesce(invoices.c.due_day, 0)
    by_terms = invoices.c.issued_day + payer.c.terms_days * 86_400
    return case(
        (payer.c.terms_days.is_(None), invoices.c.due_day), (by_terms > stripes, by_terms), else_=invoices.c.due_day
    )


def owed() -> ColumnElement[bool]:
    """Invoices that make up what is outstanding: open, something remaining, not deleted."""
    return (invoices.c.status == "open") & (invoices.c.amount_remaining > 0) & ~invoices.c.deleted


def overdue(ctx: Context, payer: Any = customers) -> ColumnElement[bool]:
    """Outstanding, and the day it was due is over in the practice's time zone."""
    return owed() & (due_at(payer) < start_of(ctx.today, ctx.settings.zone))


def matches(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Every word of the text stands somewhere in the column, whatever the case and accents."""
    return and_(*(column.like(like(word), escape="\\") for word in fold(text).split()))
