"""Patients, who pays for them, and the open work that still bills somebody else."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, func, literal, select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.tables import account_sums, customer_balances, customers, invoices
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._roads import along
from lib.queries._search import customers_found
from lib.queries._sql import counted, whole

SORTS = {"Name": "name", "Payer": "payer_name", "Outstanding": "outstanding", "Newest": "created"}

_payer = customers.alias("payer")


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
    conditions = _conditions(ctx, search, payer)
    ids = select(customers.c.id).where(*conditions)
    with reading(ctx.engine) as conn:
        total = counted(conn, ids)
    if SORTS[sort] == "payer_name":
        ids = ids.select_from(_with_payer())
    if SORTS[sort] == "created" and not (search or payer):  # nine customers in ten are patients
        ids = ids.with_hint(customers, "INDEXED BY customers_newest", "sqlite")

    def fill(found: list[tuple[Any, ...]]) -> Select[Any]:
        return _rows(ctx).where(customers.c.id.in_([one for (one,) in found]))

    return page(ctx, ids, _order(ctx, sort, descending=descending), place, total, size=size, fill=fill)


def statement(
    ctx: Context, *, search: str = "", payer: str = "", sort: str = "Name", descending: bool = False
) -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    order = _order(ctx, sort, descending=descending)
    return _rows(ctx).where(*_conditions(ctx, search, payer)).order_by(*order.by())


def _rows(ctx: Context) -> Select[Any]:
    home = _home(ctx)
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


def _home(ctx: Context) -> ColumnElement[str]:
    return func.coalesce(func.nullif(customers.c.currency, ""), literal(ctx.settings.currency))


def _conditions(ctx: Context, search: str, payer: str) -> list[ColumnElement[bool]]:
    found = [customers.c.kind == "patient", ~customers.c.deleted]
    if payer == "deleted":
        gone = select(_payer.c.id).where(_payer.c.kind.in_(("organisation", "patient", "")), _payer.c.deleted)
        found.append(customers.c.default_payer.in_(gone))
    elif payer:
        found.append(customers.c.default_payer == ("" if payer == "self" else payer))
    return [*found, customers_found(ctx, search)] if search.strip() else found


def _order(ctx: Context, sort: str, *, descending: bool) -> Order:
    owed = select(account_sums.c.owed).where(
        account_sums.c.customer == customers.c.id, account_sums.c.currency == _home(ctx)
    )
    key = {
        "name": customers.c.order_name,
        "created": customers.c.created,
        "payer_name": func.coalesce(_payer.c.order_name, customers.c.order_name),
        "outstanding": func.coalesce(owed.scalar_subquery(), 0),
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
