"""A thousand tamperings with the audit log, by somebody who holds the database and knows how it is made.

Edits, deletions, swaps, insertions, cut tails, heads put back from yesterday, the whole log written anew without the
key (with none, with one of their own, as an earlier program would have) and with it. Each is undone before the next.
"""

from __future__ import annotations

import json
import random
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from lib import audit, audit_heads, audit_keys, audit_seal
from lib.mirror.database import open_database, writing
from lib.mirror.ours import audit as log
from lib.mirror.ours import audit_head
from lib.settings import Settings
from tests.support.tamper import unlock
from tests.support.world import DAY, NOON

TIMES, ENTRIES, DAYS = 1000, 60, 4
Row = dict[str, Any]
_TEXTS = ("actor", "role", "subject", "intent", "detail", "prev", "hash", "verb")


def _rows(conn: Connection) -> list[Row]:
    return [dict(row) for row in conn.execute(select(log).order_by(log.c.seq)).mappings()]


def _edit(conn: Connection, draw: random.Random, _key: bytes) -> None:
    row = draw.choice(_rows(conn))
    name = draw.choice((*_TEXTS, "at"))
    value = row["at"] + draw.choice((-1, 86_400)) if name == "at" else f"{row[name]}{draw.choice('0 x')}"
    conn.execute(update(log).where(log.c.seq == row["seq"]).values({name: value}))


def _edit_and_seal(conn: Connection, draw: random.Random, _key: bytes) -> None:
    """The edited entry gets a fingerprint that fits it, as a plain chain would take it."""
    row = draw.choice(_rows(conn))
    row["detail"] = json.dumps({"amount": draw.randrange(10**6)})
    row["hash"] = audit_seal.seal(row)
    conn.execute(update(log).where(log.c.seq == row["seq"]).values(row))


def _delete(conn: Connection, draw: random.Random, _key: bytes) -> None:
    first = draw.randrange(1, ENTRIES + 1)
    last = min(ENTRIES, first + draw.randrange(3))
    conn.execute(delete(log).where(log.c.seq.between(first, last)))


def _delete_and_close_up(conn: Connection, draw: random.Random, _key: bytes) -> None:
    """The gap is closed: numbers move up, and links are tied again."""
    rows = _rows(conn)
    rows.pop(draw.randrange(len(rows)))
    _write_anew(conn, rows, None)


def _swap(conn: Connection, draw: random.Random, _key: bytes) -> None:
    one, other = draw.sample(_rows(conn), 2)
    conn.execute(delete(log).where(log.c.seq.in_((one["seq"], other["seq"]))))
    conn.execute(insert(log), [{**one, "seq": other["seq"]}, {**other, "seq": one["seq"]}])


def _insert(conn: Connection, draw: random.Random, _key: bytes) -> None:
    rows = _rows(conn)
    made_up = {**draw.choice(rows), "detail": "{}", "actor": "noor"}
    rows.insert(draw.randrange(len(rows) + 1), made_up)
    _write_anew(conn, rows, None)


def _append(conn: Connection, draw: random.Random, _key: bytes) -> None:
    """Beyond the head, as if it had always been there."""
    last = _rows(conn)[-1]
    row = {**last, "seq": last["seq"] + 1, "prev": last["hash"], "actor": "noor"}
    conn.execute(insert(log).values({**row, "hash": audit_seal.seal(row)}))


def _cut(conn: Connection, draw: random.Random, _key: bytes) -> None:
    """The last entries go, and the head with them; sometimes work goes on afterwards."""
    left = draw.randrange(1, ENTRIES)
    last = _rows(conn)[left - 1]
    conn.execute(delete(log).where(log.c.seq > left))
    conn.execute(update(audit_head).values(seq=left, hash=last["hash"]))
    for number in range(draw.choice((0, 1, ENTRIES - left, ENTRIES))):
        _entry(conn, number)


def _cut_with_the_head_of_that_day(conn: Connection, draw: random.Random, key: bytes) -> None:
    """Database files of an earlier day, put back: everything in them fits."""
    left = draw.randrange(1, ENTRIES // DAYS * (DAYS - 1))
    last = _rows(conn)[left - 1]
    known = conn.execute(select(audit_head)).one()
    conn.execute(delete(log).where(log.c.seq > left))
    sealed = audit_seal.seal_head(key, left, last["hash"], known.keyed_from, known.unproved_to)
    conn.execute(update(audit_head).values(seq=left, hash=last["hash"], seal=sealed))


def _anew_plain(conn: Connection, draw: random.Random, _key: bytes) -> None:
    """Written anew from the beginning as an earlier program would have, the seal taken away."""
    _write_anew(conn, _changed(conn, draw), None)
    if draw.random() < 0.5:
        conn.execute(update(audit_head).values(seal="", keyed_from=draw.choice((0, ENTRIES + 1))))


def _anew_with_another_key(conn: Connection, draw: random.Random, _key: bytes) -> None:
    _write_anew(conn, _changed(conn, draw), secrets.token_hex(32).encode())


def _anew_with_the_key(conn: Connection, draw: random.Random, key: bytes) -> None:
    """Whoever has the key as well: found by what was noted in another place."""
    rows = _rows(conn)
    first = draw.randrange(ENTRIES // DAYS * (DAYS - 1))
    rows[first]["actor"] = "noor"
    _write_anew(conn, rows, key)


def _cut_with_the_key(conn: Connection, draw: random.Random, key: bytes) -> None:
    rows = _rows(conn)
    rows.pop(draw.randrange(ENTRIES // DAYS * (DAYS - 1)))
    _write_anew(conn, rows, key)


KINDS: dict[str, Callable[[Connection, random.Random, bytes], None]] = {
    "edit": _edit,
    "edit and seal": _edit_and_seal,
    "delete": _delete,
    "delete and close up": _delete_and_close_up,
    "swap": _swap,
    "insert": _insert,
    "append": _append,
    "cut the tail": _cut,
    "cut with the head of that day": _cut_with_the_head_of_that_day,
    "anew, plain": _anew_plain,
    "anew, another key": _anew_with_another_key,
    "anew, with the key": _anew_with_the_key,
    "cut, with the key": _cut_with_the_key,
}


def _changed(conn: Connection, draw: random.Random) -> list[Row]:
    rows = _rows(conn)
    draw.choice(rows)["actor"] = "noor"
    return rows


def _write_anew(conn: Connection, rows: list[Row], key: bytes | None) -> None:
    conn.execute(delete(log))
    prev = ""
    for number, row in enumerate(rows, 1):
        row |= {"seq": number, "prev": prev}
        row["hash"] = prev = audit_seal.seal(row, key)
        conn.execute(insert(log).values(row))
    known = conn.execute(select(audit_head)).one()
    values: Row = {"seq": len(rows), "hash": prev}
    if key:
        values["seal"] = audit_seal.seal_head(key, len(rows), prev, known.keyed_from, known.unproved_to)
    conn.execute(update(audit_head).values(**values))


def _entry(conn: Connection, number: int) -> None:
    detail = {"amount": number, "currency": "gbp"}
    audit.record(conn, actor="mira", role="manager", verb="balance:adjust", subject=f"cus_{number}", detail=detail)


def _prepared(engine: Engine, folder: Path) -> bytes:
    """A log of some days, each of which was noted."""
    settings = Settings(mode="sandbox", data=folder)
    audit_keys.settle(engine, settings, NOON)
    for day in range(DAYS):
        for number in range(ENTRIES // DAYS):
            with writing(engine) as conn:
                _entry(conn, number)
        audit_heads.note(engine, NOON + day * DAY)
    return audit_keys.key_of(settings, make=False)


def tampered(engine: Engine, key: bytes, kind: str, draw: random.Random) -> bool:
    """Whether it is found; everything is as it was afterwards."""
    with engine.connect().execution_options(payerdesk_writes=True) as conn:
        unlock(conn)
        KINDS[kind](conn, draw, key)
        found = audit.first_broken(conn) is not None
        conn.rollback()
    return found


def run(seed: int = 1, scale: float = 1.0, url: str = "") -> dict[str, Any]:
    """Figures: `tamperings`, `tamperings_found`, and by kind what was `missed`."""
    draw, missed, found = random.Random(seed), Counter[str](), 0
    times = max(len(KINDS), round(TIMES * scale))
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(url or f"sqlite:///{folder}/payerdesk.sqlite")
        key = _prepared(engine, Path(folder))
        for number in range(times):
            kind = list(KINDS)[number % len(KINDS)]
            if tampered(engine, key, kind, draw):
                found += 1
            else:
                missed[kind] += 1
        with engine.connect() as conn:
            alarms = int(audit.first_broken(conn) is not None)
        engine.dispose()
    told = {"seed": seed, "tamperings": times, "tamperings_found": found, "missed": dict(missed)}
    return {**told, "false_alarms": alarms, "wrong": times - found + alarms}


def main() -> None:
    """`python -m tests.torture.tamperings [seed]`"""
    import sys

    print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1)))  # noqa: T201


if __name__ == "__main__":
    main()
