"""One process follows Stripe for a database; the others wait to take over.

On SQLite a lock on a file says who: the system lets go of it when its holder ends. On Postgres it is an advisory lock
on a connection of its own (not through a pooler that shares connections), with a sign of life every few seconds: where
that stays out, the holder hangs, and its connection is ended. Whoever leads has a number, see fence.py: a leader that
was believed dead and wakes up writes nothing.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from lib.context import Context
from lib.errors import Unavailable
from lib.mirror.database import writing
from lib.sync import fence

LOCK, BEAT, SILENCE = 7_236_001, 3.0, 9.0  # a number of our own; seconds
_ASK_AGAIN = 2.0

_TAKE = text("SELECT pg_try_advisory_lock(:lock)")
_GIVE_BACK = text("SELECT pg_advisory_unlock(:lock)")
_ALIVE = text(
    "INSERT INTO sync_state (key, value) VALUES ('leader_seen', extract(epoch FROM clock_timestamp())::text) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_END_A_SILENT_ONE = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock AND granted AND "
    "database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND EXISTS (SELECT 1 FROM sync_state "
    "WHERE key = 'leader_seen' AND value::float8 < extract(epoch FROM clock_timestamp()) - :silence)"
)

_Release = Callable[[], None]


@contextmanager
def leading(ctx: Context, *, patience: float) -> Iterator[Context]:
    """The context of the one who leads. Raises Unavailable when somebody else still does after so many seconds."""
    until = time.monotonic() + patience
    while (release := try_to_lead(ctx)) is None:
        if time.monotonic() > until:
            raise Unavailable("Another process of this practice follows Stripe already.")
        time.sleep(0.2)
    try:
        yield numbered(ctx)
    finally:
        release()


def numbered(ctx: Context) -> Context:
    """The same context with a new number: whoever led before is shut out."""
    with writing(ctx.engine) as conn:
        return replace(ctx, fence=fence.raise_it(conn))


def wait_to_lead(
    ctx: Context, stop: threading.Event, meanwhile: Callable[[Context], None]
) -> tuple[Context, _Release] | None:
    """The leader's context and how to give it up; None when told to stop first. Somebody else leads `meanwhile`."""
    while not stop.is_set():
        release = try_to_lead(ctx)
        if release:
            return _numbered_or_released(ctx, release), release
        meanwhile(ctx)
        stop.wait(_ASK_AGAIN)
    return None


def _numbered_or_released(ctx: Context, release: _Release) -> Context:
    """A lock that nobody knows of any more would keep everybody out, ourselves too."""
    try:
        return numbered(ctx)
    except BaseException:
        release()
        raise


def try_to_lead(ctx: Context) -> _Release | None:
    """Take the lock if it is free; the function that gives it back."""
    return _on_file(ctx) if ctx.engine.dialect.name == "sqlite" else _on_postgres(ctx)


def _on_file(ctx: Context) -> _Release | None:
    handle: IO[str] = (ctx.settings.data / "sync.lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle.close


def _on_postgres(ctx: Context) -> _Release | None:
    conn = ctx.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        if not conn.execute(_TAKE, {"lock": LOCK}).scalar():
            conn.execute(_END_A_SILENT_ONE, {"lock": LOCK, "silence": SILENCE})
            conn.close()
            return None
        conn.execute(_ALIVE)
    except SQLAlchemyError:
        conn.invalidate()
        conn.close()
        raise
    return _beating(conn)


def _beating(conn: Connection) -> _Release:
    """Give signs of life until the lock is given back or its connection is gone."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(BEAT):
            try:
                conn.execute(_ALIVE)
            except SQLAlchemyError:
                return

    thread = threading.Thread(target=beat, name="leader", daemon=True)
    thread.start()

    def release() -> None:
        stop.set()
        thread.join()
        with suppress(SQLAlchemyError):
            conn.execute(_GIVE_BACK, {"lock": LOCK})
        conn.invalidate()  # ends the session, and with it the lock, wherever it still is
        conn.close()

    return release
