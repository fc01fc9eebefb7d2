"""What the sync remembers of itself: how far it came, when, and what went wrong last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from lib.context import Context
from lib.mirror import database
from lib.mirror.rows import upsert
from lib.mirror.tables import events, sync_state
from lib.sync import fence


@contextmanager
def writing(ctx: Context) -> Iterator[Connection]:
    """One transaction of the sync. Raises Superseded where another process has taken over: then nothing is written."""
    with database.writing(ctx.engine) as conn:
        fence.check(conn, ctx.fence)
        yield conn


def remember(conn: Connection, **values: object) -> None:
    """Keep values under their names; an empty text forgets one."""
    upsert(conn, sync_state, [{"key": key, "value": str(value)} for key, value in values.items()])


def recall(conn: Connection) -> dict[str, str]:
    """Everything remembered: copied_at, looked_at and fresh_at (when the last look began, and the last one that left
    nothing aside), cursor, newest (the last event, by Stripe's clock), looked_back, anchor, aside (see aside.py),
    copying and ledgers_owed (when the copy under way began), checked_at and checking (see check.py), wanted_at and
    present_at (see news.py), progress, problem, reads:2026-11 (what following asked in a month).
    """
    return {row.key: row.value for row in conn.execute(select(sync_state)) if row.value}


def event_row(event: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an event."""
    return {
        "id": event["id"],
        "created": event["created"],
        "type": event["type"],
        "object": event["data"]["object"].get("id") or "",
        "idempotency_key": (event.get("request") or {}).get("idempotency_key") or "",
    }


def note_events(conn: Connection, found: list[dict[str, Any]]) -> None:
    """Rows of events that have been dealt with, or that what follows already includes."""
    upsert(conn, events, found)


def count_reads(ctx: Context, so_far: int) -> None:
    """Add what this process has asked since `so_far` to the month's questions. What previews and changes ask between
    two looks is not counted.
    """
    name = f"reads:{datetime.fromtimestamp(ctx.now, UTC):%Y-%m}"
    with writing(ctx) as conn:
        known = conn.execute(select(sync_state.c.value).where(sync_state.c.key == name)).scalar()
        remember(conn, **{name: int(known or 0) + ctx.stripe.asked - so_far})
