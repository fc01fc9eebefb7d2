"""A payer's statement: what is open now, or what was billed in a period, from the mirror.

Voided, deleted and written-off invoices and drafts do not stand on it. What is due follows the payer's terms
(docs/decisions/0005), by the same day as the lists, the overview and the reminders.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, or_, select

from lib.context import Context
from lib.dates import end_of, start_of
from lib.documents.statement import AGES, Line, Section, Statement
from lib.mirror.database import snapshot
from lib.mirror.tables import NEVER, customers, invoices
from lib.queries import customers as accounts
from lib.queries import freshness
from lib.queries._invoice_rows import columns, due_span, within
from lib.queries._sql import today_of
from lib.text import shown

# In an organisation's metadata: what its papers say instead of a patient's name and care (scenario B6).
NEUTRAL = "pd_neutral_text"


def get(
    ctx: Context,
    payer: str,
    *,
    first: date | None = None,
    last: date | None = None,
    by_stripe: bool = False,
) -> Statement:
    """What a payer owes now, or with `first` and `last` (days of the practice, both included) what was billed then.

    `by_stripe` counts from Stripe's due date instead of the payer's terms (scenario 29): to look at, never to chase.
    A section for each currency with anything in it, the payer's own first; all of it as of one moment. Raises NotFound
    for an unknown payer.
    """
    due = func.coalesce(invoices.c.due_day, NEVER) if by_stripe else invoices.c.due_at
    with snapshot(ctx.engine) as conn:
        account, fresh = accounts.found(ctx, conn, payer), freshness.found(ctx, conn)
        found = conn.execute(_lines(ctx, payer, first, last, due)).all()
        ages = {row.currency: tuple(map(int, row[1:])) for row in conn.execute(_ages(ctx, payer, due))}
    neutral = shown((account.object.get("metadata") or {}).get(NEUTRAL, ""), 200)
    held = {money.currency: money.minor for money in account.balances}
    used = dict.fromkeys([account.currency, *sorted({*ages, *held, *(row.currency for row in found)})])
    sections = (
        Section(code, _told(found, code, neutral), ages.get(code, (0,) * 5), held.get(code, 0))  # type: ignore[arg-type]
        for code in used
    )
    return Statement(
        payer=payer,
        name=account.name,
        kind=account.kind,
        email=account.email,
        address=_address(account.object),
        practice=ctx.settings.practice,
        as_of=fresh.as_of or ctx.now,
        terms_days=account.terms_days,
        zone=ctx.settings.zone,
        sections=tuple(each for each in sections if each.lines or any(each.ages) or each.balance),
        first=first,
        last=last,
    )


def _lines(ctx: Context, payer: str, first: date | None, last: date | None, due: Any) -> Select[Any]:
    known, today = columns(ctx), today_of(ctx)
    names = ("id", "number", "currency", "total", "due", "remaining", "patient_name")
    late = case((invoices.c.owed & (due < today), (today - due + 86_399) // 86_400), else_=0)
    patient = customers.alias("patient")
    more = (
        func.nullif(due, NEVER).label("due_at"),
        late.label("overdue_days"),
        invoices.c.issued_day,
        invoices.c.hosted_url,
        func.coalesce(invoices.c.ending_balance - invoices.c.starting_balance, 0).label("used"),
        func.coalesce(patient.c.reference, "").label("reference"),
    )
    beside = invoices.outerjoin(patient, patient.c.id == invoices.c.treated)
    asked = [invoices.c.customer == payer, ~invoices.c.deleted]
    if first is None or last is None:
        asked.append(invoices.c.owed)
    else:
        zone = ctx.settings.zone
        asked += [or_(invoices.c.status == "open", invoices.c.status == "paid")]
        asked += within(invoices.c.issued_day, (start_of(first, zone), end_of(last, zone)))
    wanted = select(*(known[name].label(name) for name in names), *more).select_from(beside).where(*asked)
    return wanted.order_by(invoices.c.issued_day, invoices.c.created, invoices.c.id)


def _ages(ctx: Context, payer: str, due: Any) -> Select[Any]:
    left = invoices.c.amount_remaining
    parts = (func.sum(case((_all(within(due, due_span(ctx, age))), left), else_=0)) for age in AGES)
    return (
        select(invoices.c.currency, *parts)
        .where(invoices.c.customer == payer, invoices.c.owed)
        .group_by(invoices.c.currency)
    )


def _all(conditions: Iterable[Any]) -> Any:
    first, *rest = conditions
    for each in rest:
        first = first & each
    return first


def _told(found: Iterable[Any], currency: str, neutral: str) -> tuple[Line, ...]:
    return tuple(_line(row, neutral) for row in found if row.currency == currency)


def _line(row: Any, neutral: str) -> Line:
    """What credit notes took off is what is missing between the total, the balance on account and what was due."""
    reference = f" – ref {row.reference}" if row.reference else ""
    return Line(
        id=row.id,
        number=row.number,
        issued=row.issued_day,
        about=f"{neutral}{reference}" if neutral else row.patient_name or "",
        total=row.total,
        used=row.used,
        credited=row.total - row.used - row.due,
        paid=row.due - row.remaining,
        remaining=row.remaining,
        due_at=row.due_at,
        overdue_days=row.overdue_days,
        url=row.hosted_url,
    )


def _address(customer: dict[str, Any]) -> tuple[str, ...]:
    known = customer.get("address") or {}
    return tuple(known[part] for part in ("line1", "line2", "city", "postal_code") if known.get(part))
