"""Which index leads to a list of invoices. SQLite keeps no statistics and picks by rule of thumb, so it is told;
Postgres chooses by itself.

Few rows left by the narrowest filter are gathered and sorted; many are walked through in the order that is asked for,
until a screenful is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, func, select, text

from lib.context import Context
from lib.mirror.indexes import DUE_BEFORE
from lib.mirror.tables import invoices
from lib.queries._invoice_rows import PATIENTS, Filters, created_span, due_span, one_of, one_unpaid, within
from lib.queries._paging import MOST, SIZE
from lib.queries._search import Found
from lib.queries._sql import along

WALKS = {
    "created": "invoices_newest",
    "due_at": "invoices_by_due",
    "total": "invoices_by_total",
    "remaining": "invoices_by_remaining",
    "number": "invoices_by_number",
    "payer_name": "invoices_by_payer_order",
}
# The same within one status, of those that are few: whatever is not paid.
_UNPAID = {
    "created": "invoices_by_status",
    "due_at": "invoices_unpaid_by_due",
    "total": "invoices_unpaid_by_total",
    "remaining": "invoices_unpaid_by_remaining",
    "payer_name": "invoices_unpaid_by_payer_order",
}
# Whose they are leaves far fewer than any other filter.
_NARROW = ("invoices_by_party", "invoices_by_treated", "invoices_by_customer", "invoices_owed_by_customer")
# A walk may have bad luck: what is sought may lie together at the far end. To gather a row and sort it takes as long as
# to pass several.
_CAUTION, _GATHERING = 2, 3
_OF_EACH = 4  # invoices that a party has, or more
_UNPAID_SHARE = 30  # of all that is billed one in so many has another status, or fewer
_TOLD_APART = 3000  # of two roads that are longer neither is much better
_GATHERED = 50_000  # at most, where a walk would have bad luck for certain


@dataclass(frozen=True)
class Road:
    """An index, what it narrows down to by itself, whether its rows come in order of time, and how many there are: one
    more than were counted stands for more. Without an index: rows named by their ids. `expected` is how many there may
    be, where to count them takes long.
    """

    index: str
    own: tuple[ColumnElement[bool], ...]
    in_time: bool = True
    rows: int = 0
    expected: int = 0


def roads(ctx: Context, conn: Connection, wanted: Filters, found: Found | None, most: int = MOST) -> list[Road]:
    """The filters that have an index, the one that leaves the fewest rows first; none where there is none. None is
    counted further than the best so far.
    """
    counted: list[Road] = []
    for road in _roads(ctx, wanted, found):
        counted.append(replace(road, rows=most + 1 if road.expected > most else _count(conn, road, most)))
        most = min(most, counted[-1].rows)
    return sorted(counted, key=lambda road: road.rows)


def index_for(
    ctx: Context,
    conn: Connection,
    wanted: Filters,
    found: Found | None,
    sort: str,
    total: int | None,
    *,
    descending: bool,
) -> str:
    """The index to go by when the list is sorted so; empty where the database may choose. `total`: how many there are,
    where that is known.
    """
    if conn.dialect.name != "sqlite" or (found and found.by_id):
        return ""
    known = list(_roads(ctx, wanted, found))
    if not known:
        return WALKS[sort]
    of_an_age = sort == "created" and wanted.age and not found  # those lie together in time
    within = one_unpaid(wanted) and sort in _UNPAID and not of_an_age
    if not within and _lies_together(wanted, sort, descending=descending) and (total or MOST) <= _GATHERED:
        return known[0].index if len(known) == 1 else roads(ctx, conn, wanted, found, _TOLD_APART)[0].index
    if not within and total is None and len(known) > 1 and known[0].index in _NARROW:
        return known[0].index  # how many are left of both nobody knows, perhaps none
    passed = _CAUTION * SIZE * _everything(conn) // max(MOST if total is None else total, 1)
    most = min((passed // _UNPAID_SHARE if within else passed) // _GATHERING, MOST)
    alone = total is not None and wanted == Filters(payer=wanted.payer)  # counted already
    ways = [replace(known[0], rows=total)] if alone else roads(ctx, conn, wanted, found, most)
    if within:
        ways = [road for road in ways if road.index != "invoices_by_status"]  # the walk itself is as long at most
    return ways[0].index if ways and ways[0].rows <= most else _walk(ways, wanted, sort, within=within)


def _walk(ways: list[Road], wanted: Filters, sort: str, *, within: bool) -> str:
    """The index that leads through the order asked for."""
    if sort == "due_at" and wanted.age:
        return "invoices_owed_by_due"
    if within:
        return _UNPAID[sort]
    in_time = (road.index for road in ways if road.in_time)
    return next(in_time, WALKS[sort]) if sort == "created" else WALKS[sort]


def _lies_together(wanted: Filters, sort: str, *, descending: bool) -> bool:
    """Whether what is sought lies together in this order, so that a walk might pass everything else first: one payer
    among the payers, the last of a month among the days due, those with something left behind those that are paid.
    """
    if sort in ("payer_name", "number"):
        return wanted.payer not in ("", PATIENTS)
    if sort == "due_at":
        return descending and bool(wanted.created_from or wanted.created_to)
    return sort == "remaining" and not descending and bool(wanted.statuses) and "paid" not in wanted.statuses


def due_after(conn: Connection, since: int | None) -> list[ColumnElement[bool]]:
    """What is said of the days on which invoices are due that were created since: not before, as long as there is none
    anywhere that was due before it was created.
    """
    if since is None:
        return []
    # Counted, not asked for the first: Postgres would look for that in every row.
    odd = select(func.count()).select_from(invoices).where(text(DUE_BEFORE), ~invoices.c.deleted)
    many = conn.execute(along(conn, odd, "invoices_due_before")).scalar()
    return [] if many else [invoices.c.due_at >= since - 86_400]


def _everything(conn: Connection) -> int:
    """About how many rows there are."""
    return conn.exec_driver_sql("SELECT max(rowid) FROM invoices").scalar() or 0


def _roads(ctx: Context, wanted: Filters, found: Found | None) -> Iterator[Road]:
    when = tuple(within(invoices.c.created, created_span(ctx, wanted)))
    if found is not None and found.by_id:
        yield Road("", (found.condition,), in_time=False)
        return
    if found is not None and found.parties is not None:
        yield Road("invoices_by_party", (found.parties,), in_time=False, expected=_OF_EACH * found.many)
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
        due = within(invoices.c.due_at, due_span(ctx, wanted.age))
        yield Road("invoices_owed_by_due", (invoices.c.owed, *due), in_time=False)
        yield Road("invoices_by_status", (invoices.c.status == "open", *when))
    elif wanted.statuses:
        one = len(wanted.statuses) == 1
        yield Road("invoices_by_status", (one_of(invoices.c.status, wanted.statuses), *when), in_time=one)
    if when:
        yield Road("invoices_newest", when)


def _count(conn: Connection, road: Road, most: int) -> int:
    some = along(conn, select(invoices.c.id).where(*road.own, *_there(road.index)), road.index).limit(most + 1)
    return conn.execute(select(func.count()).select_from(some.subquery())).scalar() or 0


def _there(index: str) -> list[ColumnElement[bool]]:
    """What the index leaves out by itself; what is owed is there."""
    return [] if "owed" in index else [~invoices.c.deleted]
