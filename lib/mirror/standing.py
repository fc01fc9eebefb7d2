"""What a customer's row says that depends on others, so that lists can be sorted by it: what it owes and holds, when it
was billed last, whose payer it is, and the name of its own.

Kept by whoever writes the mirror, in the same transaction; `wrong` finds what does not fit the slow truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, CursorResult, Select, bindparam, func, or_, select, update

from lib.mirror.rows import among, in_heaps, those
from lib.mirror.tables import account_sums, covered, customer_balances, customers

_AT_ONCE = 500


def _truth() -> dict[str, ColumnElement[Any]]:
    """Each kept column as a question to the tables that it depends on."""
    c, a, b, payer = customers.c, account_sums.c, customer_balances.c, customers.alias("payer")
    # A patient's row in the list is in the account's own currency; an organisation has a row for each.
    shown = or_(c.kind != "patient", c.currency == "", a.currency == c.currency)
    theirs = a.customer == c.id
    furthest = (
        select(b.balance).where(b.customer == c.id, b.balance != 0).order_by(func.abs(b.balance).desc(), b.balance)
    )
    name = select(payer.c.order_name).where(payer.c.id == c.default_payer)
    return {
        "payer_order": func.coalesce(_one(name), c.order_name),
        "owing": func.coalesce(_one(select(func.max(a.owed)).where(theirs, shown)), 0),
        "held": func.coalesce(_one(furthest.limit(1)), 0),
        "covering": func.coalesce(_one(select(covered.c.patients).where(covered.c.payer == c.id)), 0),
        "latest": func.coalesce(_one(select(func.max(a.latest)).where(theirs)), 0),
    }


def _one(found: Select[Any]) -> Any:
    return found.correlate(customers).scalar_subquery()


_TRUTH = _truth()
_COMPARED = select(
    customers.c.id,
    *(customers.c[name] for name in _TRUTH),
    *(true.label(f"true_{name}") for name, true in _TRUTH.items()),
)
_DIFFERING = select(customers.c.id).where(or_(*(customers.c[name].is_distinct_from(_TRUTH[name]) for name in _TRUTH)))
_CORRECTED = update(customers).where(customers.c.id == bindparam("its")).values(dict.fromkeys(_TRUTH))

_IDS = select(customers.c.id).order_by(customers.c.id).limit(_AT_ONCE)


def settle(conn: Connection, ids: Iterable[str]) -> None:
    """These customers, by what the others say now; a row that is right is not written again."""
    for some in in_heaps(sorted(set(ids)), _AT_ONCE):
        found = _wrong(those(conn, _COMPARED, customers.c.id, some))
        if found:
            conn.execute(_CORRECTED, found)


def anew(conn: Connection) -> None:
    """Every customer, some at a time; a row that is right is not written again."""
    last = ""
    while ids := list(conn.execute(_IDS.where(customers.c.id > last)).scalars()):
        settle(conn, ids)
        last = ids[-1]


def wrong(conn: Connection) -> list[str]:
    """Who has something else in the row than the others say; the database compares them."""
    return list(conn.execute(_DIFFERING).scalars())


def patients_of(conn: Connection, ids: Iterable[str]) -> list[str]:
    """Who has one of these as default payer."""
    found: list[str] = []
    for some in in_heaps(sorted(set(ids)), _AT_ONCE):
        found += conn.execute(select(customers.c.id).where(among(conn, customers.c.default_payer, some))).scalars()
    return found


def _wrong(compared: CursorResult[Any]) -> list[dict[str, Any]]:
    width, found = len(_TRUTH), []
    for who, *cells in compared:
        if cells[:width] != cells[width:]:
            found.append({"its": who, **dict(zip(_TRUTH, cells[width:], strict=True))})
    return found
