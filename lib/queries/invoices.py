"""Invoices: the list, one of them, its lines and its history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, CursorResult, Select, func, select

from lib.context import Context
from lib.errors import NotFound
from lib.mirror import store
from lib.mirror.database import reading
from lib.mirror.ours import intents
from lib.mirror.rows import those
from lib.mirror.tables import invoice_sums, invoices, tax_rates
from lib.money import Money
from lib.queries import _invoice_rows, _roads, _sums
from lib.queries._invoice_rows import AGES, PATIENTS, Filters
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, Tell, page
from lib.queries._sql import along
from lib.queries._sums import Sums

__all__ = ["AGES", "PATIENTS", "SORTS", "STATUSES", "Filters", "Invoice", "Sums"]

STATUSES = ("draft", "open", "paid", "void", "uncollectible")
SORTS = {
    "Created": "created",
    "Due date": "due_at",
    "Total": "total",
    "Remaining": "remaining",
    "Number": "number",
    "Payer": "payer_name",
}
# By what each is sorted: never NULL, and in an index.
_ORDERS = {
    "created": invoices.c.created,
    "due_at": invoices.c.due_at,
    "total": invoices.c.total,
    "remaining": invoices.c.amount_remaining,
    "number": invoices.c.number_key,
    "payer_name": invoices.c.payer_order,
}


@dataclass(frozen=True)
class Invoice:
    """One invoice, as the mirror has it. The balances are the payer's before and after finalising, signed as Stripe
    signs them (negative is credit); `ending_balance` is None for a draft. `payer_terms` are days, None where the payer
    has none of its own.
    """

    id: str
    number: str
    status: str
    payer: str
    payer_name: str
    payer_now: str
    payer_deleted: bool
    payer_terms: int | None
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
    ctx: Context,
    filters: Filters,
    *,
    sort: str = "Created",
    descending: bool = True,
    place: Place = FIRST,
    size: int = SIZE,
    counted: Sums | None = None,
    tell: Tell | None = None,
) -> Page:
    """Invoices: id, number, status, payer, payer_name, patient, patient_name, currency, net, tax, total, due, paid,
    remaining, created, due_at, stripe_due, overdue_days, practitioner, location, payer_deleted.

    Amounts in minor units, times in Stripe's seconds. `due` is what was asked for (after the balance on account),
    `due_at` the day it is due by the payer's terms (None without one), `overdue_days` 0 unless overdue. `counted` is
    what `sums` said of the same filters, which need not be asked again; `tell` makes the DataFrame where it is to say
    more than these.
    """
    counted = counted or sums(ctx, filters)
    ids = _narrowed(ctx, select(invoices.c.id), filters, sort, descending=descending, counted=counted)

    def fill(conn: Connection, found: list[tuple[Any, ...]]) -> CursorResult[Any]:
        return those(conn, _invoice_rows.selected(ctx), invoices.c.id, [one for (one,) in found])

    order = _order(sort, descending=descending)
    if ctx.engine.dialect.name == "postgresql" and counted.total is not None and counted.total <= size:
        order = order.off_index()  # or it may walk through everything: how few there are it only guesses
    return page(ctx, ids, order, place, counted.total, size=size, fill=fill, tell=tell)


def statement(ctx: Context, filters: Filters, *, sort: str = "Created", descending: bool = True) -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    every = _narrowed(ctx, _invoice_rows.selected(ctx), filters, sort, descending=descending)
    return every.order_by(*_order(sort, descending=descending).by())


def sums(ctx: Context, filters: Filters, *, whole: bool = False) -> Sums:
    """What the filtered list adds up to, per currency; not known where that would take long, unless `whole`.

    `total` and `remaining` add up the columns as they are shown, drafts and voids too; `outstanding` is what is left to
    pay on open invoices.
    """
    return _sums.sums(ctx, filters, whole=whole)


def _order(sort: str, *, descending: bool) -> Order:
    return Order((_ORDERS[SORTS[sort]], invoices.c.id), descending)


def _narrowed(
    ctx: Context, start: Select[Any], wanted: Filters, sort: str, *, descending: bool, counted: Sums | None = None
) -> Select[Any]:
    found, by = counted.found if counted else None, SORTS[sort]
    found = _invoice_rows.looked_up(ctx, wanted) if wanted.text.strip() and found is None else found
    asked = _invoice_rows.conditions(ctx, wanted, found)
    if counted and counted.nothing_left:  # said, so that an index begins there
        asked.append(invoices.c.amount_remaining == 0)
    with reading(ctx.engine) as conn:
        if by == "due_at" and not descending:
            asked += _roads.due_after(conn, _invoice_rows.created_span(ctx, wanted)[0])
        total = counted.total if counted else None
        index = _roads.index_for(ctx, conn, wanted, found, by, total, descending=descending)
        return along(conn, start.where(*asked), index)


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
            _invoice_rows.payer.c.terms_days.label("payer_terms"),
        )
        wanted = _invoice_rows.selected(ctx, *extra).where(invoices.c.id == invoice, ~invoices.c.deleted)
        row = conn.execute(wanted).first()
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
    """What a wish left that was refused half-way: the invoice that it began with, draft or finalised, or else its
    target; empty where it was not refused.
    """
    with reading(ctx.engine) as conn:
        wish = select(intents.c.result).where(intents.c.form == form, intents.c.state.in_(("refused", "changed")))
        return conn.execute(wish).scalar() or ""


def not_sent(ctx: Context, ids: Sequence[str]) -> set[str]:
    """Of these, those with which everything was done that was asked for, except that they could not be sent."""
    stopped = intents.c.target.in_(ids) & intents.c.state.in_(("refused", "changed"))
    with reading(ctx.engine) as conn:
        wishes = conn.execute(select(intents.c.target, intents.c.body, intents.c.progress).where(stopped))
        return {row.target for row in wishes if _undone(row) == ["send"]}


def _undone(wish: Any) -> list[str]:
    made = json.loads(wish.progress)
    names = (step["name"] for step in json.loads(wish.body)["steps"])
    return [name for name in names if not made.get(name, {}).get("id")]


def practitioners(ctx: Context) -> list[str]:
    """Every practitioner of an invoice."""
    return _distinct(ctx, invoice_sums.c.practitioner_of)


def locations(ctx: Context) -> list[str]:
    """Every location that an invoice names."""
    return _distinct(ctx, invoice_sums.c.location)


def currencies(ctx: Context) -> list[str]:
    """Every currency that an invoice is in."""
    return _distinct(ctx, invoice_sums.c.currency)


def _distinct(ctx: Context, column: Any) -> list[str]:
    """From each to the next one by its index: there are few, and very many cells that name them."""
    first = select(func.min(column).label("one")).where(column != "").cte("known", recursive=True)
    after = select(func.min(column)).where(column > first.c.one).correlate(first).scalar_subquery()
    known = first.union_all(select(after).where(first.c.one.is_not(None)))
    with reading(ctx.engine) as conn:
        return list(conn.execute(select(known.c.one).where(known.c.one.is_not(None)).order_by(known.c.one)).scalars())


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
        payer_terms=row.payer_terms,
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
