"""The key that seals the audit log: from the settings, or a file of its own in the data folder, made on first use.

Several processes on several machines need the setting: a file that each makes for itself would be a key each.
"""

from __future__ import annotations

import os
import secrets
import uuid
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, select, update

from lib import audit_heads, audit_seal
from lib.audit_check import verify
from lib.errors import SettingsError
from lib.mirror.database import reading, writing
from lib.mirror.ours import audit, audit_head
from lib.mirror.rows import insert_once
from lib.settings import Settings

FILE = "audit.key"
_LEAST = 32


def settle(engine: Engine, settings: Settings, now: float) -> None:
    """Find or make the key, bind it to the database, and seal a log that has no seal yet.

    Raises SettingsError where the log was sealed with another key, or the key cannot be read or made.
    """
    with reading(engine) as conn:
        head = conn.execute(select(audit_head)).first()
    key = key_of(settings, make=not (head and head.seal))
    heads = tuple(dict.fromkeys((audit_heads.beside(engine, settings.data), *elsewhere(settings))))
    audit_seal.bind(engine, audit_seal.Bound(key, heads, settings.mode))
    if head and head.seal:
        _refuse_another_key(engine, key)
    elif _sealed_now(engine, key):
        audit_heads.note(engine, now)


def elsewhere(settings: Settings) -> tuple[Path, ...]:
    """The second place that is told where the log ends, where one is set."""
    return (Path(settings.audit_heads).expanduser(),) if settings.audit_heads else ()


def key_of(settings: Settings, *, make: bool) -> bytes:
    """The key. Raises SettingsError where there is none and none may be made, because the log has one already."""
    if settings.audit_key:
        return settings.audit_key.encode()
    path = settings.data / FILE
    try:
        if make and not path.exists():
            _make(path)
        found = path.read_text("ascii").strip()
    except FileNotFoundError as lost:
        raise SettingsError(
            f"The key that seals the audit log is missing: put {path} back, or set PAYERDESK_AUDIT_KEY."
        ) from lost
    except (OSError, UnicodeDecodeError) as wrong:
        raise SettingsError(f"The key that seals the audit log cannot be read or made: {path}.") from wrong
    if len(found) < _LEAST:
        raise SettingsError(f"{path} does not hold a key: put the right one back, or set PAYERDESK_AUDIT_KEY.")
    return found.encode()


def _make(path: Path) -> None:
    """Whole and for its owner alone from the first moment; of two that are made at once one stays."""
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_hex(32).encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink()


def _sealed_now(engine: Engine, key: bytes) -> bool:
    """Seal a log that never had a key. One that has lost its seal stays as it is: that is for `doctor` to say."""
    with writing(engine) as conn:
        insert_once(conn, audit_head, {"id": 1, "seq": 0, "hash": ""})
        head = conn.execute(select(audit_head).with_for_update()).one()
        if head.seal or (head.seq and audit_heads.noted(conn)):
            return False
        keyed_from = head.seq + 1
        sealed = audit_seal.seal_head(key, head.seq, head.hash, keyed_from, 0)
        conn.execute(update(audit_head).values(keyed_from=keyed_from, unproved_to=0, seal=sealed))
        return True


def begin_anew(engine: Engine, settings: Settings) -> None:
    """The key is lost: from here on another one counts, and of the entries so far only the order can be checked.

    Raises SettingsError where the log does not hold together even so.
    """
    key = key_of(settings, make=True)
    heads = (audit_heads.beside(engine, settings.data), *elsewhere(settings))
    audit_seal.bind(engine, audit_seal.Bound(key, tuple(dict.fromkeys(heads)), settings.mode))
    with writing(engine) as conn:
        head = conn.execute(select(audit_head).with_for_update()).first()
        if head is None:
            return
        sealed = audit_seal.seal_head(key, head.seq, head.hash, head.seq + 1, head.seq)
        conn.execute(update(audit_head).values(keyed_from=head.seq + 1, unproved_to=head.seq, seal=sealed))
        if wrong := verify(conn, of_the_past=True).words:
            raise SettingsError(f"The audit log is not whole: {wrong}")


def _refuse_another_key(engine: Engine, key: bytes) -> None:
    """Neither the head nor the last entry knows this key: whoever went on would write what nobody can prove."""
    with reading(engine) as conn:
        head = conn.execute(select(audit_head)).one()
        if audit_seal.holds(key, head):
            return
        last = conn.execute(select(audit).order_by(audit.c.seq.desc()).limit(1)).mappings().first()
    if last is None or last["hash"] != audit_seal.seal(dict(last), key):
        raise SettingsError(
            "The audit log was sealed with another key than the one given: put the right audit.key back, or set "
            "PAYERDESK_AUDIT_KEY."
        )
