"""Putting a backup back: all of it or nothing, never over changes that are not in it, and nothing is sent by itself.

What the backup knows less of than Stripe is found afterwards by the marks that our changes leave there (sync/adopt.py):
the row in `restores` says that this is still to be done, also to a process that starts after this one was killed.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
import uuid
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, inspect, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from lib import audit, audit_heads, audit_keys, audit_seal, backup
from lib import backup_place as _place
from lib.dates import say_moment
from lib.errors import Refused, SettingsError
from lib.mirror import migrations
from lib.mirror.database import on_file, open_database, reading, writing
from lib.mirror.ours import audit_head, intents, restores
from lib.people import SHELL
from lib.settings import Settings, data_folder

_UNSETTLED = ("planned", "sent", "unknown", "waiting")
_PARKED = (
    "This was open in the backup of {when}, which was put back. Whether it was carried out after that is not known: "
    "look in Stripe before it is tried again."
)


@dataclass(frozen=True)
class Restored:
    """What was put back: when the backup was made, its changes, those of them that were open and wait for a person now,
    and where what was there before is kept (empty when nothing was).
    """

    made_at: int
    intents: int
    parked: int
    aside: str


def restore(
    settings: Settings, path: Path, *, account: str = "", replacing: bool = False, lost_key: bool = False
) -> Restored:
    """Put a backup into the database of these settings. `account` is the one that the key opens, where Stripe could be
    asked. `replacing`: a database that has changes of its own is moved aside first. `lost_key`: the log's seals are not
    checked, only its order, and a new key counts from here on.

    Raises Refused or SettingsError, and leaves everything as it was.
    """
    data_folder(settings)
    work = _work_path(settings)
    try:
        _read(path, work)
        about = _about(work, settings, account)
        engine = _opened(work)
        try:
            _prove(engine, settings, lost_key=lost_key)
            told = _prepare(engine, settings, about)
            if _on_file(settings):
                aside = _place.put_file(settings, engine, work, replacing=replacing)
            else:
                aside = _place.put_rows(settings, engine, replacing=replacing)
        finally:
            engine.dispose()
        return replace(told, aside=aside)
    finally:
        for leftover in work.parent.glob(f"{work.name}*"):
            leftover.unlink(missing_ok=True)


def _on_file(settings: Settings) -> bool:
    return make_url(settings.database_url).get_backend_name() == "sqlite"


def _work_path(settings: Settings) -> Path:
    """On the disk where it will stay, so that it can take the other's name at one stroke."""
    folder = Path(make_url(settings.database_url).database or "").parent if _on_file(settings) else settings.data
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f".restore-{uuid.uuid4().hex[:8]}.sqlite"


def _read(path: Path, work: Path) -> None:
    """A copy to work on; the backup stays as it is."""
    try:
        os.close(os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with path.open("rb") as file:
            if file.read(15) != b"SQLite format 3":
                raise Refused(f"{path} is not a backup.")
        shutil.copyfile(path, work)
        with closing(sqlite3.connect(work)) as raw:
            told = raw.execute("PRAGMA integrity_check").fetchone()[0]
    except OSError as wrong:
        raise Refused(f"{path} cannot be read: {wrong.strerror}.") from wrong
    except sqlite3.DatabaseError as wrong:
        raise Refused(f"{path} is damaged: it cannot be put back.") from wrong
    if told != "ok":
        raise Refused(f"{path} is damaged: it cannot be put back.")


def _about(work: Path, settings: Settings, account: str) -> Any:
    copy = on_file(work)
    try:
        with reading(copy) as conn:
            if not inspect(conn).has_table(backup.info.name):
                raise Refused("This is a database and not a backup made by Payerdesk.")
            found = conn.execute(select(backup.info)).one()
            migrations.version_of(conn)
    except SettingsError as newer:
        raise Refused("This backup was made by a newer Payerdesk: put it back with that one.") from newer
    finally:
        copy.dispose()
    if found.mode != settings.mode:
        raise Refused(f"This backup is of {found.mode} money, and the settings are for {settings.mode}.")
    if account and found.account and account != found.account:
        raise Refused(f"This backup belongs to Stripe account {found.account}, and the key to {account}.")
    return found


def _opened(work: Path) -> Engine:
    """With every table of this program: an older backup takes the steps."""
    try:
        return open_database(f"sqlite:///{work}")
    except (SQLAlchemyError, OSError) as wrong:
        raise Refused(f"The backup cannot be opened ({type(wrong).__name__}).") from wrong


def _prove(engine: Engine, settings: Settings, *, lost_key: bool) -> None:
    with reading(engine) as conn:
        head = conn.execute(select(audit_head)).first()
    key = audit_keys.key_of(settings, make=lost_key or not (head and head.seal))
    beside = audit_heads.beside_url(make_url(settings.database_url), settings.data)
    heads = tuple(dict.fromkeys((beside, *audit_keys.elsewhere(settings))))
    audit_seal.bind(engine, audit_seal.Bound(key, heads, settings.mode))
    if lost_key:
        _begin_anew(engine, settings)
    elif wrong := backup.check(engine):
        raise Refused(
            f"The audit log in this backup does not hold, or was sealed with another key: {wrong} If its key is lost, "
            "say --lost-key: then only its order is checked."
        )


def _begin_anew(engine: Engine, settings: Settings) -> None:
    known = audit_seal.of(engine)
    try:
        audit_keys.begin_anew(engine, settings)
    except SettingsError as wrong:
        raise Refused(wrong.words) from wrong
    if known:
        audit_seal.bind(engine, known)  # what was noted is beside the database that it will be


def _prepare(engine: Engine, settings: Settings, about: Any) -> Restored:
    """Nothing that was open is sent by itself any more, and the next start knows that Stripe must be compared."""
    now = int(time.time())
    words = _PARKED.format(when=say_moment(about.made_at, settings.zone))
    with writing(engine) as conn:
        backup.info.drop(conn)
        parked = _park(conn, words, now)
        count = conn.execute(select(func.count()).select_from(intents)).scalar_one()
        last = conn.execute(select(func.max(restores.c.at))).scalar() or 0
        row = {"at": max(now, last + 1), "made_at": about.made_at, "parked": parked, "adopted": 0, "settled_at": 0}
        conn.execute(insert(restores).values(row))
        detail = {"made_at": about.made_at, "intents": count, "parked": parked}
        audit.record(conn, actor=SHELL.username, role=SHELL.role, verb="backup:restore", subject="", detail=detail)
    return Restored(about.made_at, count, parked, "")


def _park(conn: Connection, words: str, now: int) -> int:
    """Each step counts as tried: whoever tries again looks in Stripe before anything is sent."""
    found = conn.execute(select(intents).where(intents.c.state.in_(_UNSETTLED))).all()
    for row in found:
        tried: dict[str, Any] = {step["name"]: {} for step in json.loads(row.body)["steps"]}
        progress = {**tried, **json.loads(row.progress)}
        parked = {"state": "review", "words": words, "progress": json.dumps(progress, sort_keys=True)}
        conn.execute(
            update(intents).where(intents.c.id == row.id).values(**parked, updated=now, lease_until=0, lease_owner="")
        )
    return len(found)
