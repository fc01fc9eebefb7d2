"""A page of a list against what we hold: what differs is stored, what is missing is asked for by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select

from lib.context import Context
from lib.mirror import shapes, store
from lib.mirror.database import reading
from lib.mirror.tables import customers, invoices
from lib.stripe_api import typed
from lib.sync import account, backfill, state
from lib.sync.again import Again
from lib.sync.copying import complete
from lib.sync.named import Target
from lib.sync.reader import Page, Reader

_TABLES = {"customer": customers, "invoice": invoices}
# What lists and sums are made of: also a column may have been changed under the object it was made from.
_FIGURES = {
    "customer": ("name", "currency", "balance", "default_payer", "intent"),
    "invoice": (
        "status", "customer", "currency", "total", "amount_due", "amount_paid", "amount_remaining", "created", "intent",
        "owed", "month", "due_date",
    ),
}  # fmt: skip
_NEW_EACH_TIME = ("hosted_invoice_url", "invoice_pdf")  # Stripe may write these anew for each reader


def heal(ctx: Context, reader: Reader, page: Page, span: tuple[int, int], seen: set[str]) -> int:
    """Store what differs on a page, and read again what is missing from it and what that asks for; how much was wrong.

    The page has everything created after the first and up to the second moment of `span`, except what was `seen`.
    """
    wrong, unlisted = _different(ctx, page), _unlisted(ctx, page, span, seen)
    if page.kind == "invoice":
        complete(reader, wrong)
    with state.writing(ctx) as conn:
        before = account.statuses(conn, wrong.found) if page.kind == "invoice" else {}
        store.put_all(conn, wrong.shaped(ctx.settings))
        if page.kind == "invoice":
            more = account.moved_by(wrong.found, before)
        else:
            more = account.behind(conn, [obj["id"] for obj in page.found])
    again = Again(ctx, reader)
    again.settle(unlisted + more)
    again.check()
    if unlisted and page.kind == "customer":
        backfill.find_ghosts(ctx)
    return len(wrong.found) + len(unlisted) + len(more)


def _unlisted(ctx: Context, page: Page, span: tuple[int, int], seen: set[str]) -> list[Target]:
    """What we hold of the span and Stripe does not list: deleted, or only just made."""
    table = _TABLES[page.kind]
    column, before = table.c, or_(table.c.read_at < page.read_at, store.ahead(table, page.read_at))
    within = (column.created > span[0], column.created <= span[1], ~column.deleted, before)
    with reading(ctx.engine) as conn:
        held = conn.execute(select(column.id).where(*within)).scalars().all()
    listed = {obj["id"] for obj in page.found} | seen
    return [(page.kind, ident) for ident in held if ident not in listed]


def _different(ctx: Context, page: Page) -> Page:
    """The objects of a page that are not what we hold."""
    table, ids = _TABLES[page.kind], [obj["id"] for obj in page.found]
    figures = [table.c[name] for name in _FIGURES[page.kind]]
    with reading(ctx.engine) as conn:
        wanted = select(table.c.id, *figures).where(table.c.id.in_(ids), ~table.c.deleted)
        living = {row.id: tuple(row[1:]) for row in conn.execute(wanted)}
        wrong = [
            place
            for place, ident in enumerate(ids)
            if living.get(ident) != _figures(ctx, page, place)
            or not _same(typed.whole(page.texts[place]), store.body(conn, ident) or {})
        ]
    return replace(page, texts=[page.texts[n] for n in wrong], found=[page.found[n] for n in wrong])


def _figures(ctx: Context, page: Page, place: int) -> tuple[Any, ...]:
    """The columns as they would be written from what the list says."""
    obj = page.found[place]
    row = shapes.customer(obj, ctx.settings.hero_labels) if page.kind == "customer" else None
    row = row or shapes.invoice(obj, ctx.settings)[0]
    return tuple(row[name] for name in _FIGURES[page.kind])


def _same(listed: dict[str, Any], held: dict[str, Any]) -> bool:
    """A list shows the first lines only: the others can change on a draft alone, so a long draft never is the same."""
    lines = listed.get("lines") or {}
    if lines.get("has_more") and listed.get("status") != "draft" and held.get("lines"):
        shown = held["lines"]["data"][: len(lines["data"])]
        held = {**held, "lines": {**held["lines"], "data": shown, "has_more": True}}
    return _lasting(listed) == _lasting(held)


def _lasting(obj: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in obj.items() if name not in _NEW_EACH_TIME}
