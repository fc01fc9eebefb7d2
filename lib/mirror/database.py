"""One database for everything we keep: the mirror, intents, audit, people.

SQLite by default, Postgres by URL. `reading` cannot write by accident; `writing` takes SQLite's write lock at once
(`BEGIN IMMEDIATE`), because a read that turns into a write is refused there without waiting.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url

metadata = MetaData()

_PATIENCE = 10  # seconds that somebody else may write

# A whole invoice is longer than SQLite's usual page. The page size counts for a new file only. What is mapped need not
# be copied page by page: rows that lie all over the file are read in half the time.
_PRAGMAS = (
    "page_size=16384",
    "mmap_size=2000000000",
    f"busy_timeout={_PATIENCE * 1000}",
    "synchronous=FULL",
    "foreign_keys=ON",
)
_MEMORY = 2  # how SQLite calls temp_store=MEMORY
# For whoever writes the mirror in bulk. Before a statement changes a page, SQLite notes how it was; rows that lie in an
# index as chance has it would make that five times as much in files as what is stored.
_IN_BULK = (
    "synchronous=NORMAL",
    "cache_size=-6000",
    "wal_autocheckpoint=8000",
    "mmap_size=0",
    "temp_store=MEMORY",
)


def open_database(url: str) -> Engine:
    """An engine with every table in place. Raises SQLAlchemy's errors when the database cannot be opened, and
    SettingsError when a newer program has changed it.
    """
    from lib.mirror.migrations import bring_up_to_date  # it stands on this module

    on_file = make_url(url).get_backend_name() == "sqlite"
    engine = _sqlite(url) if on_file else _postgres(url)
    bring_up_to_date(engine)
    return engine


def on_file(path: str | Path) -> Engine:
    """An engine on an SQLite file as it is, whatever tables are in it."""
    return _sqlite(f"sqlite:///{path}")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """`reading` that sees one moment, however long it takes and whoever writes meanwhile."""
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**level) as conn:
        yield conn
        conn.rollback()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads; what it did by mistake is rolled back."""
    with engine.connect() as conn:
        yield conn
        conn.rollback()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: all of it or nothing. No call to Stripe belongs inside."""
    with engine.connect().execution_options(payerdesk_writes=True) as conn, conn.begin():
        yield conn


@contextmanager
def in_bulk(engine: Engine) -> Iterator[Engine]:
    """The same database for whoever writes the mirror in bulk. On SQLite a commit does not wait for the disk, and more
    pages stay in memory: what a power cut takes away from a copy, Stripe still has, and nothing else is written here.
    """
    if engine.dialect.name != "sqlite":
        yield engine
        return
    url = engine.url.render_as_string(hide_password=False)
    made = _sqlite(url, *_IN_BULK)
    try:
        yield made
    finally:
        made.dispose()


@contextmanager
def sorting_in_files(conn: Connection) -> Iterator[None]:
    """For what sorts the whole mirror, which `in_bulk` would do in memory. Any other connection sorts in files anyway,
    and would often be refused the change: not within a transaction, where temporary tables have been asked for.
    """
    if conn.dialect.name != "sqlite" or conn.exec_driver_sql("PRAGMA temp_store").scalar_one() != _MEMORY:
        yield
        return
    conn.exec_driver_sql("PRAGMA temp_store=FILE")
    try:
        yield
    finally:
        conn.exec_driver_sql("PRAGMA temp_store=MEMORY")


def _postgres(url: str) -> Engine:
    from psycopg.adapt import Loader

    class Whole(Loader):
        """Postgres adds whole numbers up to a `numeric`: read as what it is, a whole number."""

        def load(self, data: Any) -> int | Decimal:
            text = bytes(data).decode()
            return Decimal(text) if "." in text else int(text)

    engine = create_engine(url, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def _prepare(dbapi: Any, _record: Any) -> None:
        dbapi.adapters.register_loader("numeric", Whole)

    return engine


def _log_ahead(dbapi: Any) -> None:
    """The write-ahead log. Of two processes that make a new file together one is refused at once, whatever it is ready
    to wait: only here SQLite never waits.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            dbapi.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as refused:
            if refused.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _sqlite(url: str, *more: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _PATIENCE, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # the driver's own BEGIN is deferred and would meet "database is locked"
        for pragma in _PRAGMAS:
            dbapi.execute(f"PRAGMA {pragma}").close()
        _log_ahead(dbapi)
        for pragma in more:
            dbapi.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("payerdesk_writes") else "BEGIN")

    return engine
