"""Whether anybody has a page open, here or in another process of this practice: Stripe is asked more often then.

A page only takes the time. What other processes must know is written by the thread that would follow if it led, twice
a minute at most.
"""

from __future__ import annotations

import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from lib.context import Context
from lib.mirror.database import reading, writing
from lib.sync import state

_LASTS, _TELL_AGAIN = 120.0, 30.0
_seen, _told = [float("-inf")], [float("-inf")]
woken = threading.Event()  # somebody came, or the loop is to stop


def somebody_is_here() -> None:
    """Called by every page: keeps the loop on its short step, and wakes it when it was on the long one."""
    if _nobody_here():
        woken.set()
    _seen[0] = time.monotonic()


def alone(ctx: Context) -> bool:
    """Whether nobody has looked at a page for two minutes, in any process."""
    if not _nobody_here():
        return False
    try:
        with reading(ctx.engine) as conn:
            return not elsewhere(ctx, state.recall(conn))
    except SQLAlchemyError:
        return True  # the database is away: the next look says so


def elsewhere(ctx: Context, known: dict[str, str]) -> bool:
    """Whether another process has said that somebody is there."""
    return ctx.now - int(known.get("present_at", 0)) < _LASTS


def tell(ctx: Context) -> None:
    """For a process that does not lead: let the one that does know that somebody is here."""
    if _nobody_here() or time.monotonic() - _told[0] < _TELL_AGAIN:
        return
    with writing(ctx.engine) as conn:
        state.remember(conn, present_at=ctx.now)
    _told[0] = time.monotonic()


def _nobody_here() -> bool:
    return time.monotonic() - _seen[0] > _LASTS
