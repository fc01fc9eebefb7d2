"""Patients, who pays for them, and the open work that still bills somebody else."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Select, and_, func, literal, or_, select, true

from lib.context import Context
from lib.mirror.tables import customer_balances, customers, invoices
from lib.queries._sql import Page, matches, owed, page, whole

SORTS = {"Name": "name", "Payer": "payer_name", "Outstanding": "outstanding", "Newest": "created"}


def table(
    ctx: Context,
    *,
    search: str = "",
    payer: str = "",
    sort: str = "Name",
    descending: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> Page:
    """Patients: id, name, email, postcode, reference, practitioner, payer, payer_name, payer_deleted, currency,
    outstanding, balance.

    `payer` is a customer id, the patient's own when they pay themselves; `outstanding` is what the patient's own
    account owes, in minor units; `balance` is signed as Stripe signs it. Filter `payer`: an id, "self",
    or "deleted" for a payer that Stripe has no more (scenario 26).
    """
    return page(ctx, statement(ctx, search=search, payer=payer, sort=sort, descending=descending), limit, offset)


def statement(
    ctx: Context, *, search: str = "", payer: str = "", sort: str = "Name", descending: bool = False
) -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    other = customers.alias("payer")
    bills, accounts = _owing(), _accounts()
    home = func.coalesce(func.nullif(customers.c.currency, ""), literal(ctx.settings.currency))
    columns: dict[str, Any] = {
        "id": customers.c.id,
        "name": customers.c.name,
        "email": customers.c.email,
        "postcode": customers.c.postcode,
        "reference": customers.c.reference,
        "practitioner": customers.c.practitioner,
        "payer": func.coalesce(func.nullif(customers.c.default_payer, ""), customers.c.id),
        "payer_name": func.coalesce(other.c.name, customers.c.name),
        "payer_deleted": func.coalesce(other.c.deleted, False),
        "currency": home,
        "outstanding": func.coalesce(bills.c.outstanding, 0),
        "balance": func.coalesce(accounts.c.balance, 0),
    }
    source = (
        customers.outerjoin(other, other.c.id == customers.c.default_payer)
        .outerjoin(bills, and_(bills.c.customer == customers.c.id, bills.c.currency == home))
        .outerjoin(accounts, and_(accounts.c.customer == customers.c.id, accounts.c.currency == home))
    )
    own = other.c.deleted if payer == "deleted" else customers.c.default_payer == ("" if payer == "self" else payer)
    conditions = [
        customers.c.kind == "patient",
        ~customers.c.deleted,
        own if payer else true(),
        matches(customers.c.search, search) if search.strip() else true(),
    ]
    order = {"name": func.lower(customers.c.name), "created": customers.c.created}.get(
        SORTS[sort], columns.get(SORTS[sort])
    )
    ordered = order.desc().nulls_last() if descending else order.asc().nulls_last()
    return (
        select(*(column.label(name) for name, column in columns.items()))
        .select_from(source)
        .where(*conditions)
        .order_by(ordered, customers.c.id)
    )


def some(ctx: Context, patients: list[str]) -> pd.DataFrame:
    """These patients, with the columns of `table`."""
    return whole(ctx, statement(ctx).where(customers.c.id.in_(patients)))


def open_work(ctx: Context, patients: list[str]) -> pd.DataFrame:
    """Drafts and open invoices for these patients, whoever is billed: id, number, status, payer, payer_name, patient,
    currency, total, remaining.

    Shown before a payer is changed: none of it moves by itself (scenario 24).
    """
    mine = or_(invoices.c.patient.in_(patients), and_(invoices.c.patient == "", invoices.c.customer.in_(patients)))
    columns = (
        invoices.c.id,
        invoices.c.number,
        invoices.c.status,
        invoices.c.customer.label("payer"),
        invoices.c.customer_name.label("payer_name"),
        func.coalesce(func.nullif(invoices.c.patient, ""), invoices.c.customer).label("patient"),
        invoices.c.currency,
        invoices.c.total,
        invoices.c.amount_remaining.label("remaining"),
    )
    statuses = invoices.c.status.in_(("draft", "open"))
    return whole(ctx, select(*columns).where(mine, statuses, ~invoices.c.deleted).order_by(invoices.c.created.desc()))


def _owing() -> Any:
    summed = func.sum(invoices.c.amount_remaining).label("outstanding")
    return (
        select(invoices.c.customer, invoices.c.currency, summed)
        .where(owed())
        .group_by(invoices.c.customer, invoices.c.currency)
        .subquery()
    )


def _accounts() -> Any:
    return select(customer_balances).subquery()
