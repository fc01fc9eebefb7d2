"""A copy of what cannot be rebuilt: changes, approvals, the audit log, remittances, reminders, people and the stamp.

It is one SQLite file, whichever database it comes from, read in one snapshot while everybody works on: it is checked
without a server, and put back on either. The mirror stays out: Stripe has it. So do sessions: nobody is signed in by a
backup. The audit key is not in it and must be kept beside it, elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, MetaData, String, Table, func, insert, select

from lib import audit, audit_seal
from lib.audit_check import verify
from lib.context import Context
from lib.dates import moment
from lib.errors import Refused
from lib.mirror import migrations
from lib.mirror.database import metadata, on_file, reading, snapshot, writing
from lib.mirror.ours import intents, stamp
from lib.mirror.tables import MIRROR
from lib.people import need
from lib.people import tables as people_tables

_PASSING = (people_tables.sessions, people_tables.tickets, people_tables.downloads, people_tables.guesses)
_AT_ONCE = 1000

# What a backup says of itself.
info = Table(
    "backup_info",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("made_at", BigInteger, nullable=False),
    Column("mode", String, nullable=False),
    Column("account", String, nullable=False),
    Column("version", Integer, nullable=False),
)


@dataclass(frozen=True)
class Made:
    """A backup that was written and checked: where it is, its size in bytes, how many changes and entries of the audit
    log are in it.
    """

    path: Path
    size: int
    intents: int
    entries: int


def tables() -> list[Table]:
    """Everything that is ours to lose, in an order in which it can be written."""
    return [table for table in metadata.sorted_tables if table not in (*MIRROR, *_PASSING)]


def make(ctx: Context, path: Path | None = None) -> Made:
    """Write a backup and check it. Raises Refused where the file is there already, or cannot be written whole."""
    actor = need(ctx, "people")
    wanted = path or _usual(ctx)
    if wanted.exists():
        raise Refused(f"{wanted} is there already: a backup never writes over another file.")
    part = wanted.with_name(f".{wanted.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _write(ctx, part)
        made = _checked(ctx, part, wanted)
        _name(part, wanted)
    except OSError as wrong:
        raise Refused(f"{wanted} cannot be written: {wrong.strerror}.") from wrong
    finally:
        for leftover in (part, part.with_name(f"{part.name}-wal"), part.with_name(f"{part.name}-shm")):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)
    detail = {"file": _digest(wanted), "intents": made.intents, "entries": made.entries}
    with writing(ctx.engine) as conn:
        audit.record(conn, actor=actor.username, role=actor.role, verb="backup:make", subject="", detail=detail)
    return made


def check(engine: Engine) -> str:
    """What is wrong with the file behind this engine, in words; empty where it is whole and its log holds."""
    with reading(engine) as conn:
        if (told := conn.exec_driver_sql("PRAGMA integrity_check").scalar()) != "ok":
            return f"the file is damaged ({told})"
        return verify(conn, of_the_past=True).words


def _usual(ctx: Context) -> Path:
    stamped = f"{moment(ctx.now, ctx.settings.zone):%Y-%m-%d-%H%M%S}"
    return ctx.settings.data / "backups" / f"payerdesk-{ctx.settings.mode}-{stamped}.backup"


def _write(ctx: Context, part: Path) -> None:
    copy = on_file(part)
    try:
        with snapshot(ctx.engine) as source, writing(copy) as out:
            metadata.create_all(out, tables=tables())
            migrations.number(out)
            for table in tables():
                _copy_rows(source, out, table)
            info.create(out)
            stamped = source.execute(select(stamp)).first()
            about = {"mode": ctx.settings.mode, "account": stamped.account if stamped else ""}
            out.execute(insert(info).values(id=1, made_at=ctx.now, version=migrations.latest(), **about))
    finally:
        copy.dispose()  # the last to close it leaves one file, with nothing beside it


def _copy_rows(source: Connection, out: Connection, table: Table) -> None:
    wanted = select(table).order_by(*table.primary_key)
    with source.execute(wanted, execution_options={"yield_per": _AT_ONCE}) as rows:
        for some in rows.mappings().partitions():
            out.execute(insert(table), [dict(row) for row in some])


def _checked(ctx: Context, part: Path, wanted: Path) -> Made:
    """Opened again and read through, as whoever puts it back will."""
    copy = on_file(part)
    try:
        with reading(ctx.engine) as conn:
            bound = audit_seal.of(conn)
        if bound:
            audit_seal.bind(copy, bound)
        if wrong := check(copy):
            raise Refused(f"The backup that was written is not good: {wrong} Nothing was kept.")
        with reading(copy) as conn:
            counted = [conn.execute(select(func.count()).select_from(t)).scalar_one() for t in (intents, audit.log)]
    finally:
        copy.dispose()
    return Made(wanted, part.stat().st_size, *counted)


def _name(part: Path, wanted: Path) -> None:
    """All of it or nothing, and never over another file."""
    handle = os.open(part, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(part, wanted)
    except FileExistsError:
        raise Refused(f"{wanted} is there already: a backup never writes over another file.") from None
    folder = os.open(wanted.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
