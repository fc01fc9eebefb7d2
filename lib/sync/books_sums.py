"""The invoices by the month they were created in: how many there are and what they come to, by status and currency, as
the rows say and as the kept sums say.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from lib.mirror.tables import invoice_sums, invoices


def wrong_months(conn: Connection) -> list[int]:
    """Months whose kept sums are not what the invoices come to."""
    rows, kept = _of_rows(conn), _kept(conn)
    return sorted({key[0] for key in rows.keys() | kept.keys() if rows.get(key) != kept.get(key)})


def _of_rows(conn: Connection) -> dict[tuple[Any, ...], tuple[int, ...]]:
    row = invoices.c
    sums = (func.count(), func.sum(row.total), func.sum(row.amount_remaining))
    wanted = select(row.month, row.status, row.currency, *sums).where(~row.deleted)
    return _table(conn, wanted.group_by(row.month, row.status, row.currency))


def _kept(conn: Connection) -> dict[tuple[Any, ...], tuple[int, ...]]:
    row = invoice_sums.c
    sums = (func.sum(row.invoices), func.sum(row.total), func.sum(row.remaining))
    wanted = select(row.month, row.status, row.currency, *sums).where(row.invoices != 0)
    return _table(conn, wanted.group_by(row.month, row.status, row.currency))


def _table(conn: Connection, wanted: Any) -> dict[tuple[Any, ...], tuple[int, ...]]:
    return {tuple(row[:3]): tuple(map(int, row[3:])) for row in conn.execute(wanted)}
