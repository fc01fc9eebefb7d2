"""What the list of invoices is made of: its columns, its filters, and who is payer and patient of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select, text

from lib.context import Context
from lib.dates import end_of, start_of
from lib.documents.statement import AGES
from lib.mirror.tables import NEVER, customers, invoices
from lib.queries._search import Found, look
from lib.queries._sql import today_of

# As a payer: every patient who pays for themselves.
PATIENTS = "patients"
OUTSTANDING, OVERDUE = "Outstanding", "Overdue"

payer = customers.alias("payer")
# To the letter as in the partial indexes.
_NOT_PAID = invoices.c.status != text("'paid'")


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to. `payer` and `patient` are customer ids; dates are days of the practice, both
    included. Every word of `text` must be found: in the names, emails, postcodes, Hero's references and ids of payer
    and patient, or at either end of the number.
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


def due_span(ctx: Context, age: str) -> tuple[int | None, int | None]:
    """From when (included) until when (not included) an invoice of this age was due, in Stripe's seconds: whole days of
    the practice past the due day; None where there is no bound.
    """
    newest, oldest = {
        OUTSTANDING: (None, None),
        OVERDUE: (0, None),
        AGES[0]: (None, 0),
        AGES[1]: (0, 30),
        AGES[2]: (30, 60),
        AGES[3]: (60, 90),
        AGES[4]: (90, None),
    }[age]
    lo, hi = (None if days is None else _days_back(ctx, days) for days in (oldest, newest))
    return lo, hi


def within(column: ColumnElement[int], span: tuple[int | None, int | None]) -> list[ColumnElement[bool]]:
    """The column lies in the span."""
    lo, hi = span
    return ([] if lo is None else [column >= lo]) + ([] if hi is None else [column < hi])


def created_span(ctx: Context, wanted: Filters) -> tuple[int | None, int | None]:
    """The filter's days as seconds, the end not included."""
    zone = ctx.settings.zone
    lo = start_of(wanted.created_from, zone) if wanted.created_from else None
    return lo, end_of(wanted.created_to, zone) if wanted.created_to else None


def columns(ctx: Context) -> dict[str, Any]:
    """Every column of the list by name; `lib.queries.invoices.table` says what they hold."""
    return _columns(today_of(ctx))


@lru_cache(maxsize=8)
def _columns(today: int) -> dict[str, Any]:
    days = (today - invoices.c.due_at + 86_399) // 86_400
    late = invoices.c.owed & (invoices.c.due_at < today)
    return {
        "id": invoices.c.id,
        "number": invoices.c.number,
        "status": invoices.c.status,
        "payer": invoices.c.customer,
        "payer_name": invoices.c.payer_name,
        "patient": invoices.c.treated,
        "patient_name": invoices.c.treated_name,
        "currency": invoices.c.currency,
        "net": invoices.c.net,
        "tax": invoices.c.tax,
        "total": invoices.c.total,
        "due": invoices.c.amount_due,
        "paid": invoices.c.amount_paid,
        "remaining": invoices.c.amount_remaining,
        "created": invoices.c.created,
        "due_at": func.nullif(invoices.c.due_at, NEVER),
        "stripe_due": invoices.c.due_date,
        "overdue_days": case((late, days), else_=0),
        "practitioner": invoices.c.practitioner_of,
        "location": invoices.c.location,
        "payer_deleted": func.coalesce(payer.c.deleted, False),
    }


def selected(ctx: Context, *more: Any) -> Select[Any]:
    """Every column, of invoices beside their payer."""
    every = _selected(today_of(ctx))
    return every.add_columns(*more) if more else every


@lru_cache(maxsize=8)
def _selected(today: int) -> Select[Any]:
    """Made once a day: to put it together takes as long as to ask it."""
    beside = invoices.outerjoin(payer, payer.c.id == invoices.c.customer)
    return select(*(column.label(name) for name, column in _columns(today).items())).select_from(beside)


def conditions(ctx: Context, wanted: Filters, found: Found | None = None) -> list[ColumnElement[bool]]:
    """What `wanted` asks of a row, of the invoices' own columns and without joining anything. `found` is its text,
    where that has been looked up already.
    """
    asked = [~invoices.c.deleted, *within(invoices.c.created, created_span(ctx, wanted))]
    equal = {
        invoices.c.treated: wanted.patient,
        invoices.c.practitioner_of: wanted.practitioner,
        invoices.c.location: wanted.location,
        invoices.c.currency: wanted.currency,
    }
    asked += [column == value for column, value in equal.items() if value]
    if wanted.payer:
        asked.append(
            invoices.c.payer_kind == "patient" if wanted.payer == PATIENTS else invoices.c.customer == wanted.payer
        )
    if wanted.statuses:
        asked.append(one_of(invoices.c.status, wanted.statuses))
    if one_unpaid(wanted):
        asked.append(_NOT_PAID)
    if wanted.age:
        # What is owed is open: said, so that other indexes know it too.
        known = (invoices.c.owed, invoices.c.status == "open")
        asked += [*known, *within(invoices.c.due_at, due_span(ctx, wanted.age))]
    if wanted.text.strip():
        asked.append((found or looked_up(ctx, wanted)).condition)
    return asked


def looked_up(ctx: Context, wanted: Filters) -> Found:
    """What the text leaves of what the other filters leave."""
    return look(ctx, wanted.text, "" if wanted.payer == PATIENTS else wanted.payer)


def one_unpaid(wanted: Filters) -> bool:
    """Whether all of them have one status, and it is not that of nearly all there are."""
    return bool(wanted.age) or (len(wanted.statuses) == 1 and wanted.statuses != ("paid",))


def one_of(column: ColumnElement[str], values: tuple[str, ...]) -> ColumnElement[bool]:
    """A list of one is no list: an index in order of time then gives its rows in order."""
    return or_(*(column == value for value in values)) if len(values) == 1 else column.in_(values)


def _days_back(ctx: Context, days: int) -> int:
    return start_of(ctx.today - timedelta(days=days), ctx.settings.zone)
