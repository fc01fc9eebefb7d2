"""Misdirected invoices: drafts and open invoices sent to a patient whose care an organisation pays for by default.

Hero keeps a default payer of its own, and its invoices go on to the patient until that is changed there too: so they
are looked for all the time, in the mirror.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.tables import customers, invoices
from lib.money import Money
from lib.queries._sql import whole

_patient = customers.alias("patient")
_payer = customers.alias("default_payer")


@dataclass(frozen=True)
class Misdirected:
    """How many there are, and what is left to pay on them, one sum a currency (of a draft: what it would ask for)."""

    count: int
    remaining: tuple[Money, ...]


def statement(ctx: Context) -> Select[Any]:
    """Oldest first: id, number, status, patient, patient_name, payer, payer_name (billed to), default_payer,
    default_name, currency, total, remaining, created. Amounts in minor units.
    """
    columns = {
        "id": invoices.c.id,
        "number": invoices.c.number,
        "status": invoices.c.status,
        "patient": invoices.c.treated,
        "patient_name": invoices.c.treated_name,
        "payer": invoices.c.customer,
        "payer_name": invoices.c.payer_name,
        "default_payer": _payer.c.id,
        "default_name": _payer.c.name,
        "currency": invoices.c.currency,
        "total": invoices.c.total,
        "remaining": invoices.c.amount_remaining,
        "created": invoices.c.created,
    }
    found = _narrowed(select(*(column.label(name) for name, column in columns.items())))
    return found.order_by(invoices.c.created, invoices.c.id)


def first(ctx: Context, most: int = 5) -> pd.DataFrame:
    """The oldest few; columns as in `statement`."""
    return whole(ctx, statement(ctx).limit(most))


def table(ctx: Context, most: int = 1000) -> pd.DataFrame:
    """As many as a screen can take; columns as in `statement`."""
    return whole(ctx, statement(ctx).limit(most))


def sums(ctx: Context) -> Misdirected:
    """How many, and what remains on them."""
    remaining = func.sum(invoices.c.amount_remaining)
    added = _narrowed(select(invoices.c.currency, func.count(), remaining)).group_by(invoices.c.currency)
    with reading(ctx.engine) as conn:
        rows = list(conn.execute(added.order_by(invoices.c.currency)))
    return Misdirected(sum(row[1] for row in rows), tuple(Money(int(row[2]), row[0]) for row in rows))


def _narrowed(start: Select[Any]) -> Select[Any]:
    """The patient was billed (or another patient), and an organisation that Stripe still has is on record as payer. The
    invoices that may be so are marked, and few.
    """
    marked = start.with_hint(invoices, "INDEXED BY invoices_astray", "sqlite")
    paid_for = invoices.join(_patient, _patient.c.id == invoices.c.treated).join(
        _payer, _payer.c.id == _patient.c.default_payer
    )
    return marked.select_from(paid_for).where(
        invoices.c.astray, ~invoices.c.deleted, _payer.c.kind == "organisation", ~_payer.c.deleted
    )
