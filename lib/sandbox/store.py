"""Where everything is kept: SQLite, one connection, one transaction a request.

A body is stored as the JSON text that the API answers, so that lists can pass it on without reading it. The engine
holds the lock; nothing here may be called without it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lib.sandbox import schema
from lib.sandbox.schema import COLUMNS, Body
from lib.sandbox.wire import dump

Where = Sequence[tuple[str, Any]]
LIVE, HIDDEN, GONE = "live", "hidden", "gone"
# A whole invoice is longer than SQLite's usual page; cut in pieces it takes as many reads, and every other request
# waits for them.
_SETTINGS = ("page_size=16384", "journal_mode=WAL", "synchronous=OFF", "cache_size=-65536", "temp_store=MEMORY")


class Store:
    """Objects by kind and id, pages of them, and the few counters and ledgers that are not objects."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            str(path or ":memory:"), check_same_thread=False, isolation_level=None, cached_statements=512
        )
        for setting in _SETTINGS:
            self._db.execute(f"PRAGMA {setting}")
        self._add_columns()
        self._db.executescript(schema.statements())

    def _add_columns(self) -> None:
        """A file of an earlier version gets the columns that it lacks."""
        for kind, columns in COLUMNS.items():
            held = {row[1] for row in self._db.execute(f"PRAGMA table_info({kind})")}
            for name in [name for name in columns if held and name not in held]:
                self._db.execute(f"ALTER TABLE {kind} ADD COLUMN {name}")

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Work that leaves no trace: how a preview is made with the same steps as the real thing."""
        self._db.execute("SAVEPOINT preview")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK TO preview")
            self._db.execute("RELEASE preview")

    # Objects

    def add(
        self, kind: str, body: Body, *, rank: int | None = None, state: str = LIVE, beside: Body | None = None
    ) -> None:
        """`beside` is for columns that the body itself does not show."""
        rank = body.get("created", body.get("date", 0)) if rank is None else rank
        row = [body["id"], rank, state, *schema.values(kind, {**body, **(beside or {})}), dump(body)]
        columns = ", ".join(["id", "rank", "state", *COLUMNS[kind], "body"])
        self._db.execute(f"INSERT INTO {kind} ({columns}) VALUES ({', '.join('?' * len(row))})", row)

    def save(self, kind: str, body: Body) -> None:
        sets = ", ".join(f"{name} = ?" for name in [*COLUMNS[kind], "body"])
        self._db.execute(f"UPDATE {kind} SET {sets} WHERE id = ?", [*schema.values(kind, body), dump(body), body["id"]])

    def remove(self, kind: str, ident: str) -> None:
        """Out of sight; its place stays, because its id is still a valid cursor."""
        self._db.execute(f"UPDATE {kind} SET state = '{GONE}' WHERE id = ?", (ident,))

    def text(self, kind: str, ident: str) -> str | None:
        row = self._db.execute(f"SELECT body FROM {kind} WHERE id = ? AND state != '{GONE}'", (ident,)).fetchone()
        return row and row[0]

    def find(self, kind: str, ident: str) -> Body | None:
        text = self.text(kind, ident)
        return None if text is None else json.loads(text)

    def is_gone(self, kind: str, ident: str) -> bool:
        return self._one(f"SELECT 1 FROM {kind} WHERE id = ? AND state = '{GONE}'", (ident,)) is not None

    # Many objects

    def place(self, kind: str, ident: str) -> tuple[int, int] | None:
        """Where a cursor points, also when the object is gone."""
        return self._db.execute(f"SELECT rank, seq FROM {kind} WHERE id = ?", (ident,)).fetchone()

    def page(
        self, kind: str, where: Where, limit: int, after: tuple[int, int] | None, before: tuple[int, int] | None
    ) -> tuple[list[str], bool]:
        """One page, newest first, and whether there is more on the far side of it."""
        compare, order = ("<", "DESC") if before is None else (">", "ASC")
        limits: list[tuple[str, Any]] = [*where, (f"state = '{LIVE}'", ())]
        if cursor := before or after:
            limits.append((f"(rank, seq) {compare} (?, ?)", cursor))
        rows = self._rows(kind, limits, f"ORDER BY rank {order}, seq {order} LIMIT {limit + 1}")
        found = rows[:limit]
        return (found if before is None else found[::-1]), len(rows) > limit

    def select(self, kind: str, *where: tuple[str, Any]) -> list[Body]:
        """All that match, newest first."""
        rows = self._rows(kind, [*where, (f"state = '{LIVE}'", ())], "ORDER BY rank DESC, seq DESC")
        return [json.loads(row) for row in rows]

    def exists(self, kind: str, *where: tuple[str, Any]) -> str | None:
        """The id of one that matches."""
        clause, args = _clause([*where, (f"state = '{LIVE}'", ())])
        return self._one(f"SELECT id FROM {kind} WHERE {clause} LIMIT 1", args)

    def count(self, kind: str, *where: tuple[str, Any]) -> int:
        clause, args = _clause([*where, (f"state = '{LIVE}'", ())])
        return self._one(f"SELECT count(*) FROM {kind} WHERE {clause}", args)

    def first(self, most: int, kind: str, *where: tuple[str, Any]) -> list[int]:
        """So many rows that match, in no order."""
        clause, args = _clause(where)
        return [row[0] for row in self._db.execute(f"SELECT seq FROM {kind} WHERE {clause} LIMIT {most}", args)]

    def terms(self) -> tuple[int, int]:
        """How soon and how late after their creation invoices fall due."""
        found = [self._one(f"SELECT {end}(due_date - rank) FROM invoice", ()) for end in ("min", "max")]
        return found[0], found[1]

    def drop_older(self, kind: str, rank: int) -> None:
        self._db.execute(f"DELETE FROM {kind} WHERE rank < ?", (rank,))

    # Counters, ledgers, keys and things that fall due

    def next(self, name: str) -> int:
        sql = "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
        return self._db.execute(sql, (name,)).fetchone()[0]

    def ledger(self, customer: str, currency: str) -> int:
        found = self._one("SELECT balance FROM ledgers WHERE customer = ? AND currency = ?", (customer, currency))
        return found or 0

    def ledgers(self, customer: str) -> dict[str, int]:
        sql = "SELECT currency, balance FROM ledgers WHERE customer = ? ORDER BY currency"
        return dict(self._db.execute(sql, (customer,)).fetchall())

    def set_ledger(self, customer: str, currency: str, balance: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO ledgers VALUES (?, ?, ?)", (customer, currency, balance))

    def key(self, key: str) -> tuple[str, int, str] | None:
        return self._db.execute("SELECT fingerprint, status, body FROM keys WHERE key = ?", (key,)).fetchone()

    def keep_key(self, key: str, fingerprint: str, at: int, status: int, body: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?)", (key, fingerprint, at, status, body))

    def forget_keys(self, before: int) -> None:
        self._db.execute("DELETE FROM keys WHERE at < ?", (before,))

    def plan(self, at: int, kind: str, ident: str) -> None:
        self._db.execute("INSERT INTO due VALUES (?, ?, ?)", (at, kind, ident))

    def fallen_due(self, now: int) -> list[tuple[str, str]]:
        rows = self._db.execute("SELECT kind, id FROM due WHERE at <= ? ORDER BY at, rowid", (now,)).fetchall()
        if rows:
            self._db.execute("DELETE FROM due WHERE at <= ?", (now,))
        return rows

    def next_due(self) -> int | None:
        return self._one("SELECT min(at) FROM due", ())

    def digest(self, *, without: Sequence[str] = ()) -> str:
        """A fingerprint of every row of every table."""
        found = hashlib.sha256()
        for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
            if name not in without:
                for row in self._db.execute(f"SELECT * FROM {name}"):
                    found.update(repr(row).encode())
        return found.hexdigest()

    def _one(self, sql: str, args: Any) -> Any:
        row = self._db.execute(sql, args).fetchone()
        return row and row[0]

    def _rows(self, kind: str, where: Where, tail: str) -> list[str]:
        clause, args = _clause(where)
        return [row[0] for row in self._db.execute(f"SELECT body FROM {kind} WHERE {clause} {tail}", args)]


def _clause(where: Where) -> tuple[str, list[Any]]:
    """Conditions with their values; a bare value stands for itself."""
    args: list[Any] = []
    for _, value in where:
        args.extend(value if isinstance(value, list | tuple) else [value])
    return " AND ".join(condition for condition, _ in where), args
