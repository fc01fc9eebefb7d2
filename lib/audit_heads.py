"""Where the audit log ended, a line a day, in a file that is no part of the database: `date seq hash mode`.

A log whose last entries were cut off, or that somebody who holds the key wrote anew, is whole in itself; it shows only
beside what was noted elsewhere. A line that ends in `restored` says that a backup was put back, and the log with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, select

from lib import audit_seal
from lib.mirror.database import reading
from lib.mirror.ours import audit_head


@dataclass(frozen=True)
class Line:
    """One day's note: the log had `seq` entries, the last of which was `hash`."""

    day: str
    seq: int
    hash: str
    mode: str
    restored: bool = False

    def __str__(self) -> str:
        return " ".join([self.day, str(self.seq), self.hash, self.mode, *(["restored"] if self.restored else [])])


def beside(engine: Engine, data: Path) -> Path:
    """The file that is always told: beside an SQLite database, in the data folder otherwise."""
    return beside_url(engine.url, data)


def beside_url(url: URL, data: Path) -> Path:
    """The same, for a database that is not open."""
    name = url.database
    if url.get_backend_name() == "sqlite" and name:
        return Path(name).with_suffix(".audit-heads.log")
    return data / "audit-heads.log"


def note(engine: Engine, now: float, *, restored: bool = False) -> list[Path]:
    """Add today's line wherever it is missing; the files that could not be written. A restored log is always noted."""
    with reading(engine) as conn:
        bound, head = audit_seal.of(conn), conn.execute(select(audit_head)).first()
    if bound is None or head is None or not head.seq:
        return []
    today = Line(f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}", head.seq, head.hash, bound.mode, restored)
    failed = []
    for path in bound.heads:
        try:
            if restored or all(line.day != today.day for line in _read(path, bound.mode)):
                _append(path, f"{today}\n")
        except OSError:
            failed.append(path)
    return failed


def noted(conn: Connection) -> dict[int, list[Line]]:
    """What was noted of this database's log and still counts, by the entry's number. Raises OSError for a file that
    cannot be read.
    """
    bound = audit_seal.of(conn)
    found: dict[int, list[Line]] = {}
    for path in bound.heads if bound else ():
        for line in standing(_read(path, bound.mode if bound else "")):
            found.setdefault(line.seq, []).append(line)
    return found


def standing(lines: Iterable[Line]) -> list[Line]:
    """Without those that a restored backup has overtaken: they speak of entries that it did not have."""
    left: list[Line] = []
    for line in lines:
        if line.restored:
            left = [earlier for earlier in left if earlier.seq <= line.seq]
        left.append(line)
    return left


def _read(path: Path, mode: str) -> list[Line]:
    if not path.exists():
        return []
    found = []
    for text in path.read_text("utf-8", "replace").splitlines():
        words = text.split()
        if len(words) >= 4 and words[1].isdigit() and words[3] == mode:
            found.append(Line(words[0], int(words[1]), words[2], words[3], words[4:] == ["restored"]))
    return found


def _append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, text.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
