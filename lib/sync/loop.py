"""The background loop: one thread a process, one leader a database.

It looks every ten seconds while somebody has a page open and every five minutes otherwise, because Stripe budgets reads
(docs.stripe.com/rate-limits); and at once when somebody comes, when another process asks, or when Stripe calls. What is
done before each look (changes that were cut off are finished) is done every half minute whoever is there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from lib.context import Context
from lib.errors import PayerdeskError
from lib.mirror.database import reading
from lib.sync import check, leader, news, nightly, presence, state
from lib.sync.fence import Superseded
from lib.sync.follow import catch_up

_log = logging.getLogger("payerdesk.sync")
_PRESENT, _ABSENT, _CUT_OFF = 10.0, 300.0, 30.0


def start(ctx: Context, *, first: Callable[[Context], object] | None = None) -> Callable[[], None]:
    """Start following in the background; returns the function that stops it. `first` is done before each look."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(ctx, stop, first or _nothing), name="sync", daemon=True)
    thread.start()

    def halt() -> None:
        stop.set()
        presence.woken.set()
        thread.join(timeout=30)

    return halt


def _nothing(_ctx: Context) -> None:
    """Nothing to be done first."""


def _run(ctx: Context, stop: threading.Event, before: Callable[[Context], object]) -> None:
    while not stop.is_set():
        try:
            _wait_and_lead(ctx, stop, before)
        except Exception as trouble:  # noqa: BLE001 - the database may be away for a while
            _log.error("sync: %s", type(trouble).__name__)
            stop.wait(_PRESENT)


def _wait_and_lead(ctx: Context, stop: threading.Event, before: Callable[[Context], object]) -> None:
    if found := leader.wait_to_lead(ctx, stop, meanwhile=presence.tell):
        led, release = found
        try:
            _lead(led, stop, before)
        finally:
            release()


def _lead(ctx: Context, stop: threading.Event, before: Callable[[Context], object]) -> None:
    """Until told to stop, or until somebody else has taken over."""
    untried = True
    with suppress(Superseded):
        while not stop.is_set():
            untried = _look_and_wait(ctx, stop, before, untried)


def _look_and_wait(ctx: Context, stop: threading.Event, before: Callable[[Context], object], untried: bool) -> bool:
    """Whether no look has gone well yet. Steps count from the beginning of a look."""
    began = time.monotonic()
    looked = _tick(ctx, before, untried)
    untried = untried and not looked
    alone = presence.alone(ctx)
    looked = looked and _check(ctx, stop, alone)
    step = _ABSENT if alone and not untried else _PRESENT
    _pause(ctx, max(1.0, began + step - time.monotonic()), before, listen=looked, alone=alone)
    return untried


def _pause(ctx: Context, seconds: float, meanwhile: Callable[[Context], object], *, listen: bool, alone: bool) -> None:
    """Wait. A page that is opened ends it, and so does (after a look that went well) who asks for news elsewhere, or
    opens a page there when nobody had one open.
    """
    until, due = time.monotonic() + seconds, time.monotonic() + _CUT_OFF
    while time.monotonic() < until and not presence.woken.wait(min(1.0, seconds, _CUT_OFF)):
        if listen and _called(ctx, alone):
            break
        if time.monotonic() > due:
            due = time.monotonic() + _CUT_OFF
            _survived(ctx, lambda: meanwhile(ctx))
    presence.woken.clear()


def _called(ctx: Context, alone: bool) -> bool:
    try:
        with reading(ctx.engine) as conn:
            known = state.recall(conn)
    except SQLAlchemyError:
        return False  # the database is away: the next look says so
    return news.wanted(ctx, known) or "books_wanted" in known or (alone and presence.elsewhere(ctx, known))


def _tick(ctx: Context, before: Callable[[Context], object], untried: bool) -> bool:
    """One look at Stripe."""

    def look() -> None:
        before(ctx)
        catch_up(ctx, check_anchor=untried)

    return _survived(ctx, look)


def _check(ctx: Context, stop: threading.Event, alone: bool) -> bool:
    """The day's round through every list, and through the books, when it is time."""

    def read_through() -> None:
        if check.due(ctx, alone=alone):
            check.run(ctx, stop)
        nightly.run(ctx, stop)

    return _survived(ctx, read_through)


def _survived(ctx: Context, do: Callable[[], None]) -> bool:
    """Whether it went well; a failure is remembered for the screen and tried again."""
    try:
        do()
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
    except SQLAlchemyError as away:
        _log.error("sync: %s", type(away).__name__)
