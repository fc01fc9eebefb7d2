"""Invoices: the list, one of them, its lines and its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Select, case, func, select

from lib.context import Context
from lib.errors import NotFound
from lib.mirror import store
from lib.mirror.database import reading
from lib.mirror.ours import intents
from lib.mirror.tables import invoices, tax_rates
from lib.money import Money
from lib.queries import _invoice_rows
from lib.queries._invoice_rows import AGES, PATIENTS, Filters, age_bounds
from lib.queries._sql import Page, owed, page, whole

__all__ = ["AGES", "PATIENTS", "SORTS", "STATUSES", "Filters", "Invoice", "age_bounds"]

STATUSES = ("draft", "open", "paid", "void", "uncollectible")
SORTS = {
    "Created": "created",
    "Due date": "due_at",
    "Total": "total",
    "Remaining": "remaining",
    "Number": "number",
    "Payer": "payer_name",
}


@dataclass(frozen=True)
class Invoice:
    """One invoice, as the mirror has it. The balances are the payer's before and after finalising, signed as Stripe
    signs them (negative is credit); `ending_balance` is None for a draft.
    """

    id: str
    number: str
    status: str
    payer: str
    payer_name: str
    payer_now: str
    payer_deleted: bool
    patient: str
    patient_name: str
    subtotal: Money
    tax: Money
    total: Money
    due: Money
    paid: Money
    remaining: Money
    discount: Money
    credit_notes: Money
    starting_balance: Money
    ending_balance: Money | None
    created: int
    due_at: int | None
    stripe_due: int | None
    finalized_at: int | None
    practitioner: str
    location: str
    memo: str
    custom_fields: tuple[tuple[str, str], ...]
    hosted_url: str
    pdf_url: str
    collection_method: str
    overdue_days: int


def table(
    ctx: Context, filters: Filters, *, sort: str = "Created", descending: bool = True, limit: int = 50, offset: int = 0
) -> Page:
    """Invoices: id, number, status, payer, payer_name, patient, patient_name, currency, net, tax, total, due, paid,
    remaining, created, due_at, stripe_due, overdue_days, practitioner, location, payer_deleted.

    Amounts in minor units, times in Stripe's seconds. `due` is what was asked for (after the balance on account),
    `due_at` the day it is due by the payer's terms, `overdue_days` 0 unless overdue.
    """
    return page(ctx, statement(ctx, filters, sort=sort, descending=descending), limit, offset)


def statement(ctx: Context, filters: Filters, *, sort: str = "Created", descending: bool = True) -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    columns = _invoice_rows.columns(ctx)
    order = columns[SORTS[sort]]
    ordered = order.desc().nulls_last() if descending else order.asc().nulls_last()
    last = invoices.c.id.desc() if descending else invoices.c.id
    return (
        select(*(column.label(name) for name, column in columns.items()))
        .select_from(_invoice_rows.joined())
        .where(*_invoice_rows.conditions(ctx, filters))
        .order_by(ordered, last)
    )


def sums(ctx: Context, filters: Filters) -> pd.DataFrame:
    """What the filtered list adds up to, one row a currency, the one with most invoices first: currency, invoices,
    total, remaining, outstanding.

    Minor units. `total` and `remaining` add up the columns as they are shown, drafts and voids too; `outstanding` is
    what is left to pay on open invoices.
    """
    count = func.count().label("invoices")
    columns = (
        invoices.c.currency,
        count,
        func.sum(invoices.c.total).label("total"),
        func.sum(invoices.c.amount_remaining).label("remaining"),
        func.sum(case((owed(), invoices.c.amount_remaining), else_=0)).label("outstanding"),
    )
    found = select(*columns).select_from(_invoice_rows.joined()).where(*_invoice_rows.conditions(ctx, filters))
    return whole(ctx, found.group_by(invoices.c.currency).order_by(count.desc(), invoices.c.currency))


def get(ctx: Context, invoice: str) -> Invoice:
    """One invoice. Raises NotFound when the mirror does not have it (yet)."""
    with reading(ctx.engine) as conn:
        extra = (
            invoices.c.subtotal,
            invoices.c.starting_balance,
            invoices.c.ending_balance,
            invoices.c.finalized_at,
            invoices.c.memo,
            invoices.c.hosted_url,
            invoices.c.pdf_url,
            _invoice_rows.payer.c.name.label("payer_now"),
        )
        wanted = (
            select(*(c.label(n) for n, c in _invoice_rows.columns(ctx).items()), *extra)
            .select_from(_invoice_rows.joined())
            .where(invoices.c.id == invoice)
        )
        row = conn.execute(wanted.where(~invoices.c.deleted)).first()
        body = store.body(conn, invoice)
    if row is None or body is None:
        raise NotFound("This invoice is not here. It may have been deleted in Stripe, or it has not arrived yet.")
    return _invoice(row, body)


def lines(ctx: Context, invoice: str) -> pd.DataFrame:
    """Every line, also beyond the ten that Stripe shows inside an invoice: description, quantity, unit_amount, amount,
    tax, rate, currency.

    `unit_amount` is a decimal of minor units as text, `rate` the tax rate's name and per cent, empty where exempt.
    """
    with reading(ctx.engine) as conn:
        body = store.body(conn, invoice) or {"lines": {"data": []}}
        rates = {row.id: _rate(row) for row in conn.execute(select(tax_rates))}
    found = [_line(line, rates) for line in body["lines"]["data"]]
    names = ("description", "quantity", "unit_amount", "amount", "tax", "rate", "currency")
    return pd.DataFrame(found, columns=names, dtype=object)


def _rate(row: Any) -> str:
    return row.name if row.percentage in row.name else f"{row.name} {row.percentage} %"


def _line(line: dict[str, Any], rates: dict[str, str]) -> tuple[Any, ...]:
    taxes = line.get("taxes") or []
    charged = [(tax.get("tax_rate_details") or {}).get("tax_rate") for tax in taxes]
    return (
        line.get("description") or "",
        str(line.get("quantity_decimal") or line.get("quantity") or ""),
        str((line.get("pricing") or {}).get("unit_amount_decimal") or ""),
        line["amount"],
        sum(tax["amount"] for tax in taxes),
        ", ".join(rates[rate] for rate in charged if rate in rates),
        line["currency"],
    )


def left_behind(ctx: Context, form: str) -> str:
    """The draft that a wish left which was refused half-way; empty when nothing came of it."""
    with reading(ctx.engine) as conn:
        wish = select(intents.c.result).where(intents.c.form == form, intents.c.state.in_(("refused", "changed")))
        return conn.execute(wish).scalar() or ""


def practitioners(ctx: Context) -> list[str]:
    """Every practitioner that an invoice names."""
    return _distinct(ctx, invoices.c.practitioner)


def locations(ctx: Context) -> list[str]:
    """Every location that an invoice names."""
    return _distinct(ctx, invoices.c.location)


def currencies(ctx: Context) -> list[str]:
    """Every currency that an invoice is in."""
    return _distinct(ctx, invoices.c.currency)


def _distinct(ctx: Context, column: Any) -> list[str]:
    with reading(ctx.engine) as conn:
        return list(
            conn.execute(select(column).where(column != "", ~invoices.c.deleted).distinct().order_by(column)).scalars()
        )


def _invoice(row: Any, body: dict[str, Any]) -> Invoice:
    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    return Invoice(
        id=row.id,
        number=row.number,
        status=row.status,
        payer=row.payer,
        payer_name=row.payer_name,
        payer_now=row.payer_now or "",
        payer_deleted=row.payer_deleted,
        patient=row.patient,
        patient_name=row.patient_name,
        subtotal=money(row.subtotal),
        tax=money(row.tax),
        total=money(row.total),
        due=money(row.due),
        paid=money(row.paid),
        remaining=money(row.remaining),
        discount=money(sum(part["amount"] for part in body.get("total_discount_amounts") or [])),
        credit_notes=money(body.get("pre_payment_credit_notes_amount") or 0),
        starting_balance=money(row.starting_balance),
        ending_balance=None if row.ending_balance is None else money(row.ending_balance),
        created=row.created,
        due_at=row.due_at,
        stripe_due=row.stripe_due,
        finalized_at=row.finalized_at,
        practitioner=row.practitioner,
        location=row.location,
        memo=row.memo,
        custom_fields=tuple((f["name"], f["value"]) for f in body.get("custom_fields") or []),
        hosted_url=row.hosted_url,
        pdf_url=row.pdf_url,
        collection_method=body.get("collection_method") or "",
        overdue_days=row.overdue_days,
    )
