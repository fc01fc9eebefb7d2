"""Which index leads to a list of invoices. SQLite keeps no statistics and picks by rule of thumb, so it is told;
Postgres chooses by itself.

Few rows left by the narrowest filter are gathered and sorted; many are walked through in the order that is asked for,
until a screenful is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

from lib.context import Context
from lib.mirror.tables import invoices
from lib.queries._invoice_rows import PATIENTS, Filters, created_span, due_span, one_of, within
from lib.queries._paging import MOST, SIZE
from lib.queries._search import Found

# SQLAlchemy has no word for SQLite's INDEXED BY, which stands where other databases have their hints.
SQLiteCompiler.get_from_hint_text = lambda _self, _table, text: text  # type: ignore[method-assign]

WALKS = {
    "created": "invoices_newest",
    "due_at": "invoices_by_due",
    "total": "invoices_by_total",
    "remaining": "invoices_by_remaining",
    "number": "invoices_by_number",
    "payer_name": "invoices_by_payer_order",
}
# A walk may have bad luck: what is sought may lie together at the far end.
_CAUTION = 3


@dataclass(frozen=True)
class Road:
    """An index, what it narrows down to by itself, whether its rows come in order of time, and how many there are: one
    more than MOST stands for more.
    """

    index: str
    own: tuple[ColumnElement[bool], ...]
    in_time: bool = True
    rows: int = 0


def narrowest(ctx: Context, conn: Connection, wanted: Filters, found: Found | None) -> Road | None:
    """The filter that leaves the fewest rows, of those that have an index; None when there is none."""
    best = None
    for road in _roads(ctx, wanted, found):
        counted = Road(road.index, road.own, road.in_time, _count(conn, road, best.rows if best else MOST + 1))
        if best is None or counted.rows < best.rows:
            best = counted
    return best


def index_for(
    conn: Connection, wanted: Filters, best: Road | None, sort: str, total: int | None, *, descending: bool
) -> str:
    """The index to go by when the list is sorted so; empty where the database may choose."""
    if conn.dialect.name != "sqlite":
        return ""
    if best is None:
        return WALKS[sort]
    if (sort == "created" and best.in_time) or (sort == "due_at" and best.index == "invoices_owed_by_due"):
        return best.index
    # Nine in ten have nothing left to pay: from the least that remains on, that is all that a walk would meet.
    hidden = sort == "remaining" and not descending and wanted.statuses and "paid" not in wanted.statuses
    passed = _CAUTION * SIZE * _everything(conn) // max(best.rows if total is None else total, 1)
    return best.index if hidden or best.rows <= passed else WALKS[sort]


def _everything(conn: Connection) -> int:
    """About how many rows there are."""
    return conn.exec_driver_sql("SELECT max(rowid) FROM invoices").scalar() or 0


def _roads(ctx: Context, wanted: Filters, found: Found | None) -> Iterator[Road]:
    when = tuple(within(invoices.c.created, created_span(ctx, wanted)))
    if found is not None and found.parties is not None:
        yield Road("invoices_by_party", (invoices.c.party.in_(found.parties),), in_time=False)
    if wanted.patient:
        yield Road("invoices_by_treated", (invoices.c.treated == wanted.patient, *when))
    if wanted.payer and wanted.payer != PATIENTS:
        own = invoices.c.customer == wanted.payer
        if wanted.age:
            yield Road("invoices_owed_by_customer", (own, invoices.c.owed), in_time=False)
        yield Road("invoices_by_customer", (own, *when))
    if wanted.practitioner:
        yield Road("invoices_by_practitioner", (invoices.c.practitioner_of == wanted.practitioner, *when))
    if wanted.age:
        yield Road("invoices_by_status", (invoices.c.status == "open", *when))
        due = within(invoices.c.due_at, due_span(ctx, wanted.age))
        yield Road("invoices_owed_by_due", (invoices.c.owed, *due), in_time=False)
    elif wanted.statuses:
        one = len(wanted.statuses) == 1
        yield Road("invoices_by_status", (one_of(invoices.c.status, wanted.statuses), *when), in_time=one)
    if when:
        yield Road("invoices_newest", when)


def _count(conn: Connection, road: Road, enough: int) -> int:
    some = along(select(invoices.c.id).where(*road.own, *there(road.index)), road.index).limit(enough)
    return conn.execute(select(func.count()).select_from(some.subquery())).scalar() or 0


def along(statement: Select[Any], index: str) -> Select[Any]:
    """The statement, going by this index of the invoices on SQLite; as the database likes where there is none."""
    return statement.with_hint(invoices, f"INDEXED BY {index}", "sqlite") if index else statement


def there(index: str) -> list[ColumnElement[bool]]:
    """What the index leaves out by itself; what is owed is there."""
    return [] if "owed" in index else [~invoices.c.deleted]
