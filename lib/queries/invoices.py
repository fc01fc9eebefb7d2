"""Invoices: the list, one of them, its lines and its history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true

from lib.context import Context
from lib.dates import end_of, start_of
from lib.errors import NotFound
from lib.mirror import store
from lib.mirror.database import reading
from lib.mirror.tables import customers, invoice_lines, invoices, tax_rates
from lib.money import Money
from lib.queries._sql import Page, due_at, matches, overdue, page, whole

STATUSES = ("draft", "open", "paid", "void", "uncollectible")
SORTS = {
    "Created": "created",
    "Due date": "due_at",
    "Total": "total",
    "Remaining": "remaining",
    "Number": "number",
    "Payer": "payer_name",
}
# As a payer: every patient who pays for themselves.
PATIENTS = "patients"
AGES = ("Not yet due", "1-30 days", "31-60 days", "61-90 days", "Over 90 days")


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to. `payer` and `patient` are customer ids; dates are days of the practice, both
    included.
    """

    statuses: tuple[str, ...] = ()
    payer: str = ""
    patient: str = ""
    created_from: date | None = None
    created_to: date | None = None
    practitioner: str = ""
    location: str = ""
    text: str = ""
    age: str = ""  # one of AGES, "Overdue" or "Outstanding"
    currency: str = ""


@dataclass(frozen=True)
class Invoice:
    """One invoice, as the mirror has it. `balance_applied`: what finalising took from (+) or added to (−) the payer's
    account.
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
    balance_applied: Money
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
    overdue_days: int = field(default=0)


_payer = customers.alias("payer")
_patient = customers.alias("patient")


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
    columns = _columns(ctx)
    order = columns[SORTS[sort]]
    ordered = order.desc().nulls_last() if descending else order.asc().nulls_last()
    last = invoices.c.id.desc() if descending else invoices.c.id
    return (
        select(*(column.label(name) for name, column in columns.items()))
        .select_from(_joined())
        .where(*_conditions(ctx, filters))
        .order_by(ordered, last)
    )


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
            _payer.c.name.label("payer_now"),
        )
        wanted = (
            select(*(c.label(n) for n, c in _columns(ctx).items()), *extra)
            .select_from(_joined())
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
    named = func.coalesce(tax_rates.c.name.concat(" ").concat(tax_rates.c.percentage).concat(" %"), "").label("rate")
    columns = (
        invoice_lines.c.description,
        invoice_lines.c.quantity,
        invoice_lines.c.unit_amount,
        invoice_lines.c.amount,
        invoice_lines.c.tax,
        named,
        invoice_lines.c.currency,
    )
    source = invoice_lines.outerjoin(tax_rates, tax_rates.c.id == invoice_lines.c.tax_rates)
    return whole(
        ctx,
        select(*columns)
        .select_from(source)
        .where(invoice_lines.c.invoice == invoice)
        .order_by(invoice_lines.c.position),
    )


def practitioners(ctx: Context) -> list[str]:
    """Every practitioner that an invoice names."""
    return _distinct(ctx, invoices.c.practitioner)


def locations(ctx: Context) -> list[str]:
    """Every location that an invoice names."""
    return _distinct(ctx, invoices.c.location)


def age_bounds(ctx: Context, age: str) -> ColumnElement[bool]:
    """Invoices of one age bucket, counted in whole days of the practice past the due day."""
    today = start_of(ctx.today, ctx.settings.zone)
    due, owing = due_at(_payer), (invoices.c.status == "open") & (invoices.c.amount_remaining > 0)
    if age == "Outstanding":
        return owing
    if age == "Overdue":
        return owing & (due < today)
    if age == AGES[0]:
        return owing & or_(due.is_(None), due >= today)
    newest, oldest = {AGES[1]: (0, 30), AGES[2]: (30, 60), AGES[3]: (60, 90), AGES[4]: (90, 100_000)}[age]
    return owing & (due < _days_back(ctx, newest)) & (due >= _days_back(ctx, oldest))


def _days_back(ctx: Context, days: int) -> int:
    return start_of(ctx.today - timedelta(days=min(days, 20_000)), ctx.settings.zone)


def _columns(ctx: Context) -> dict[str, Any]:
    late = overdue(ctx, _payer)
    days = (start_of(ctx.today, ctx.settings.zone) - due_at(_payer) + 86_399) // 86_400
    patient = func.coalesce(
        func.nullif(invoices.c.patient, ""), case((_payer.c.kind == "patient", invoices.c.customer), else_="")
    )
    own_name = case((_payer.c.kind == "patient", _payer.c.name), else_=None)
    return {
        "id": invoices.c.id,
        "number": invoices.c.number,
        "status": invoices.c.status,
        "payer": invoices.c.customer,
        "payer_name": func.coalesce(func.nullif(invoices.c.customer_name, ""), _payer.c.name, ""),
        "patient": patient,
        "patient_name": func.coalesce(_patient.c.name, func.nullif(invoices.c.patient_name, ""), own_name, ""),
        "currency": invoices.c.currency,
        "net": invoices.c.net,
        "tax": invoices.c.tax,
        "total": invoices.c.total,
        "due": invoices.c.amount_due,
        "paid": invoices.c.amount_paid,
        "remaining": invoices.c.amount_remaining,
        "created": invoices.c.created,
        "due_at": due_at(_payer),
        "stripe_due": invoices.c.due_date,
        "overdue_days": case((late, days), else_=0),
        "practitioner": func.coalesce(func.nullif(invoices.c.practitioner, ""), _patient.c.practitioner, ""),
        "location": invoices.c.location,
        "payer_deleted": func.coalesce(_payer.c.deleted, False),
    }


def _joined() -> Any:
    return invoices.outerjoin(_payer, _payer.c.id == invoices.c.customer).outerjoin(
        _patient, _patient.c.id == invoices.c.patient
    )


def _conditions(ctx: Context, wanted: Filters) -> list[ColumnElement[bool]]:
    zone = ctx.settings.zone
    found = [
        ~invoices.c.deleted,
        invoices.c.status.in_(wanted.statuses) if wanted.statuses else true(),
        _of_payer(wanted.payer),
        invoices.c.created >= start_of(wanted.created_from, zone) if wanted.created_from else true(),
        invoices.c.created < end_of(wanted.created_to, zone) if wanted.created_to else true(),
        invoices.c.location == wanted.location if wanted.location else true(),
        invoices.c.currency == wanted.currency if wanted.currency else true(),
        age_bounds(ctx, wanted.age) if wanted.age else true(),
    ]
    if wanted.patient:
        own = and_(invoices.c.patient == "", invoices.c.customer == wanted.patient)
        found.append(or_(invoices.c.patient == wanted.patient, own))
    if wanted.practitioner:
        found.append(_columns(ctx)["practitioner"] == wanted.practitioner)
    if wanted.text.strip():
        either = or_(
            *(matches(column, wanted.text) for column in (invoices.c.search, _payer.c.search, _patient.c.search))
        )
        found.append(either)
    return found


def _of_payer(payer: str) -> ColumnElement[bool]:
    if payer == PATIENTS:
        return _payer.c.kind == "patient"
    return invoices.c.customer == payer if payer else true()


def _distinct(ctx: Context, column: Any) -> list[str]:
    with reading(ctx.engine) as conn:
        return list(
            conn.execute(select(column).where(column != "", ~invoices.c.deleted).distinct().order_by(column)).scalars()
        )


def _invoice(row: Any, body: dict[str, Any]) -> Invoice:
    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    applied = row.starting_balance - (row.ending_balance or 0) if row.finalized_at else 0
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
        balance_applied=money(-applied),
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
