"""Following Stripe: an event only says which object to read again.

Events may come late, twice or out of order, several in one second; so a window of ten minutes is read again each time,
known events are passed over, and what is stored is always our own later reading. Stripe keeps events for thirty days:
after a longer silence, or when the last event we know is not known to Stripe, everything is copied anew.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from lib.context import Context
from lib.errors import NotFound
from lib.mirror.database import insert_once, reading, writing
from lib.mirror.tables import events
from lib.sync import state
from lib.sync.copy import copy_everything, copy_ledger, find_ghosts, refresh

_OVERLAP = 600
_TOO_LONG = 25 * 86_400

_KINDS = {"customer": "customer", "invoice": "invoice", "product": "product", "price": "price", "tax_rate": "tax_rate"}


def catch_up(ctx: Context, *, check_anchor: bool = False) -> dict[str, int]:
    """Bring the mirror up to date; returns counts by kind. Raises Unavailable or NotAllowed, keeping what came."""
    with reading(ctx.engine) as conn:
        known = state.recall(conn)
    if (
        "copied_at" not in known
        or ctx.now - int(known["cursor"]) > _TOO_LONG
        or (check_anchor and not _anchored(ctx, known))
    ):
        return copy_everything(ctx)
    return _follow(ctx, int(known["cursor"]))


def _anchored(ctx: Context, known: dict[str, str]) -> bool:
    """Whether Stripe still knows the event we came to last: if not, this is another account or too long ago."""
    if "anchor" not in known:
        return False
    try:
        ctx.stripe.get(f"/v1/events/{known['anchor']}")
    except NotFound:
        return False
    return True


def _follow(ctx: Context, cursor: int) -> dict[str, int]:
    started = ctx.clock()
    found = ctx.stripe.every("/v1/events", created={"gte": cursor - _OVERLAP})
    new = _unknown(ctx, found)
    targets = dict.fromkeys(target for event in reversed(new) for target in _touched(event))
    for kind, object_id in targets:
        refresh(ctx, kind, object_id)
        if kind == "customer":
            _ledger(ctx, object_id)
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


def _ledger(ctx: Context, customer: str) -> None:
    try:
        copy_ledger(ctx, customer)
    except NotFound:
        return  # deleted: what we know of its ledger stays


def _close(ctx: Context, new: list[dict[str, Any]], found: list[dict[str, Any]], started: int) -> None:
    """The cursor moves only after everything that its events named is stored."""
    with writing(ctx.engine) as conn:
        for event in new:
            insert_once(
                conn,
                events,
                {
                    "id": event["id"],
                    "created": event["created"],
                    "type": event["type"],
                    "object": event["data"]["object"].get("id") or "",
                    "idempotency_key": (event.get("request") or {}).get("idempotency_key") or "",
                },
            )
        state.remember(conn, cursor=started, fresh_at=started, progress="", problem="")
        if found:
            state.remember(conn, anchor=found[0]["id"])
