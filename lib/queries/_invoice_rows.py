"""What the list of invoices is made of: its columns, its filters, and who is payer and patient of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, true

from lib.context import Context
from lib.dates import end_of, start_of
from lib.mirror.tables import customers, invoices
from lib.queries._sql import due_at, matches, overdue

# As a payer: every patient who pays for themselves.
PATIENTS = "patients"
AGES = ("Not yet due", "1-30 days", "31-60 days", "61-90 days", "Over 90 days")

payer = customers.alias("payer")
patient = customers.alias("patient")


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


def age_bounds(ctx: Context, age: str) -> ColumnElement[bool]:
    """Invoices of one age bucket, counted in whole days of the practice past the due day."""
    today = start_of(ctx.today, ctx.settings.zone)
    due, owing = due_at(payer), (invoices.c.status == "open") & (invoices.c.amount_remaining > 0)
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


def columns(ctx: Context) -> dict[str, Any]:
    """Every column of the list by name; `lib.queries.invoices.table` says what they hold."""
    late = overdue(ctx, payer)
    days = (start_of(ctx.today, ctx.settings.zone) - due_at(payer) + 86_399) // 86_400
    treated = func.coalesce(
        func.nullif(invoices.c.patient, ""), case((payer.c.kind == "patient", invoices.c.customer), else_="")
    )
    own_name = case((payer.c.kind == "patient", payer.c.name), else_=None)
    return {
        "id": invoices.c.id,
        "number": invoices.c.number,
        "status": invoices.c.status,
        "payer": invoices.c.customer,
        "payer_name": func.coalesce(func.nullif(invoices.c.customer_name, ""), payer.c.name, ""),
        "patient": treated,
        "patient_name": func.coalesce(patient.c.name, func.nullif(invoices.c.patient_name, ""), own_name, ""),
        "currency": invoices.c.currency,
        "net": invoices.c.net,
        "tax": invoices.c.tax,
        "total": invoices.c.total,
        "due": invoices.c.amount_due,
        "paid": invoices.c.amount_paid,
        "remaining": invoices.c.amount_remaining,
        "created": invoices.c.created,
        "due_at": due_at(payer),
        "stripe_due": invoices.c.due_date,
        "overdue_days": case((late, days), else_=0),
        "practitioner": func.coalesce(func.nullif(invoices.c.practitioner, ""), patient.c.practitioner, ""),
        "location": invoices.c.location,
        "payer_deleted": func.coalesce(payer.c.deleted, False),
    }


def joined() -> Any:
    """Invoices beside their payer and their patient."""
    return invoices.outerjoin(payer, payer.c.id == invoices.c.customer).outerjoin(
        patient, patient.c.id == invoices.c.patient
    )


def conditions(ctx: Context, wanted: Filters) -> list[ColumnElement[bool]]:
    """What `wanted` asks of a row."""
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
        found.append(columns(ctx)["practitioner"] == wanted.practitioner)
    if wanted.text.strip():
        either = or_(
            *(matches(column, wanted.text) for column in (invoices.c.search, payer.c.search, patient.c.search))
        )
        found.append(either)
    return found


def _of_payer(wanted: str) -> ColumnElement[bool]:
    if wanted == PATIENTS:
        return payer.c.kind == "patient"
    return invoices.c.customer == wanted if wanted else true()
