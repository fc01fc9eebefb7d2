"""Once a day, by whoever follows Stripe: where the audit log ends is noted elsewhere, the books are compared, and the
records are looked through. On demand the books are compared at once, and after other settings what is stored is shaped
anew before anything else.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

from lib import audit_heads, doctor
from lib.context import Context
from lib.errors import Unavailable
from lib.mirror.database import reading, writing
from lib.people import need
from lib.sync import adopt, reconcile, reshape, state

_UNNOTED = "The audit log's end could not be noted in {path}."


def ask(ctx: Context) -> None:
    """Have the books compared as soon as whoever follows Stripe looks next. Raises NotAllowed."""
    need(ctx, "settings")
    with writing(ctx.engine) as conn:
        state.remember(conn, books_wanted=ctx.now)


def run(ctx: Context, stop: threading.Event) -> None:
    """What is due of it. Raises as catch_up does."""
    if reshape.due(ctx):
        reshape.run(ctx, stop)
    adopt.settle(ctx)
    with reading(ctx.engine) as conn:
        known = state.recall(conn)
    if not reconcile.whole(known):
        return
    if "books_wanted" in known:
        reconcile.run(ctx, stop)
        _look_through(ctx)
    elif float(known.get("checked_at", 0)) > float(known.get("books_round", 0)):
        # A round through the lists has ended since: the books are compared with what it brought.
        reconcile.books(ctx, healed=int(known.get("healed", 0)))
        with state.writing(ctx) as conn:
            state.remember(conn, books_round=known["checked_at"])
        _look_through(ctx)
    _note_the_end(ctx, known)


def _note_the_end(ctx: Context, known: dict[str, str]) -> None:
    today = f"{datetime.fromtimestamp(ctx.now, UTC):%Y-%m-%d}"
    if known.get("heads_noted") == today:
        return
    failed = audit_heads.note(ctx.engine, ctx.now)
    with state.writing(ctx) as conn:
        state.remember(conn, heads_noted=today)
    if failed:
        raise Unavailable(_UNNOTED.format(path=failed[0]))


def _look_through(ctx: Context) -> None:
    """Kept for the screen: every entry of the log is read, and the file is checked, which takes its time."""
    found = [finding.told() for finding in doctor.examine(ctx)]
    with state.writing(ctx) as conn:
        state.remember(conn, doctor=json.dumps({"at": ctx.now, "findings": found}))
