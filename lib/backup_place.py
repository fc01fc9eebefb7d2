"""Where a backup comes to stand: what was there before is kept aside, and the change happens at one stroke."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, exists, func, insert, select
from sqlalchemy.engine import make_url

from lib import audit_heads, audit_seal, backup
from lib.context import Context
from lib.errors import Refused
from lib.mirror import migrations
from lib.mirror.database import metadata, on_file, open_database, reading, writing
from lib.mirror.ours import intents
from lib.mirror.tables import MIRROR
from lib.settings import Settings
from lib.sync import leader

_AT_ONCE = 1000
_OPEN = "Another program has the database open: stop the dashboard first, then try again."
_OWN = (
    "The database has {count} changes of its own, which the backup may lack. Say --replace to put the backup in its "
    "place: what is there now is kept aside."
)
_UNREADABLE = (
    "The database that is there cannot be read. Say --replace to put the backup in its place: it is kept aside."
)


def put_file(settings: Settings, engine: Engine, work: Path, *, replacing: bool) -> str:
    """An SQLite file takes the other's name; where that one is kept, or nothing."""
    target = Path(make_url(settings.database_url).database or "")
    with reading(engine) as conn:
        bound = audit_seal.of(conn)
    with _nobody_follows(settings, engine):
        aside = _moved_aside(target, replacing=replacing)
        engine.dispose()  # the last to close it leaves one file, with nothing beside it
        os.replace(work, target)
        _settle_on_disk(target.parent)
    _note(on_file(target), bound)
    return aside


def put_rows(settings: Settings, engine: Engine, *, replacing: bool) -> str:
    """The rows go into a Postgres database in one transaction; the schema in which the old tables are, or nothing."""
    target = open_database(settings.database_url)
    with reading(engine) as conn:
        bound = audit_seal.of(conn)
    try:
        with _nobody_follows(settings, target), writing(target) as out, reading(engine) as source:
            migrations.take_turns(out)
            _refuse_own_changes(out.execute(select(func.count()).select_from(intents)).scalar_one(), replacing)
            aside = _schema_aside(out)
            for table in backup.tables():
                _copy(source, out, table)
    except BaseException:
        target.dispose()
        raise
    _note(target, bound)
    return aside


@contextmanager
def _nobody_follows(settings: Settings, engine: Engine) -> Iterator[None]:
    """While a dashboard runs, it follows Stripe: then this is refused."""
    nowhere: Any = None
    release = leader.try_to_lead(Context(settings, engine, nowhere))
    if release is None:
        raise Refused(_OPEN)
    try:
        yield
    finally:
        release()


def _refuse_own_changes(count: int, replacing: bool) -> None:
    if count and not replacing:
        raise Refused(_OWN.format(count=f"{count:,}"))


def _moved_aside(target: Path, *, replacing: bool) -> str:
    """A second name for what is there; it loses its own when the backup takes it."""
    if not target.exists():
        return ""
    readable = _closed(target, replacing=replacing)
    aside = target.with_name(f"{target.stem}-before-{_stamp()}{target.suffix}")
    for ending in ("-wal", "-shm"):
        beside = target.with_name(target.name + ending)
        if beside.exists() and readable:
            raise Refused(_OPEN)  # the last to close it would have taken it away
        if beside.exists():
            os.replace(beside, aside.with_name(aside.name + ending))
    try:
        os.link(target, aside)
    except OSError:
        shutil.copy2(target, aside)
    return str(aside)


def _closed(target: Path, *, replacing: bool) -> bool:
    """Whether the database that is there could be read: then all of it is in the one file now."""
    try:
        with closing(sqlite3.connect(target)) as raw:
            known = raw.execute("SELECT count(*) FROM sqlite_master WHERE name = 'intents'").fetchone()[0]
            _refuse_own_changes(raw.execute("SELECT count(*) FROM intents").fetchone()[0] if known else 0, replacing)
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        return True
    except sqlite3.DatabaseError as wrong:
        if not replacing:
            raise Refused(_UNREADABLE) from wrong
        return False


def _schema_aside(out: Connection) -> str:
    """The old tables move to a schema of their own, and new ones take their place; nothing where they are empty."""
    ours = [table for table in metadata.sorted_tables if table not in MIRROR]
    if not any(out.execute(select(exists(select(table)))).scalar() for table in ours):
        return ""
    schema = f"before_{_stamp()}"
    out.exec_driver_sql(f"CREATE SCHEMA {schema}")
    for table in ours:
        out.exec_driver_sql(f"ALTER TABLE {table.name} SET SCHEMA {schema}")
    metadata.create_all(out)
    return schema


def _copy(source: Connection, out: Connection, table: Table) -> None:
    with source.execute(select(table).order_by(*table.primary_key)) as rows:
        for some in rows.mappings().partitions(_AT_ONCE):
            out.execute(insert(table), [dict(row) for row in some])


def _note(target: Engine, bound: audit_seal.Bound | None) -> None:
    """What was noted of entries that the backup lacks counts no more."""
    try:
        if bound:
            audit_seal.bind(target, bound)
            audit_heads.note(target, time.time(), restored=True)
    finally:
        target.dispose()


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%d_%H%M%S_%f}"


def _settle_on_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
