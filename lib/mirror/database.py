"""One database for everything we keep: the mirror, intents, audit, people.

SQLite by default, Postgres by URL. `reading` cannot write by accident; `writing` takes SQLite's write lock at once
(`BEGIN IMMEDIATE`), because a read that turns into a write is refused there without waiting.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    MetaData,
    Select,
    String,
    Table,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

metadata = MetaData()
_Item = TypeVar("_Item")
_AT_ONCE = 128
_THOSE = "those"

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


def upsert(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows or replace those with the same primary key."""
    if not rows:
        return
    _hand_over(conn, rows, *_upserting(conn.dialect, table, tuple(rows[0])))


def _hand_over(conn: Connection, rows: list[dict[str, Any]], sql: str, places: list[str] | None) -> None:
    """On SQLite many rows with one statement: after each of them every other thread might come first."""
    if places is None:
        conn.exec_driver_sql(sql, rows)
        return
    values, at = list(map(itemgetter(*places), rows)), 0
    for count in _heaps(len(values)):
        conn.exec_driver_sql(_many(sql, len(places), count), tuple(chain.from_iterable(values[at : at + count])))
        at += count


def _heaps(count: int) -> Iterator[int]:
    """So many in heaps of few different sizes, the largest first: each size is a statement of its own."""
    size = _AT_ONCE
    while count:
        if size <= count:
            yield size
            count -= size
        else:
            size >>= 1


@lru_cache(maxsize=128)
def _many(sql: str, width: int, count: int) -> str:
    """The statement for so many rows at once."""
    one = f"({', '.join('?' * width)})"
    head, found, tail = sql.partition(f"VALUES {one}")
    if not found:
        raise ValueError(f"no place for more rows in {sql}")
    return f"{head}VALUES {', '.join([one] * count)}{tail}"


@lru_cache(maxsize=256)
def _upserting(dialect: Any, table: Table, names: tuple[str, ...]) -> tuple[str, list[str] | None]:
    """The statement as the driver takes it, and the order of its values where they go by place.

    Handing rows straight to the driver is three times as fast as going through the statement every time.
    """
    build = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    statement = build(table)
    keys = [column.name for column in table.primary_key]
    changes = {name: statement.excluded[name] for name in names if name not in keys}
    whole = statement.on_conflict_do_update(index_elements=keys, set_=changes)
    compiled = whole.compile(dialect=dialect, column_keys=list(names))
    return str(compiled), compiled.positiontup


def insert_all(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, passing over those whose primary key stands."""
    if not rows:
        return
    _hand_over(conn, rows, *_inserting(conn.dialect, table, tuple(rows[0])))


@lru_cache(maxsize=64)
def _inserting(dialect: Any, table: Table, names: tuple[str, ...]) -> tuple[str, list[str] | None]:
    build = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    compiled = build(table).on_conflict_do_nothing().compile(dialect=dialect, column_keys=list(names))
    return str(compiled), compiled.positiontup


def among(conn: Connection, column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """A column that is one of any number of values, handed over as one: a statement takes only so many."""
    dialect = conn.dialect.name
    return _one_of(dialect, column, literal(_handed(dialect, values), _handed_as(dialect, column)))


def those(
    conn: Connection, wanted: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> CursorResult[Any]:
    """The rows of a statement whose column is `among` these. For statements that are kept and asked over and over: put
    together once, they take half the time. What is `among_those` in them is among these too.
    """
    dialect = conn.dialect.name
    return conn.execute(_of_those(wanted, column, dialect), {_THOSE: _handed(dialect, values)})


@lru_cache(maxsize=64)
def _of_those(wanted: Select[Any], column: ColumnElement[Any], dialect: str) -> Select[Any]:
    return wanted.where(among_those(dialect, column))


def among_those(dialect: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """`among` the values that `those` is given when the statement is asked."""
    return _one_of(dialect, column, bindparam(_THOSE, type_=_handed_as(dialect, column)))


def _one_of(dialect: str, column: ColumnElement[Any], given: ColumnElement[Any]) -> ColumnElement[bool]:
    if dialect == "sqlite":
        return column.in_(select(func.json_each(given).table_valued("value").c.value))
    return column == any_(given)


def _handed(dialect: str, values: Iterable[Any]) -> Any:
    return json.dumps(list(values)) if dialect == "sqlite" else list(values)


def _handed_as(dialect: str, column: ColumnElement[Any]) -> Any:
    return String() if dialect == "sqlite" else ARRAY(column.type)


def by_id(found: CursorResult[Any]) -> dict[str, dict[str, Any]]:
    """Rows whose first column is an id, by that id."""
    names = tuple(found.keys())
    return {row[0]: dict(zip(names, row, strict=True)) for row in found.all()}


def in_heaps(found: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Some at a time."""
    left = iter(found)
    while heap := list(islice(left, size)):
        yield heap


def insert_once(conn: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row unless one with the same unique key stands; True when it is new."""
    build = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = build(table).values(row).on_conflict_do_nothing().returning(*table.primary_key)
    return conn.execute(statement).first() is not None


def add(conn: Connection, table: Table, row: dict[str, Any]) -> None:
    """Insert one row; a duplicate is an error."""
    conn.execute(insert(table).values(row))


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
