"""The practice at a glance: sums per currency, never mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, case, func, literal, select, union_all

from lib.context import Context
from lib.dates import month_start, start_of
from lib.mirror.database import reading
from lib.mirror.tables import account_sums, customer_balances, customers, invoice_sums, owed_days, paid_days
from lib.money import Money
from lib.queries._accounts import HELD
from lib.queries._invoice_rows import AGES, PATIENTS, due_span, within

_PARTS = ("outstanding", "overdue", "drafts", "drafted", "received")


@dataclass(frozen=True)
class Figures:
    """One currency's sums: what open invoices owe, what of it is overdue, credit held for payers, debit carried,
    drafts, and what was paid on invoices that became paid in full since the first of the month (`received`).
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
    with reading(ctx.engine) as conn:
        found = sorted(_owing(conn, currency), key=lambda row: (-row[1], row[0]))
        shown = found if len(found) <= most else found[: most - 1]
        named = select(customers.c.id, customers.c.name).where(customers.c.id.in_([who for who, _ in shown]))
        names = {row.id: row.name for row in conn.execute(named)}
    names |= {PATIENTS: "Patients themselves", "": "Others"}
    told = [(who, names.get(who) or who, amount) for who, amount in shown]
    if rest := found[len(shown) :]:
        told.append(("", f"{len(rest)} others", sum(amount for _, amount in rest)))
    return pd.DataFrame(told, columns=["payer", "name", "outstanding"], dtype=object)


def _owing(conn: Connection, currency: str) -> list[tuple[str, int]]:
    """Who owes how much. Patients are very many: they are not looked at, but what days say of them is."""
    a, d = account_sums, owed_days
    payers = select(customers.c.id).where(customers.c.kind.in_(("organisation", "")))
    owing = select(a.c.customer, a.c.owed).where(a.c.owed > 0, a.c.currency == currency, a.c.customer.in_(payers))
    found = [(row.customer, row.owed) for row in conn.execute(owing)]
    kinds = select(d.c.payer_kind, func.sum(d.c.remaining)).where(d.c.currency == currency).group_by(d.c.payer_kind)
    whose = {kind: int(amount) for kind, amount in conn.execute(kinds)}
    themselves = whose.get("patient", 0)
    unknown = sum(whose.values()) - themselves - sum(amount for _, amount in found)  # a payer that has not come yet
    return found + [(PATIENTS, themselves)] * bool(themselves) + [("", unknown)] * bool(unknown)


def by_age(ctx: Context, currency: str) -> pd.DataFrame:
    """Outstanding by days past due: age (one of AGES), outstanding (minor units), invoices. Always adds up to
    outstanding.
    """
    d = owed_days
    sums = select(func.coalesce(func.sum(d.c.remaining), 0), func.coalesce(func.sum(d.c.invoices), 0))
    mine = sums.where(d.c.currency == currency)
    with reading(ctx.engine) as conn:
        found = [(age, *conn.execute(mine.where(*within(d.c.due_at, due_span(ctx, age)))).one()) for age in AGES]
    return pd.DataFrame(found, columns=["age", "outstanding", "invoices"], dtype=object)


def _bills(ctx: Context) -> dict[str, Any]:
    """By currency, every amount that is not nothing: what each table says of its own."""
    today, since = (start_of(day, ctx.settings.zone) for day in (ctx.today, month_start(ctx.today)))
    d, c, p = owed_days, invoice_sums, paid_days
    late = func.sum(case((d.c.due_at < today, d.c.remaining), else_=0))
    drafts = {"drafts": func.sum(c.c.invoices), "drafted": func.sum(c.c.total)}
    parts = union_all(
        _part(d, outstanding=func.sum(d.c.remaining), overdue=late),
        _part(c, **drafts).where(c.c.status == "draft"),
        _part(p, received=func.sum(p.c.paid)).where(p.c.day >= since),
        _part(c),
    ).subquery()
    sums = (func.sum(parts.c[name]).label(name) for name in _PARTS)
    everything = select(parts.c.currency, *sums).group_by(parts.c.currency)
    with reading(ctx.engine) as conn:
        return {row.currency: row for row in conn.execute(everything)}


def _part(table: Any, **amounts: Any) -> Select[Any]:
    columns = (amounts.get(name, literal(0)).label(name) for name in _PARTS)
    return select(table.c.currency, *columns).group_by(table.c.currency)


def _accounts(ctx: Context) -> dict[str, Any]:
    held = customer_balances.c.balance
    sums = select(
        customer_balances.c.currency,
        func.sum(case((held < 0, -held), else_=0)).label("credit"),
        func.sum(case((held > 0, held), else_=0)).label("debit"),
    )
    with reading(ctx.engine) as conn:
        return {row.currency: row for row in conn.execute(sums.where(HELD).group_by(customer_balances.c.currency))}


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
