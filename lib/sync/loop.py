"""The background loop: one thread a process, one leader a database.

It looks every ten seconds while somebody has a page open and every five minutes otherwise, because Stripe budgets reads
(docs.stripe.com/rate-limits).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from lib.context import Context
from lib.errors import PayerdeskError
from lib.sync import leader, news, state
from lib.sync.fence import Superseded
from lib.sync.follow import catch_up

_log = logging.getLogger("payerdesk.sync")
_PRESENT, _ABSENT, _PRESENCE = 10.0, 300.0, 120.0
_seen = [0.0]
_wake = threading.Event()


def somebody_is_here() -> None:
    """Called by every page: keeps the loop on its short step, and wakes it when it was on the long one."""
    if _alone():
        _wake.set()
    _seen[0] = time.monotonic()


def start(ctx: Context, *, first: Callable[[Context], object] | None = None) -> Callable[[], None]:
    """Start following in the background; returns the function that stops it. `first` is done before each look."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(ctx, stop, first or _nothing), name="sync", daemon=True)
    thread.start()

    def halt() -> None:
        stop.set()
        _wake.set()
        thread.join(timeout=30)

    return halt


def _nothing(_ctx: Context) -> None:
    """Nothing to be done first."""


def _run(ctx: Context, stop: threading.Event, before: Callable[[Context], object]) -> None:
    while not stop.is_set():
        try:
            found = leader.wait_to_lead(ctx, stop)
        except Exception as trouble:  # noqa: BLE001 - the database may be away for a while
            _log.error("sync: %s", type(trouble).__name__)
            stop.wait(_PRESENT)
            continue
        if found:
            led, release = found
            _lead(led, stop, before)
            release()


def _lead(ctx: Context, stop: threading.Event, before: Callable[[Context], object]) -> None:
    """Until told to stop, or until somebody else has taken over."""
    untried = True
    while not stop.is_set():
        try:
            looked = _tick(ctx, before, untried)
        except Superseded:
            return
        untried = untried and not looked
        _pause(ctx, _ABSENT if _alone() and not untried else _PRESENT, listen=looked)


def _pause(ctx: Context, seconds: float, *, listen: bool) -> None:
    """Wait; a page that is opened, or (after a look that went well) a process that asks for news, ends the wait."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not _wake.wait(1.0):
        if listen and _wanted(ctx):
            break
    _wake.clear()


def _wanted(ctx: Context) -> bool:
    try:
        return news.wanted(ctx)
    except DBAPIError:
        return False  # the database is away: the next look says so


def _alone() -> bool:
    return time.monotonic() - _seen[0] > _PRESENCE


def _tick(ctx: Context, before: Callable[[Context], object], untried: bool) -> bool:
    """One look at Stripe; a failure is remembered for the screen and tried again."""
    try:
        before(ctx)
        catch_up(ctx, check_anchor=untried)
        return True
    except Superseded:
        raise
    except PayerdeskError as trouble:
        _log.warning("sync: %s (%s)", type(trouble).__name__, trouble.detail)
        _say(ctx, trouble.words)
    except Exception as trouble:  # noqa: BLE001 - the loop must outlive whatever one answer does to it
        # The type alone is logged: a message may hold a name.
        _log.error("sync: %s", type(trouble).__name__)
        _say(ctx, "The last look at Stripe failed for a reason of ours; see the log.")
    return False


def _say(ctx: Context, words: str) -> None:
    try:
        with state.writing(ctx) as conn:
            state.remember(conn, problem=words)
    except DBAPIError as away:
        _log.error("sync: %s", type(away).__name__)
