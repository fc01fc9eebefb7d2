"""Patients, who pays for them, and the open work that still bills somebody else."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    String,
    and_,
    func,
    literal,
    literal_column,
    select,
)

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.rows import those
from lib.mirror.tables import account_sums, customer_balances, customers, invoices
from lib.queries._accounts import BY_ID, COUNTED, by_index, how_many
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._search import Accounts, customers_found
from lib.queries._sql import along, counted, whole

SORTS = {"Name": "name", "Payer": "payer_name", "Outstanding": "outstanding", "Newest": "created"}

_payer = customers.alias("payer")
# To the letter as in the partial indexes.
_KIND = literal_column("'patient'", String)


def table(
    ctx: Context,
    *,
    search: str = "",
    payer: str = "",
    sort: str = "Name",
    descending: bool = False,
    place: Place = FIRST,
    size: int = SIZE,
) -> Page:
    """Patients: id, name, email, postcode, reference, practitioner, payer, payer_name, payer_deleted, currency,
    outstanding, balance.

    `payer` is a customer id, the patient's own when they pay themselves; `outstanding` is what the patient's own
    account owes, in minor units; `balance` is signed as Stripe signs it. Filter `payer`: an id, "self",
    or "deleted" for a payer that Stripe has no more (scenario 26).
    """
    with reading(ctx.engine) as conn:
        found = customers_found(conn, search, ("patient",)) if search.strip() else None
        ids = select(customers.c.id).where(*_conditions(found, payer))
        total = _total(conn, ids, found, payer)
        ids = by_index(conn, ids, _index(SORTS[sort], found, payer))

    def fill(conn: Connection, found: list[tuple[Any, ...]]) -> CursorResult[Any]:
        return those(conn, _rows(ctx.settings.currency), customers.c.id, [one for (one,) in found])

    return page(ctx, ids, _order(sort, descending=descending), place, total, size=size, fill=fill)


def statement(
    ctx: Context, *, search: str = "", payer: str = "", sort: str = "Name", descending: bool = False
) -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    with reading(ctx.engine) as conn:
        found = customers_found(conn, search, ("patient",)) if search.strip() else None
    order = _order(sort, descending=descending)
    return _rows(ctx.settings.currency).where(*_conditions(found, payer)).order_by(*order.by())


@lru_cache(maxsize=8)
def _rows(currency: str) -> Select[Any]:
    """Made once: to put it together takes as long as to ask it."""
    home = func.coalesce(func.nullif(customers.c.currency, ""), literal(currency))
    bills, accounts = account_sums, customer_balances
    columns: dict[str, Any] = {
        "id": customers.c.id,
        "name": customers.c.name,
        "email": customers.c.email,
        "postcode": customers.c.postcode,
        "reference": customers.c.reference,
        "practitioner": customers.c.practitioner,
        "payer": func.coalesce(func.nullif(customers.c.default_payer, ""), customers.c.id),
        "payer_name": func.coalesce(_payer.c.name, customers.c.name),
        "payer_deleted": func.coalesce(_payer.c.deleted, False),
        "currency": home,
        "outstanding": func.coalesce(bills.c.owed, 0),
        "balance": func.coalesce(accounts.c.balance, 0),
    }
    source = (
        _with_payer()
        .outerjoin(bills, and_(bills.c.customer == customers.c.id, bills.c.currency == home))
        .outerjoin(accounts, and_(accounts.c.customer == customers.c.id, accounts.c.currency == home))
    )
    return select(*(column.label(name) for name, column in columns.items())).select_from(source)


def _with_payer() -> Any:
    return customers.outerjoin(_payer, _payer.c.id == customers.c.default_payer)


def _conditions(found: Accounts | None, payer: str) -> list[ColumnElement[bool]]:
    asked = [customers.c.kind == _KIND, ~customers.c.deleted]
    if payer == "deleted":
        gone = select(_payer.c.id).where(_payer.c.kind.in_(("organisation", "patient", "")), _payer.c.deleted)
        asked.append(customers.c.default_payer.in_(gone))
    elif payer:
        asked.append(customers.c.default_payer == ("" if payer == "self" else payer))
    return [*asked, found.condition] if found else asked


def _total(conn: Connection, ids: Select[Any], found: Accounts | None, payer: str) -> int | None:
    """How many there are; None for very many that hold a word."""
    if found is None and payer in ("", "self"):
        return how_many(conn, "patient", paid_for=0 if payer else None)
    if found and not payer and found.total is not None:
        return found.total - counted(conn, _gone(conn, found))
    few = payer not in ("", "self") or (found and found.few) or how_many(conn, "patient") <= COUNTED
    return counted(conn, by_index(conn, ids, _index("name", found, payer))) if few else None


def _gone(conn: Connection, found: Accounts) -> Select[Any]:
    """Those of them that are deleted: few are, so these are looked through."""
    gone = select(customers.c.id).where(customers.c.kind == _KIND, customers.c.deleted, found.condition)
    return by_index(conn, gone, "customers_by_kind")


def _index(by: str, found: Accounts | None, payer: str) -> str:
    """Few that hold a word, or have one payer, are gathered; of more a screenful is found on the way."""
    if found and found.few:
        return BY_ID
    if payer not in ("", "self") or (payer and by == "name" and not found):
        return "customers_paid_by"
    if by == "name":
        return "customers_by_words" if found else "customers_by_kind"
    return {"payer_name": "patients_by_payer_order", "outstanding": "patients_by_owing", "created": "customers_newest"}[
        by
    ]


def _order(sort: str, *, descending: bool) -> Order:
    key = {
        "name": customers.c.order_name,
        "created": customers.c.created,
        "payer_name": customers.c.payer_order,
        "outstanding": customers.c.owing,
    }[SORTS[sort]]
    return Order((key, customers.c.id), descending)


def some(ctx: Context, patients: list[str]) -> pd.DataFrame:
    """These patients, with the columns of `table`."""
    return whole(ctx, statement(ctx).where(customers.c.id.in_(patients)))


def open_work(ctx: Context, patients: list[str]) -> pd.DataFrame:
    """Drafts and open invoices for these patients, whoever is billed: id, number, status, payer, payer_name, patient,
    currency, total, remaining.

    Shown before a payer is changed: none of it moves by itself (scenario 24).
    """
    columns = (
        invoices.c.id,
        invoices.c.number,
        invoices.c.status,
        invoices.c.customer.label("payer"),
        invoices.c.payer_name.label("payer_name"),
        invoices.c.treated.label("patient"),
        invoices.c.currency,
        invoices.c.total,
        invoices.c.amount_remaining.label("remaining"),
    )
    theirs, unpaid = invoices.c.treated.in_(patients), invoices.c.status.in_(("draft", "open"))
    found = select(*columns).where(theirs, unpaid, ~invoices.c.deleted)
    with reading(ctx.engine) as conn:
        found = along(conn, found, "invoices_by_treated")
    return whole(ctx, found.order_by(invoices.c.created.desc(), invoices.c.id))
