"""Following Stripe: an event only says which object to read again.

Events may come late, twice or out of order, several in one second; so a window of ten minutes is read again each time,
known events are passed over, and what is stored is always our own later reading. Stripe keeps events for thirty days:
after a longer silence, or when the last event we know is not known to Stripe, everything is copied anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from lib.context import Context
from lib.errors import NotFound, Refused
from lib.mirror import store
from lib.mirror.database import in_bulk, reading
from lib.mirror.tables import events
from lib.stripe_api import reading as stripe_reading
from lib.sync import ledgers, state
from lib.sync.backfill import copy_everything, copy_ledger, find_ghosts, quiet, refresh
from lib.sync.progress import Say
from lib.sync.reader import Reader, Tally

_OVERLAP = 600
_TOO_LONG = 25 * 86_400

_KINDS = {"customer": "customer", "invoice": "invoice", "product": "product", "price": "price", "tax_rate": "tax_rate"}


def catch_up(
    ctx: Context, *, check_anchor: bool = False, say: Say = quiet, tally: Tally | None = None
) -> dict[str, int]:
    """Bring the mirror up to date; returns counts by kind. Raises Unavailable or NotAllowed, keeping what came."""
    reader = Reader(ctx.stripe, ctx.clock, ctx.sleep, tally)
    asked = ctx.stripe.asked
    try:
        with in_bulk(ctx.engine) as engine:
            return _brought(replace(ctx, engine=engine), reader, check_anchor=check_anchor, say=say)
    finally:
        state.count_reads(ctx, asked)


def _brought(ctx: Context, reader: Reader, *, check_anchor: bool, say: Say) -> dict[str, int]:
    with reading(ctx.engine) as conn:
        known = state.recall(conn)
    if _too_old(ctx, known) or (check_anchor and not _anchored(ctx, known)):
        counts = copy_everything(ctx, reader, say)
        follow(ctx)
    else:
        counts = follow(ctx)
    while copied := ledgers.copy_some(ctx, reader, say):
        counts["ledgers"] = counts.get("ledgers", 0) + copied
        follow(ctx)
    return counts


def _too_old(ctx: Context, known: dict[str, str]) -> bool:
    if "copied_at" not in known or "copying" in known:
        return True
    return ctx.now - int(known["cursor"]) > _TOO_LONG


def _anchored(ctx: Context, known: dict[str, str]) -> bool:
    """Whether Stripe still knows the event we came to last: if not, this is another account or too long ago."""
    if "anchor" not in known:
        return False
    try:
        ctx.stripe.get(f"/v1/events/{known['anchor']}")
    except NotFound:
        return False
    return True


def follow(ctx: Context) -> dict[str, int]:
    """Read again what Stripe's events name since the last look."""
    started = ctx.clock()
    with reading(ctx.engine) as conn:
        cursor = int(state.recall(conn)["cursor"])
    found = ctx.stripe.every("/v1/events", created={"gte": cursor - _OVERLAP})
    new = _unknown(ctx, found)
    targets = dict.fromkeys(target for event in reversed(new) for target in _touched(event))
    for kind, object_id in targets:
        refresh(ctx, kind, object_id)
        if kind == "customer":
            _account(ctx, object_id)
    if any(event["type"] == "customer.deleted" for event in new):
        find_ghosts(ctx)
    _close(ctx, new, found, int(started))
    return {"events": len(new), "objects": len(targets)}


def _unknown(ctx: Context, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with reading(ctx.engine) as conn:
        known = set(
            conn.execute(select(events.c.id).where(events.c.id.in_([event["id"] for event in found]))).scalars()
        )
    return [event for event in found if event["id"] not in known]


def _touched(event: dict[str, Any]) -> list[tuple[str, str]]:
    """What an event asks us to read again: the object, and the customer whose balance may have moved with it."""
    about, noun = event["data"]["object"], event["type"].split(".")[0]
    owner = about.get("customer") if isinstance(about.get("customer"), str) else None
    # What is only announced (invoice.upcoming) has no id.
    itself = noun in _KINDS and about.get("object") == noun and about.get("id")
    touched = [(_KINDS[noun], about["id"])] if itself else []
    if about.get("object") in ("invoiceitem", "credit_note") and about.get("invoice"):
        touched.append(("invoice", about["invoice"]))
    return touched + ([("customer", owner)] if owner else [])


def _account(ctx: Context, customer: str) -> None:
    """What hangs on a customer's balance and has no event of its own: the ledger, and what drafts will ask for."""
    try:
        copy_ledger(ctx, customer)
        read_at, drafts = ctx.clock(), stripe_reading.drafts(ctx.stripe, customer)
    except (NotFound, Refused):
        return  # deleted: what we know of it stays
    with state.writing(ctx) as conn:
        store.put(conn, drafts, read_at, ctx.settings)


def _close(ctx: Context, new: list[dict[str, Any]], found: list[dict[str, Any]], started: int) -> None:
    """The cursor moves only after everything that its events named is stored."""
    with state.writing(ctx) as conn:
        state.note_events(conn, new)
        state.remember(conn, cursor=started, fresh_at=started, progress="", problem="")
        if found:
            state.remember(conn, anchor=found[0]["id"])
