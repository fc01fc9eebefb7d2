"""Organisations and what they owe."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    String,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
)

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.rows import among_those, those
from lib.mirror.tables import customers
from lib.queries import _accounts, _overdue
from lib.queries._accounts import COUNTED
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._search import Accounts, customers_found
from lib.queries._sql import counted, today_of
from lib.text import fold, match_name, shown

SORTS = {
    "Name": "name",
    "Outstanding": "outstanding",
    "Overdue": "overdue",
    "Credit on account": "balance",
    "Patients": "patients",
    "Last invoice": "last_invoice",
}
# To the letter as in the partial indexes.
_KIND = literal_column("'organisation'", String)
_KEPT = {
    "name": "order_name", "outstanding": "owing", "balance": "held", "patients": "covering", "last_invoice": "latest",
}  # fmt: skip


def table(
    ctx: Context,
    *,
    search: str = "",
    sort: str = "Name",
    descending: bool = False,
    place: Place = FIRST,
    size: int = SIZE,
) -> Page:
    """Organisations: id, name, email, patients, drafts, currency, outstanding, overdue, balance, last_invoice,
    terms_days, deleted.

    One row an organisation and currency, counted and cut by organisation. Amounts in minor units; `balance` is signed
    as Stripe signs it (negative is credit); `last_invoice` is Stripe's seconds. One with several currencies stands by
    the largest of its rows; who was never billed, before those that were billed long ago. Deleted ones stay while
    invoices or patients still hang on them (scenario 26). `total` is None for words that very many hold.
    """
    with reading(ctx.engine) as conn:
        found = customers_found(conn, search, ("organisation",)) if search.strip() else None
        ids = select(customers.c.id).where(*_conditions(found))
        total = _total(conn, ids, found)
        ids = _accounts.by_index(conn, ids, _index(SORTS[sort], found))

    def fill(conn: Connection, found: list[tuple[Any, ...]]) -> CursorResult[Any]:
        rows = _some(today_of(ctx), ctx.settings.currency, conn.dialect.name)
        return those(conn, rows, customers.c.id, [one for (one,) in found])

    order = _order(ctx, sort, descending=descending)
    parts = None if found or SORTS[sort] != "overdue" else partial(_overdue.parts, ids, order.keys)
    return page(ctx, ids, order, place, total, size=size, fill=fill, parts=parts)


def statement(ctx: Context, *, search: str = "", sort: str = "Name", descending: bool = False) -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    every = select(customers.c.id).where(customers.c.kind == "organisation")
    order = _order(ctx, sort, descending=descending).by()
    with reading(ctx.engine) as conn:
        found = customers_found(conn, search, ("organisation",)) if search.strip() else None
    rows = _rows(today_of(ctx), ctx.settings.currency, lambda column: column.in_(every))
    return rows.where(*_conditions(found)).order_by(None).order_by(*order, text("currency"))


def unmarked(ctx: Context, *, place: Place = FIRST, size: int = SIZE) -> Page:
    """Customers that are neither organisation nor patient: id, name, email, created. One of them may be an
    organisation made by hand.
    """
    plain = (customers.c.kind == "") & ~customers.c.deleted
    found = select(customers.c.id, customers.c.name, customers.c.email, customers.c.created).where(plain)
    with reading(ctx.engine) as conn:
        total = counted(conn, select(customers.c.id).where(plain))
    order = Order((customers.c.created, customers.c.id), descending=True)
    return page(ctx, found, order, place, total, size=size)


def likely_duplicates(ctx: Context, name: str, email: str) -> list[tuple[str, str]]:
    """Customers with the same name (Ltd is Limited, any case) or the same email in any case: (id, words) pairs
    (scenario 2).
    """
    folded = match_name(name)
    same_name = (customers.c.match_name == folded) & (customers.c.kind != "patient") if folded else false()
    same = or_(same_name, customers.c.match_email == fold(email))
    with reading(ctx.engine) as conn:
        found = conn.execute(
            select(customers).where(same, ~customers.c.deleted).order_by(customers.c.created.desc()).limit(5)
        ).all()
    return [(row.id, f"{shown(row.name) or 'No name'} · {row.email}") for row in found]


@lru_cache(maxsize=8)
def _some(today: int, currency: str, dialect: str) -> Select[Any]:
    """The rows of those that it is asked for; made once a day, which takes longer than to ask it."""
    return _rows(today, currency, partial(among_those, dialect))


def _rows(today: int, currency: str, of: Callable[[ColumnElement[str]], ColumnElement[bool]]) -> Select[Any]:
    sums = _accounts.rows(today, of)
    home = func.nullif(customers.c.currency, "")
    columns: dict[str, Any] = {
        "id": customers.c.id,
        "name": customers.c.name,
        "email": customers.c.email,
        "patients": customers.c.covering,
        "drafts": func.coalesce(sums.c.drafts, 0),
        "currency": func.coalesce(sums.c.currency, home, literal(currency)),
        "outstanding": func.coalesce(sums.c.outstanding, 0),
        "overdue": func.coalesce(sums.c.overdue, 0),
        "balance": func.coalesce(sums.c.balance, 0),
        "last_invoice": sums.c.last_invoice,
        "terms_days": customers.c.terms_days,
        "deleted": customers.c.deleted,
    }
    beside = customers.outerjoin(sums, sums.c.customer == customers.c.id)
    return (
        select(*(column.label(name) for name, column in columns.items())).select_from(beside).order_by(text("currency"))
    )


def _conditions(found: Accounts | None) -> list[ColumnElement[bool]]:
    """What is deleted stays while something hangs on it."""
    c = customers.c
    mine = [c.kind == _KIND, or_(~c.deleted, c.owing > 0, c.covering > 0)]
    return [*mine, found.condition] if found else mine


def _total(conn: Connection, ids: Select[Any], found: Accounts | None) -> int | None:
    """How many there are; None for very many that hold a word."""
    living = _accounts.how_many(conn, "organisation")
    if found:
        few = found.few or living <= COUNTED
        return counted(conn, _accounts.by_index(conn, ids, _index("name", found))) if few else None
    gone = _accounts.by_index(conn, ids.where(customers.c.deleted), "customers_by_kind")
    return living + counted(conn, gone)


def _index(by: str, found: Accounts | None) -> str:
    if found and found.few:
        return _accounts.BY_ID
    if by in ("name", "overdue"):
        return "customers_by_words" if found else "organisations_by_name"
    return f"organisations_by_{_KEPT[by]}"


def _order(ctx: Context, sort: str, *, descending: bool) -> Order:
    by = SORTS[sort]
    if by == "overdue":
        return Order((_accounts.overdue_of(today_of(ctx), descending=descending), customers.c.id), descending)
    return Order((customers.c[_KEPT[by]], customers.c.id), descending)
