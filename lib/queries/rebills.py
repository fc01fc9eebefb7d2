"""Re-billing that is under way: two invoices for one care, the new one of which says what it stands for
(`pd_rebilled_from`), whoever made it (scenario 25).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, case, select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import intents
from lib.mirror.tables import invoices, objects
from lib.money import Money
from lib.queries._sql import along, whole

LINK = "pd_rebilled_from"
# The old one is still there to be deleted or voided.
_LIVING = ("draft", "open")
_LIKE = f'%"{LINK}"%'


@dataclass(frozen=True)
class Pair:
    """An old invoice, and the new one made for it, which stands; ids, states, numbers, and the new one's payer."""

    old: str
    old_status: str
    old_number: str
    old_total: Money
    new: str
    new_status: str
    new_number: str
    new_total: Money
    payer: str
    payer_name: str


def pair_of(ctx: Context, invoice: str) -> Pair | None:
    """The unfinished pair that this invoice is one side of, if it is one."""
    with reading(ctx.engine) as conn:
        row = conn.execute(_rows().where(invoices.c.id == invoice)).first()
        if row is None:
            return None
        if old := link_of(row.body or ""):
            return _pair(conn.execute(_rows().where(invoices.c.id == old)).first(), row)
        if row.status not in _LIVING:
            return None
        return next((_both(row, new) for new in _made(conn, row)), None)


def made_for(ctx: Context, invoice: str) -> Pair | None:
    """This invoice and what was made in its place and stands, whatever became of this one since."""
    with reading(ctx.engine) as conn:
        row = conn.execute(_rows().where(invoices.c.id == invoice)).first()
        return next((_both(row, new) for new in _made(conn, row)), None) if row else None


def unfinished(ctx: Context) -> list[Pair]:
    """Pairs whose new side is still a draft: what was cut off before anybody was asked for money. Newest first."""
    drafts = _rows().where(invoices.c.status == "draft", objects.c.body.like(_LIKE)).order_by(invoices.c.created.desc())
    with reading(ctx.engine) as conn:
        new = list(conn.execute(drafts.limit(500)))
        links = {row.id: link_of(row.body) for row in new}
        old = {row.id: row for row in conn.execute(_rows().where(invoices.c.id.in_(set(links.values()))))}
    found = (_pair(old.get(links[row.id]), row) for row in new)
    return [pair for pair in found if pair]


def work(ctx: Context, patients: list[str], payer: str, most: int = 50) -> pd.DataFrame:
    """What is billed for these patients to anybody but `payer` (empty: each patient pays): drafts, open invoices, and
    what was paid within 90 days. id, number, status, payer, payer_name, patient, patient_name, currency, total,
    remaining, created; oldest first, drafts before the rest, `most` rows.
    """
    billed: Any = payer if payer else invoices.c.treated
    late = (invoices.c.status == "paid") & (invoices.c.created >= ctx.now - 90 * 86_400)
    columns = [
        *(invoices.c[name] for name in ("id", "number", "status", "payer_name", "currency", "total", "created")),
        invoices.c.customer.label("payer"),
        invoices.c.treated.label("patient"),
        invoices.c.treated_name.label("patient_name"),
        invoices.c.amount_remaining.label("remaining"),
    ]
    found = select(*columns).where(invoices.c.treated.in_(patients), ~invoices.c.deleted, invoices.c.customer != billed)
    kept = found.where(invoices.c.status.in_(_LIVING) | late)
    rank = case((invoices.c.status == "draft", 0), (invoices.c.status == "open", 1), else_=2)
    with reading(ctx.engine) as conn:
        kept = along(conn, kept, "invoices_by_treated")
    return whole(ctx, kept.order_by(rank, invoices.c.created, invoices.c.id).limit(most))


def link_of(body: str) -> str:
    """The invoice that an invoice was made for, from what Stripe said of it."""
    return (json.loads(body).get("metadata") or {}).get(LINK, "") if LINK in body else ""


def _rows() -> Select[Any]:
    names = ("id", "status", "number", "customer", "payer_name", "treated", "currency", "total", "created")
    columns = [invoices.c[name] for name in names]
    beside = invoices.join(objects, objects.c.id == invoices.c.id)
    return select(*columns, objects.c.body).select_from(beside).where(~invoices.c.deleted)


def _made(conn: Connection, row: Any) -> Sequence[Any]:
    """What was made in place of an invoice and stands, by what it says itself or by what was done here."""
    found = [each for each in conn.execute(_candidates(row)) if link_of(each.body) == row.id]
    mine = select(intents.c.result).where(intents.c.target == row.id, intents.c.kind == "invoice.rebill")
    known = [one for one in conn.execute(mine).scalars() if one and one != row.id]
    return found or conn.execute(_rows().where(invoices.c.id.in_(known), invoices.c.status != "void")).all()


def _candidates(row: Any) -> Select[Any]:
    """Later invoices for the same patient; where that is nobody in particular, drafts and open ones."""
    later = _rows().where(invoices.c.created >= row.created, invoices.c.status != "void", objects.c.body.like(_LIKE))
    if row.treated:
        return later.where(invoices.c.treated == row.treated)
    return later.where(invoices.c.treated == "", invoices.c.status.in_(_LIVING), invoices.c.currency == row.currency)


def _pair(old: Any, new: Any) -> Pair | None:
    if old is None or old.status not in _LIVING or new.status == "void":
        return None
    return _both(old, new)


def _both(old: Any, new: Any) -> Pair:
    return Pair(
        old.id,
        old.status,
        old.number,
        Money(old.total, old.currency),
        new.id,
        new.status,
        new.number,
        Money(new.total, new.currency),
        new.customer,
        new.payer_name,
    )
