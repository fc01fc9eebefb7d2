"""All drafts in one list, the old ones marked: what is forgotten there is work that nobody is asked to pay for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, select

from lib.context import Context
from lib.dates import end_of
from lib.errors import NotFound
from lib.mirror import store
from lib.mirror.database import reading
from lib.mirror.tables import customers, invoices, objects
from lib.queries import _invoice_rows
from lib.queries import invoices as lists
from lib.queries._invoice_rows import Filters
from lib.queries._paging import FIRST, SIZE, Page, Place
from lib.queries._sql import listed
from lib.queries.rebills import LINK

# A draft that was saved more than so many days ago is marked.
OLD_AFTER = 14
Body = dict[str, Any] | None


def table(
    ctx: Context,
    *,
    search: str = "",
    payer: str = "",
    oldest_first: bool = True,
    place: Place = FIRST,
    size: int = SIZE,
) -> Page:
    """Drafts: the columns of `lib.queries.invoices.table`, and days_old, old (over 14 days), subscription (a membership
    made it), rebilled_from (the invoice that it was made for, or empty), empty (there is no line on it), sends
    (it asks for payment by invoice, not by card).
    """
    wanted = Filters(statuses=("draft",), payer=payer, text=search)
    order = {"sort": "Created", "descending": not oldest_first}
    return lists.table(ctx, wanted, **order, place=place, size=size, tell=partial(_told, ctx))


def _told(ctx: Context, rows: Sequence[Any]) -> pd.DataFrame:
    told = bodies(ctx, [row.id for row in rows])
    names = (*_invoice_rows.columns(ctx), "days_old", "old", *_FACTS)
    return listed([(*row, *_age(ctx, row.created), *_facts(told.get(row.id))) for row in rows], names)


def _age(ctx: Context, created: int) -> tuple[int, bool]:
    days = (end_of(ctx.today, ctx.settings.zone) - 1 - created) // 86_400
    return days, days > OLD_AFTER


def _facts(body: Body) -> list[Any]:
    return [say(body) for say in _FACTS.values()]


def statement(ctx: Context, *, search: str = "", payer: str = "") -> Select[Any]:
    """The rows of `table`, oldest first: the columns of `lib.queries.invoices.table`, and days_old, old."""
    days: ColumnElement[int] = (end_of(ctx.today, ctx.settings.zone) - 1 - invoices.c.created) // 86_400
    found = _invoice_rows.selected(ctx, days.label("days_old"), (days > OLD_AFTER).label("old"))
    wanted = Filters(statuses=("draft",), payer=payer, text=search)
    kept = found.where(*_invoice_rows.conditions(ctx, wanted))
    return kept.order_by(invoices.c.created, invoices.c.id)


def body(ctx: Context, invoice: str) -> dict[str, Any]:
    """An invoice as Stripe told it, with every line, from the mirror. Raises NotFound."""
    with reading(ctx.engine) as conn:
        found = store.body(conn, invoice)
    if found is None:
        raise NotFound("This invoice is not here. It may have been deleted in Stripe, or it has not arrived yet.")
    return found


def bodies(ctx: Context, ids: list[str]) -> dict[str, dict[str, Any]]:
    """The same for several, by id; those that are not here are left out."""
    return {one: json.loads(text) for one, text in _bodies(ctx, ids).items()}


def references(ctx: Context, patients: list[str]) -> dict[str, str]:
    """Hero's reference of each of these customers, where there is one."""
    wanted = select(customers.c.id, customers.c.reference).where(customers.c.id.in_(set(patients)))
    with reading(ctx.engine) as conn:
        return {row.id: row.reference for row in conn.execute(wanted) if row.reference}


def _bodies(ctx: Context, ids: list[str]) -> dict[str, str]:
    with reading(ctx.engine) as conn:
        found = conn.execute(select(objects.c.id, objects.c.body).where(objects.c.id.in_(ids)))
        return {row.id: row.body for row in found}


def _of_subscription(body: Body) -> bool:
    return bool(body) and (body.get("parent") or {}).get("type") == "subscription_details"


def _rebilled_from(body: Body) -> str:
    return ((body or {}).get("metadata") or {}).get(LINK, "")


def _is_empty(body: Body) -> bool:
    return bool(body) and not body["lines"]["data"]


def _sends(body: Body) -> bool:
    return not body or body.get("collection_method") == "send_invoice"


_FACTS = {"subscription": _of_subscription, "rebilled_from": _rebilled_from, "empty": _is_empty, "sends": _sends}
