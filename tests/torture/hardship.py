"""A database in trouble at twenty points of a day's work: full, read-only, locked, damaged, or kept from growing.

Whatever the database does, no request that changes Stripe goes out without its wish on record: looked up at the moment
of the request, by another pair of eyes. What the person is told is a sentence of ours, and when the trouble is over the
resolver leaves nothing lost and nothing twice.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from lib.actions import balances, resolver
from lib.errors import PayerdeskError
from lib.mirror.database import open_database
from lib.sandbox import Sandbox
from tests.support.world import World, build, pounds

POINTS = 20
KINDS = ("full", "read-only", "locked", "damaged", "limited")
_JOBS = 5


class Trouble:
    """Begins with the so-manieth transaction that writes, and lasts until `over`."""

    def __init__(self, kind: str, point: int, path: Path, seed: int) -> None:
        self.kind, self.left, self.path, self.draw = kind, point, path, random.Random(seed)
        self.on = False
        self._held: sqlite3.Connection | None = None
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def lent(self, raw: Any, *_: Any) -> None:
        """A connection is about to be used."""
        if self.on:
            self._pragmas(raw)

    def before(self, conn: Connection) -> None:
        """A transaction has just begun."""
        if conn.get_execution_options().get("payerdesk_writes"):
            self.left -= 1
        if self.left < 0 and not self.on:
            self.on = True
            conn.exec_driver_sql("ROLLBACK")
            self._begin()
            self._pragmas(conn.connection.driver_connection)
            conn.exec_driver_sql("BEGIN IMMEDIATE")

    def _begin(self) -> None:
        if self.kind == "locked":
            self._held = sqlite3.connect(self.path, isolation_level=None)
            self._held.execute("BEGIN IMMEDIATE")
        elif self.kind == "limited":  # the system refuses to let the file grow
            most = max(each.stat().st_size for each in self.path.parent.glob(f"{self.path.name}*"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, self._limits[1]))
        elif self.kind == "damaged":
            with closing(sqlite3.connect(self.path)) as raw:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            with self.path.open("r+b") as file:
                for _ in range(30):
                    file.seek(self.draw.randrange(100, self.path.stat().st_size))
                    file.write(self.draw.randbytes(200))
                os.fsync(file.fileno())

    def _pragmas(self, raw: Any) -> None:
        """Of one connection; waiting is cut short."""
        if self.kind == "locked":
            raw.execute("PRAGMA busy_timeout=20").close()
        elif self.kind == "read-only":
            raw.execute("PRAGMA query_only=ON").close()
        elif self.kind == "full":
            pages = raw.execute("PRAGMA page_count").fetchone()[0]
            raw.execute(f"PRAGMA max_page_count={pages}").close()

    def over(self) -> None:
        """The database is as it was, but for what was damaged."""
        self.on, self.left = False, 10**9
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)
        if self._held:
            self._held.close()


def _watched(world: World, path: Path) -> list[str]:
    """Requests that change Stripe and whose wish is not in the file at that moment."""
    bare: list[str] = []
    inner = world.wire.request

    def request(method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        key = {name.lower(): value for name, value in (headers or {}).items()}.get("idempotency-key", "")
        if method == "post" and key.startswith("pd1:") and not _on_record(path, key.split(":")[1]):
            bare.append(key)
        return inner(method, url, headers, post_data)

    world.wire.request = request  # type: ignore[method-assign]
    return bare


def _on_record(path: Path, intent: str) -> bool:
    """By what the database answers; where that is damaged, by what lies on the disk."""
    with closing(sqlite3.connect(path)) as eyes, suppress(sqlite3.Error, UnicodeDecodeError):
        if eyes.execute("SELECT id FROM intents WHERE id = ?", [intent]).fetchone():
            return True
    files = (path, path.with_name(f"{path.name}-wal"))
    return any(intent.encode() in file.read_bytes() for file in files if file.exists())


def _small_pages(path: Path) -> None:
    """A database whose pages are full soon: a file that may not grow is felt at once."""
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA page_size=512")
        raw.execute("CREATE TABLE pages (id INTEGER PRIMARY KEY)")
        raw.commit()


def one(kind: str, point: int, seed: int) -> Counter[str]:
    """Five credits with the trouble beginning at one point; what came of it."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "payerdesk.sqlite"
        _small_pages(path)
        world = build(Sandbox(seed=seed), open_database(f"sqlite:///{path}"), Path(folder))
        customers = [world.customer(f"Practice {number}") for number in range(_JOBS)]
        bare, trouble = _watched(world, path), Trouble(kind, point, path, seed)
        event.listen(world.ctx.engine, "begin", trouble.before)
        event.listen(world.ctx.engine, "checkout", trouble.lent)
        ends = [_credit(world, customer, number) for number, customer in enumerate(customers)]
        event.remove(world.ctx.engine, "begin", trouble.before)
        event.remove(world.ctx.engine, "checkout", trouble.lent)
        trouble.over()
        world.ctx.engine.dispose()
        found.update({f"told {end}": count for end, count in Counter(ends).items()})
        found["bare"] += len(bare)
        found["troubled"] += any(end != "done" for end in ends)
        if kind != "damaged":
            found.update(_settled(world, customers, ends))
        with suppress(Exception):
            world.ctx.engine.dispose()
        world.sandbox.close()
    return found


def _credit(world: World, customer: str, number: int) -> str:
    """How it ended for the person: done, a sentence of ours, or an error that the screen has its own sentence for."""
    try:
        balances.adjust_balance(
            world.ctx,
            customer=customer,
            kind="Credit",
            amount=pounds(1000 + number),
            reason="Goodwill",
            note="x" * 250,
            seen=pounds(0),
            form=f"form-{number}",
        )
    except PayerdeskError as no:
        plain = no.words and not any(word in no.words.lower() for word in ("sql", "errno", "traceback", "none"))
        return type(no).__name__ if plain else "words that nobody understands"
    except Exception:  # noqa: BLE001 - whatever it is, the screen says that the page could not be shown
        return "page not shown"
    return "done"


def _settled(world: World, customers: list[str], ends: list[str]) -> Counter[str]:
    """The trouble is over: everything is finished, or certainly not done."""
    found: Counter[str] = Counter()
    for _ in range(3):
        world.wait(200)
        resolver.resolve(world.ctx)
    states = {row.form: row.state for row in world.intents()}
    for number, (customer, end) in enumerate(zip(customers, ends, strict=True)):
        entries, state = world.entries(customer), states.get(f"form-{number}")
        found["twice"] += max(0, len(entries) - 1)
        found["lost"] += end == "done" and not entries
        found["unrecorded"] += bool(entries) and state not in ("done", "review")
        found["left open"] += state in ("planned", "sent", "unknown")
        found["refused but done"] += end == "Refused" and bool(entries)
    return found


WRONG = (
    "bare",
    "twice",
    "lost",
    "unrecorded",
    "left open",
    "refused but done",
    "told words that nobody understands",
)


def run(seed: int = 1, scale: float = 1.0) -> dict[str, Any]:
    """Figures by kind, and `wrong`: what must be 0."""
    points = max(1, round(POINTS * scale))
    told: dict[str, Any] = {"seed": seed, "points": points, "kinds": len(KINDS)}
    wrong = 0
    look: Callable[[int], int] = (lambda n: n) if points == POINTS else (lambda n: n * POINTS // points)
    for kind in KINDS:
        found: Counter[str] = Counter()
        for point in range(points):
            found.update(one(kind, look(point), seed + point))
        wrong += sum(found[name] for name in WRONG)
        told[kind] = {name: count for name, count in sorted(found.items()) if count}
    return {**told, "wrong": wrong}


def main() -> None:
    """`python -m tests.torture.hardship [seed]`"""
    import sys

    print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1)))  # noqa: T201


if __name__ == "__main__":
    main()
