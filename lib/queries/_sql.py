"""What several queries share: short lists whole, counting, what is overdue."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, Table, func, select
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

from lib.context import Context
from lib.dates import start_of
from lib.mirror.database import reading
from lib.mirror.tables import invoices

# SQLAlchemy has no word for SQLite's INDEXED BY, which stands where other databases have their hints.
SQLiteCompiler.get_from_hint_text = lambda _self, _table, text: text  # type: ignore[method-assign]
_STANDS = "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?"


def whole(ctx: Context, statement: Select[Any]) -> pd.DataFrame:
    """All rows of a statement that is known to be short."""
    with reading(ctx.engine) as conn:
        return frame(conn.execute(statement).mappings().all(), statement)


@lru_cache(maxsize=256)
def headings(names: tuple[str, ...]) -> pd.Index:
    """Columns of a DataFrame, made once: pandas looks a name up ten times as fast in those that it has met before."""
    return pd.Index(names, dtype=object)


def frame(found: Any, statement: Select[Any]) -> pd.DataFrame:
    """Rows as a DataFrame whose columns stand even when there are no rows; whole numbers stay whole."""
    return listed((tuple(row.values()) for row in found), tuple(column.name for column in statement.selected_columns))


def listed(rows: Iterable[tuple[Any, ...]], names: tuple[str, ...]) -> pd.DataFrame:
    """Rows of values under these names, each value as it is."""
    return pd.DataFrame(list(rows), columns=headings(names), dtype=object)


def counted(conn: Connection, statement: Select[Any], most: int | None = None) -> int:
    """How many rows a statement has; `most` + 1 where there are more."""
    few = statement.order_by(None).limit(most + 1) if most is not None else statement.order_by(None)
    return conn.execute(select(func.count()).select_from(few.subquery())).scalar() or 0


def along(conn: Connection, statement: Select[Any], index: str, table: Table = invoices) -> Select[Any]:
    """The statement, going by this index of the table on SQLite; as the database likes where there is none, or none
    yet: the first copy does without some (lib/mirror/late.py).
    """
    if not index or conn.dialect.name != "sqlite":
        return statement
    if index.startswith("sqlite_") or conn.exec_driver_sql(_STANDS, (index,)).first():
        return statement.with_hint(table, f"INDEXED BY {index}", "sqlite")
    return statement


def today_of(ctx: Context) -> int:
    """When the practice's day began, in Stripe's seconds."""
    return start_of(ctx.today, ctx.settings.zone)


def overdue(today: int) -> ColumnElement[bool]:
    """Invoices that are outstanding, and the day they were due by the payer's terms was over when today began."""
    return invoices.c.owed & (invoices.c.due_at < today)
