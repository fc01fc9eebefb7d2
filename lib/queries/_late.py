"""What each payer has overdue, and who has waited longest for a reminder of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from lib.mirror.tables import customers, invoices, owed_days
from lib.queries._paging import Key, Part
from lib.queries._sql import along, overdue

ORGANISATIONS, PATIENTS = "Organisations", "Patients who pay themselves"
# So many invoices are looked through, the oldest first, for those who have waited longest.
_SOME = (256, 2048)


def late_of(
    today: int,
    whose: str,
    of: Callable[[ColumnElement[str]], ColumnElement[bool]] | None = None,
    until: int = 0,
    conn: Connection | None = None,
) -> Any:
    """What each payer has overdue, a row a currency: by an index that has it together. `of` says of which payers; with
    `until` only what was due before, of those who have such: the first of it is the same. Columns: customer, currency,
    due_at (of the first), overdue (minor units), invoices.
    """
    i = invoices.c
    found = select(
        i.customer,
        i.currency,
        func.min(i.due_at).label("due_at"),
        func.sum(i.amount_remaining).label("overdue"),
        func.count().label("invoices"),
    ).where(overdue(today), _whose(i.payer_kind, whose))
    if of:
        found = found.where(of(i.customer))
    if conn and until:
        found = along(conn, found.where(i.due_at < until), "invoices_owed_by_due")
    return found.group_by(i.customer, i.currency).subquery()


def with_customers(late: Any, whose: str) -> Any:
    """`late_of` beside the payers. Their kind is known by their invoices too; said again, Postgres need not look
    through all customers for these.
    """
    kinds = ("patient",) if whose == PATIENTS else ("organisation", "")
    return late.join(customers, (customers.c.id == late.c.customer) & customers.c.kind.in_(kinds))


def days(today: int, due_at: Any) -> Any:
    """So many days of the practice ago it was due."""
    return (today - due_at + 86_399) // 86_400


def longest(
    today: int, whose: str, wanted: Callable[[Any], Select[Any]], conn: Connection, key: Key, down: bool, _size: int
) -> Iterator[Part]:
    """Parts of the list by days overdue, of what was due first from the key's day on: `wanted` says who is on it."""
    if not down:
        return
    for until in _ends(today, conn, whose, key[0] if key else None):
        late = late_of(today, whose, until=until, conn=conn)
        keys = (days(today, late.c.due_at), late.c.customer, late.c.currency)
        yield Part(wanted(late), keys, partial(_before, days(today, until)))


def _before(others: int, last: Key) -> bool:
    return bool(last[0] > others)


def _ends(today: int, conn: Connection, whose: str, since: int | None) -> Iterator[int]:
    """Days due (noon) before which some invoices were that are still owed, from so many days overdue on."""
    d = owed_days.c
    many = select(d.due_at, func.sum(d.invoices)).where(d.due_at < today, _whose(d.payer_kind, whose))
    many = many if since is None else many.where(d.due_at >= today - since * 86_400)
    wanted, so_far = list(_SOME), 0
    for due_at, number in conn.execute(many.group_by(d.due_at).order_by(d.due_at)):
        if wanted and so_far >= wanted[0]:
            yield due_at
            wanted = [each for each in wanted if each > so_far]
        so_far += number


def _whose(kind: ColumnElement[str], whose: str) -> ColumnElement[bool]:
    return kind == "patient" if whose == PATIENTS else kind != "patient"
