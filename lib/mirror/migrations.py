"""Bringing an existing database up to this program, before anything reads it.

A table or an index that is new in the code is made by itself. Whatever else changes in what is ours to lose (a column,
what stands in it) takes a numbered step in STEPS: docs/decisions/0009. The mirror's tables take none: refit.py throws
them away.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    insert,
    inspect,
    select,
    text,
    update,
)

from lib.errors import SettingsError
from lib.mirror import steps
from lib.mirror.database import metadata, reading, writing
from lib.mirror.indexes import LATE

# STEPS[0] leads from version 1, the first that had a number, to version 2; it is written in SQL and stays as it is
# once it was released, because the tables in the code move on.
STEPS: tuple[Callable[[Connection], object], ...] = (steps.keyed_audit,)

_FIRST = 1
_LOCK = 7_236_002  # a number of our own
_NEWER = (
    "This database was changed by a newer Payerdesk: start that one, or set another PAYERDESK_DATA or DATABASE_URL."
)
_version = Table(
    "schema_version",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)
_NAMES = {
    "sqlite": text("SELECT name FROM sqlite_master"),
    "postgresql": text(
        "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "WHERE nspname = current_schema()"
    ),
}


def bring_up_to_date(engine: Engine) -> None:
    """Every table, index and step in place; a new database gets all at once. Each step is one transaction, and of
    several processes that start together one does it. Raises SettingsError for a database of a newer program.
    """
    try:
        while not _fits(engine) and _advance(engine):
            pass
    except BaseException:
        engine.dispose()  # nobody gets this engine, so nobody else would close its connections
        raise


def take_turns(conn: Connection) -> None:
    """Until this transaction ends nobody else changes the database's shape; on SQLite nobody else writes anyway."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def latest() -> int:
    """The version of this program's databases."""
    return _FIRST + len(STEPS)


def number(conn: Connection) -> None:
    """Say that a database which has just been made is of this version."""
    _version.create(conn)
    conn.execute(insert(_version).values(id=1, version=latest()))


def version_of(conn: Connection) -> int:
    """A database's version. Raises SettingsError for one of a newer program."""
    return _found(conn)


def _fits(engine: Engine) -> bool:
    """Nothing to do, found out without writing: an export starts beside a copy that writes all the time."""
    with reading(engine) as conn:
        names = _names(conn)
        if _version.name not in names:
            return False
        at = _found(conn)
    wanted = metadata.tables.keys() | {index.name for table in metadata.tables.values() for index in _indexes(table)}
    return at == latest() and wanted <= names


def _advance(engine: Engine) -> bool:
    """One transaction nearer; True when there may be more to do."""
    with writing(engine) as conn:
        take_turns(conn)
        at = _known(conn)
        if at < latest():
            STEPS[at - _FIRST](conn)
            conn.execute(update(_version).values(version=at + 1))
            return True
        _add_what_is_new(conn)
        return False


def _known(conn: Connection) -> int:
    """The database's version. A new one is at the latest; one that was never numbered is at the first."""
    names = _names(conn)
    if _version.name not in names:
        _version.create(conn)
        conn.execute(insert(_version).values(id=1, version=_FIRST if names & metadata.tables.keys() else latest()))
    return _found(conn)


def _found(conn: Connection) -> int:
    at = conn.execute(select(_version.c.version)).scalar_one()
    if at > latest():
        raise SettingsError(_NEWER)
    return at


def _names(conn: Connection) -> set[str]:
    return set(conn.execute(_NAMES[conn.dialect.name]).scalars())


def _indexes(table: Table) -> list[Index]:
    """Those of a table, but for those that may be missing while an empty mirror is filled."""
    return [index for index in table.indexes if index not in LATE]


def _add_what_is_new(conn: Connection) -> None:
    metadata.create_all(conn)
    there, looking = _names(conn), inspect(conn)
    for table in metadata.sorted_tables:
        missing = [index for index in _indexes(table) if index.name not in there]
        columns = {column["name"] for column in looking.get_columns(table.name)} if missing else set()
        for index in missing:
            if columns >= {column.name for column in index.columns}:  # else the mirror's old shape, which refit.py ends
                index.create(conn)
