"""Is everything in order? One finding each: in order, wrong, or not known, in plain words."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from lib import audit_heads, audit_keys, audit_seal
from lib.audit_check import verify
from lib.context import Context
from lib.dates import say_age
from lib.errors import PayerdeskError
from lib.mirror import compared, locks, migrations
from lib.mirror.database import reading
from lib.mirror.ours import audit as log
from lib.mirror.ours import audit_head, comparisons, differences, intents, restores, stamp

OK, WRONG, UNKNOWN = "ok", "wrong", "unknown"
_DAY = 86_400
_LEAST_SPACE = 512 * 2**20
_WANTED = {"synchronous": 2, "foreign_keys": 1, "journal_mode": "wal"}
_PATIENCE = 5_000
_MODES = {"sandbox": "the sandbox", "test": "Stripe test mode", "live": "live Stripe"}


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and that in words."""

    name: str
    state: str
    words: str

    def told(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


Look = Callable[[Context], tuple[str, str]]


def examine(ctx: Context) -> list[Finding]:
    """Look at everything; what cannot be looked at is not known, and stops nothing else."""
    return [Finding(name, *_seen(ctx, look)) for name, look in LOOKS.items()]


def _seen(ctx: Context, look: Look) -> tuple[str, str]:
    try:
        return look(ctx)
    except PayerdeskError as away:
        return UNKNOWN, away.words
    except SQLAlchemyError as broken:
        return WRONG, f"The database does not answer ({type(broken).__name__})."
    except (OSError, RuntimeError) as trouble:
        return UNKNOWN, f"It could not be looked at ({type(trouble).__name__})."


def _audit_log(ctx: Context) -> tuple[str, str]:
    with reading(ctx.engine) as conn:
        found = verify(conn)
        unproved = conn.execute(select(audit_head.c.unproved_to)).scalar() or 0
    if found.broken is None:
        more = f" Of the first {unproved:,} only the order can be checked: their key is lost." if unproved else ""
        return OK, f"All {found.entries:,} entries stand as they were written.{more}"
    return WRONG, f"{found.words} {found.entries:,} entries before that stand."


def _audit_locks(ctx: Context) -> tuple[str, str]:
    with reading(ctx.engine) as conn:
        missing = locks.missing(conn)
    if missing:
        return WRONG, f"The database no longer refuses to change the audit log: {', '.join(missing)} is gone."
    return OK, "The database refuses to change what stands in the audit log."


def _audit_key(ctx: Context) -> tuple[str, str]:
    if ctx.settings.audit_key:
        return OK, "The key comes from the settings."
    path = ctx.settings.data / audit_keys.FILE
    if not path.exists():
        return WRONG, f"{path} is missing."
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return WRONG, f"{path} can be read by others: only its owner may (chmod 600)."
    return OK, f"{path} is for its owner alone."


def _audit_heads(ctx: Context) -> tuple[str, str]:
    with reading(ctx.engine) as conn:
        bound = audit_seal.of(conn)
        noted = [line for lines in audit_heads.noted(conn).values() for line in lines]
    if bound is None or not noted:
        return UNKNOWN, "It has not been noted anywhere yet where the audit log ends."
    missing = [str(path) for path in bound.heads if not path.exists()]
    if missing:
        return WRONG, f"{missing[0]} is gone, which was told where the audit log ends."
    where = "in a second place too" if ctx.settings.audit_heads else "beside the database only"
    return OK, f"Last noted on {max(line.day for line in noted)}, {where}."


def _database(ctx: Context) -> tuple[str, str]:
    with reading(ctx.engine) as conn:
        if ctx.engine.dialect.name == "sqlite":
            told = conn.exec_driver_sql("PRAGMA integrity_check").scalars().first()
            return (OK, "The file is whole.") if told == "ok" else (WRONG, f"The file is damaged: {told}.")
        version = conn.exec_driver_sql("SHOW server_version").scalar()
    return OK, f"Postgres {version} answers."


def _durability(ctx: Context) -> tuple[str, str]:
    with reading(ctx.engine) as conn:
        if ctx.engine.dialect.name == "sqlite":
            now = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in _WANTED}
            patience = conn.exec_driver_sql("PRAGMA busy_timeout").scalar() or 0
            wrong = [name for name, value in _WANTED.items() if now[name] != value]
            wrong += ["busy_timeout"] if patience < _PATIENCE else []
        else:
            wanted = ("fsync", "synchronous_commit", "full_page_writes")
            wrong = [name for name in wanted if conn.exec_driver_sql(f"SHOW {name}").scalar() == "off"]
    if wrong:
        return WRONG, f"A power cut could take away what was confirmed: {', '.join(wrong)} is not set as it must be."
    return OK, "What is confirmed is on the disk."


def _belongs(ctx: Context) -> tuple[str, str]:
    with reading(ctx.engine) as conn:
        found = conn.execute(select(stamp)).first()
    if found is None:
        return UNKNOWN, "The database has not been used with a Stripe account yet."
    if found.mode != ctx.settings.mode:
        return WRONG, f"The database is of {_MODES[found.mode]}, and the settings are for {_whose(ctx)}."
    account = str(ctx.stripe.get("/v1/account").get("id", ""))
    if found.account and account and found.account != account:
        return WRONG, f"The database belongs to account {found.account}, and the key to {account}."
    return OK, f"Database and key belong to {account or 'the same account'}, {_whose(ctx)}."


def _whose(ctx: Context) -> str:
    """Whom the settings lead to. Of another server than Stripe's only the host: an address may hold a password."""
    if host := urlsplit(ctx.settings.stripe_base).hostname:
        return f"test data on {host}, which is not Stripe"
    return _MODES[ctx.settings.mode]


def _schema(ctx: Context) -> tuple[str, str]:
    with reading(ctx.engine) as conn:
        at = migrations.version_of(conn)
    if at < migrations.latest():
        return WRONG, f"The database is of version {at}; this program wants {migrations.latest()}. Start it once."
    return OK, f"The database is of version {at}, as this program wants it."


def _changes(ctx: Context) -> tuple[str, str]:
    stale = ctx.now - 3600
    with reading(ctx.engine) as conn:
        parked = conn.execute(select(func.count()).where(intents.c.state == "review")).scalar_one()
        waiting = conn.execute(select(func.count()).where(intents.c.state == "waiting")).scalar_one()
        still_open = intents.c.state.in_(("planned", "sent", "unknown"))
        open_now = conn.execute(select(func.count()).where(still_open)).scalar_one()
        old = conn.execute(select(func.count()).where(still_open, intents.c.created < stale)).scalar_one()
    told = f"{parked} parked, {open_now} not yet confirmed, {waiting} waiting for a second person."
    if parked or old:
        return WRONG, f"Changes need a person: {told} See Needs your eye."
    return OK, f"Changes: {told}"


def _books(ctx: Context) -> tuple[str, str]:
    with reading(ctx.engine) as conn:
        last = conn.execute(select(comparisons).order_by(comparisons.c.at.desc()).limit(1)).first()
        waiting = conn.execute(select(func.count()).where(differences.c.agreed_at == 0)).scalar_one()
    if last is None:
        return UNKNOWN, "Our records and Stripe have not been compared yet."
    percent = compared.percent(compared.explained(last.checked, waiting), last.checked)
    told = f"{percent:g} % of {last.checked:,} explained, {say_age(max(0, ctx.now - last.at))}."
    if waiting:
        return WRONG, f"{told} Differences that wait for a person: {waiting}. See Settings, Books."
    return (OK if ctx.now - last.at < 4 * _DAY else UNKNOWN), told


def _backup(ctx: Context) -> tuple[str, str]:
    wanted = select(func.max(log.c.at)).where(log.c.verb == "backup:make")
    with reading(ctx.engine) as conn:
        last = conn.execute(wanted).scalar()
    if last is None:
        live = ctx.settings.mode == "live"
        return (WRONG if live else UNKNOWN), "No backup was ever made: python -m lib backup."
    age = max(0, ctx.now - last)
    return (OK if age < 7 * _DAY else WRONG), f"The last backup was made {say_age(age)}."


def _restored(ctx: Context) -> tuple[str, str]:
    with reading(ctx.engine) as conn:
        last = conn.execute(select(restores).order_by(restores.c.at.desc()).limit(1)).first()
    if last is None:
        return OK, "No backup was ever put back."
    if not last.settled_at:
        return UNKNOWN, "A backup was put back; Stripe has not been compared with it yet."
    return OK, f"A backup was put back; {last.adopted:,} changes that it lacked were taken over from Stripe."


def _space(ctx: Context) -> tuple[str, str]:
    places = {ctx.settings.data}
    if ctx.engine.dialect.name == "sqlite" and ctx.engine.url.database:
        places.add(Path(ctx.engine.url.database).parent)
    free = min(shutil.disk_usage(place).free for place in places)
    state = OK if free > _LEAST_SPACE else WRONG
    return state, f"{free / 2**30:,.1f} GB are free where the data lies."


LOOKS: dict[str, Look] = {
    "audit log": _audit_log,
    "audit locks": _audit_locks,
    "audit key": _audit_key,
    "audit heads": _audit_heads,
    "database": _database,
    "durability": _durability,
    "account": _belongs,
    "version": _schema,
    "changes": _changes,
    "books": _books,
    "backup": _backup,
    "restore": _restored,
    "space": _space,
}


def worst(found: list[Finding]) -> bool:
    """Whether anything is wrong."""
    return any(finding.state == WRONG for finding in found)


def lines(found: list[Finding]) -> list[str]:
    """One line each, for the shell."""
    width: Any = max(len(finding.name) for finding in found)
    return [f"{finding.state:<8} {finding.name:<{width}}  {finding.words}" for finding in found]
