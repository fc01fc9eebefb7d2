"""Organisations and what they owe."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, false, func, literal, or_, select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.tables import customer_balances, customers, invoices
from lib.queries._sql import Page, matches, overdue, owed, page
from lib.text import fold, match_name, shown

SORTS = {
    "Name": "name",
    "Outstanding": "outstanding",
    "Overdue": "overdue",
    "Credit on account": "balance",
    "Patients": "patients",
    "Last invoice": "last_invoice",
}


def table(
    ctx: Context, *, search: str = "", sort: str = "Name", descending: bool = False, limit: int = 50, offset: int = 0
) -> Page:
    """Organisations: id, name, email, patients, drafts, currency, outstanding, overdue, balance, last_invoice,
    terms_days, deleted.

    One row an organisation and currency. Amounts in minor units; `balance` is signed as Stripe signs it (negative is
    credit); `last_invoice` is Stripe's seconds. Deleted ones stay while invoices or patients still hang on them
    (scenario 26).
    """
    return page(ctx, statement(ctx, search=search, sort=sort, descending=descending), limit, offset)


def statement(ctx: Context, *, search: str = "", sort: str = "Name", descending: bool = False) -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    sums, covered = _sums(ctx), _covered()
    currency = func.coalesce(sums.c.currency, func.nullif(customers.c.currency, ""), literal(ctx.settings.currency))
    columns: dict[str, Any] = {
        "id": customers.c.id,
        "name": customers.c.name,
        "email": customers.c.email,
        "patients": func.coalesce(covered.c.patients, 0),
        "drafts": func.coalesce(sums.c.drafts, 0),
        "currency": currency,
        "outstanding": func.coalesce(sums.c.outstanding, 0),
        "overdue": func.coalesce(sums.c.overdue, 0),
        "balance": func.coalesce(sums.c.balance, 0),
        "last_invoice": sums.c.last_invoice,
        "terms_days": customers.c.terms_days,
        "deleted": customers.c.deleted,
    }
    hanging = or_(~customers.c.deleted, sums.c.outstanding > 0, covered.c.patients > 0)
    source = customers.outerjoin(sums, sums.c.customer == customers.c.id).outerjoin(
        covered, covered.c.payer == customers.c.id
    )
    where = and_(
        customers.c.kind == "organisation", hanging, matches(customers.c.search, search) if search.strip() else ~false()
    )
    order = func.lower(columns["name"]) if SORTS[sort] == "name" else columns[SORTS[sort]]
    ordered = order.desc().nulls_last() if descending else order.asc().nulls_last()
    return (
        select(*(column.label(name) for name, column in columns.items()))
        .select_from(source)
        .where(where)
        .order_by(ordered, customers.c.id)
    )


def unmarked(ctx: Context, *, limit: int = 200) -> Page:
    """Customers that are neither organisation nor patient: id, name, email, created. One of them may be an
    organisation made by hand.
    """
    plain = (customers.c.kind == "") & ~customers.c.deleted
    columns = (customers.c.id, customers.c.name, customers.c.email, customers.c.created)
    return page(ctx, select(*columns).where(plain).order_by(customers.c.created.desc(), customers.c.id), limit, 0)


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


def _sums(ctx: Context) -> Any:
    """Sums by customer and currency, from invoices and balances alike: either may be there without the other."""
    mine = and_(~invoices.c.deleted, invoices.c.customer == customers.c.id)
    bills = (
        select(
            invoices.c.customer,
            invoices.c.currency,
            func.sum(case((owed(), invoices.c.amount_remaining), else_=0)).label("outstanding"),
            func.sum(case((overdue(ctx), invoices.c.amount_remaining), else_=0)).label("overdue"),
            func.sum(case((invoices.c.status == "draft", 1), else_=0)).label("drafts"),
            func.max(invoices.c.created).label("last_invoice"),
            literal(0).label("balance"),
        )
        .select_from(invoices.join(customers, mine))
        .where(customers.c.kind == "organisation")
        .group_by(invoices.c.customer, invoices.c.currency)
    )
    accounts = select(
        customer_balances.c.customer,
        customer_balances.c.currency,
        literal(0),
        literal(0),
        literal(0),
        literal(None),
        customer_balances.c.balance,
    ).where(customer_balances.c.balance != 0)
    both = bills.union_all(accounts).subquery()
    kept = ("outstanding", "overdue", "drafts", "balance")
    sums = [func.sum(both.c[name]).label(name) for name in kept]
    latest = func.max(both.c.last_invoice).label("last_invoice")
    return select(both.c.customer, both.c.currency, *sums, latest).group_by(both.c.customer, both.c.currency).subquery()


def _covered() -> Any:
    covered = (customers.c.default_payer != "") & ~customers.c.deleted
    return (
        select(customers.c.default_payer.label("payer"), func.count().label("patients"))
        .where(covered)
        .group_by(customers.c.default_payer)
        .subquery()
    )
