"""The practice at a glance: sums per currency, never mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import case, func, select

from lib.context import Context
from lib.dates import month_start, start_of
from lib.mirror.database import reading
from lib.mirror.tables import customer_balances, customers, invoices
from lib.money import Money
from lib.queries._invoice_rows import AGES, PATIENTS, age_bounds, payer
from lib.queries._sql import overdue, owed, whole


@dataclass(frozen=True)
class Figures:
    """One currency's sums: what open invoices owe, what of it is overdue, credit held for payers, debit carried,
    drafts, and what invoices paid since the first of the month brought.
    """

    currency: str
    outstanding: Money
    overdue: Money
    credit: Money
    debit: Money
    drafts: int
    drafted: Money
    received: Money


def figures(ctx: Context) -> list[Figures]:
    """Sums of every currency in use, the practice's own first and always there."""
    bills, accounts = _bills(ctx), _accounts(ctx)
    used = dict.fromkeys([ctx.settings.currency, *sorted({*bills, *accounts})])
    return [_figures(currency, bills.get(currency), accounts.get(currency)) for currency in used]


def by_payer(ctx: Context, currency: str, most: int = 12) -> pd.DataFrame:
    """Who owes: payer (id), name, outstanding (minor units), the largest first; it adds up to what is outstanding.

    Patients who pay for themselves are one row (id PATIENTS), and what does not fit another (id "").
    """
    is_patient = customers.c.kind == "patient"
    who = case((is_patient, PATIENTS), else_=customers.c.id).label("payer")
    name = case(
        (is_patient, "Patients themselves"), else_=func.coalesce(func.nullif(customers.c.name, ""), customers.c.id)
    ).label("name")
    summed = func.sum(invoices.c.amount_remaining).label("outstanding")
    source = invoices.join(customers, customers.c.id == invoices.c.customer)
    grouped = select(who, name, summed).select_from(source).where(owed(), invoices.c.currency == currency)
    found = whole(ctx, grouped.group_by(who, name).order_by(summed.desc(), who))
    if len(found) <= most:
        return found
    rest = found.iloc[most - 1 :]
    others = pd.DataFrame([("", f"{len(rest)} others", sum(rest["outstanding"]))], columns=found.columns, dtype=object)
    return pd.concat([found.iloc[: most - 1], others], ignore_index=True)


def by_age(ctx: Context, currency: str) -> pd.DataFrame:
    """Outstanding by days past due: age (one of AGES), outstanding (minor units), invoices. Always adds up to
    outstanding.
    """
    source = invoices.outerjoin(payer, payer.c.id == invoices.c.customer)
    found = []
    with reading(ctx.engine) as conn:
        for age in AGES:
            sums = select(func.coalesce(func.sum(invoices.c.amount_remaining), 0), func.count()).select_from(source)
            total, count = conn.execute(
                sums.where(age_bounds(ctx, age), ~invoices.c.deleted, invoices.c.currency == currency)
            ).one()
            found.append((age, int(total), count))
    return pd.DataFrame(found, columns=["age", "outstanding", "invoices"])


def _bills(ctx: Context) -> dict[str, Any]:
    since = start_of(month_start(ctx.today), ctx.settings.zone)
    draft = invoices.c.status == "draft"
    sums = select(
        invoices.c.currency,
        func.sum(case((owed(), invoices.c.amount_remaining), else_=0)).label("outstanding"),
        func.sum(case((overdue(ctx), invoices.c.amount_remaining), else_=0)).label("overdue"),
        func.sum(case((draft, 1), else_=0)).label("drafts"),
        func.sum(case((draft, invoices.c.total), else_=0)).label("drafted"),
        func.sum(case((invoices.c.paid_at >= since, invoices.c.amount_paid), else_=0)).label("received"),
    )
    source = invoices.outerjoin(customers, customers.c.id == invoices.c.customer)
    with reading(ctx.engine) as conn:
        found = conn.execute(sums.select_from(source).where(~invoices.c.deleted).group_by(invoices.c.currency))
        return {row.currency: row for row in found}


def _accounts(ctx: Context) -> dict[str, Any]:
    held = customer_balances.c.balance
    sums = select(
        customer_balances.c.currency,
        func.sum(case((held < 0, -held), else_=0)).label("credit"),
        func.sum(case((held > 0, held), else_=0)).label("debit"),
    )
    with reading(ctx.engine) as conn:
        return {row.currency: row for row in conn.execute(sums.where(held != 0).group_by(customer_balances.c.currency))}


def _figures(currency: str, bill: Any, account: Any) -> Figures:
    def money(row: Any, name: str) -> Money:
        return Money(int(getattr(row, name)) if row else 0, currency)

    return Figures(
        currency=currency,
        outstanding=money(bill, "outstanding"),
        overdue=money(bill, "overdue"),
        credit=money(account, "credit"),
        debit=money(account, "debit"),
        drafts=int(bill.drafts) if bill else 0,
        drafted=money(bill, "drafted"),
        received=money(bill, "received"),
    )
