"""Reading the whole audit log: does every entry stand as it was written, in order, to the end that was noted?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from lib import audit_heads, audit_seal
from lib.mirror.ours import audit, audit_head

_AT_ONCE = 1000
_ALTERED = "Entry {at:,} was altered, lost or moved."


@dataclass(frozen=True)
class Verdict:
    """What reading the log found: how many entries stand, the first that does not (None when all do), and in words
    what is wrong with it.
    """

    entries: int
    broken: int | None = None
    words: str = ""


def verify(conn: Connection, *, of_the_past: bool = False) -> Verdict:
    """Read every entry, a thousand at a time. Others may go on writing meanwhile.

    A log `of_the_past`, as a backup holds it, may end before what was noted since. Raises RuntimeError where the log is
    sealed and this process was not given the key.
    """
    head, bound = conn.execute(select(audit_head)).first(), audit_seal.of(conn)
    if head is None:
        return _without_head(conn)
    if head.seal and bound is None:
        raise RuntimeError("the audit log is sealed with a key that this process was not given")
    notes = audit_heads.noted(conn)
    prev, seq = "", 0
    wanted = select(audit).where(audit.c.seq <= head.seq).order_by(audit.c.seq)
    with conn.execute(wanted, execution_options={"yield_per": _AT_ONCE}) as rows:
        for row in rows.mappings():
            if row["seq"] != seq + 1 or row["prev"] != prev or not _sealed(dict(row), head, bound):
                return Verdict(seq, seq + 1, _ALTERED.format(at=seq + 1))
            prev, seq = row["hash"], row["seq"]
            for line in notes.pop(seq, ()):
                if line.hash != prev:
                    words = f"{_ALTERED.format(at=seq)} On {line.day} it was noted as another one."
                    return Verdict(seq - 1, seq, words)
    return _end(conn, head, bound, (seq, prev), {} if of_the_past else notes)


def _sealed(row: dict[str, Any], head: Any, bound: audit_seal.Bound | None) -> bool:
    if row["seq"] <= head.unproved_to:
        return True  # the key of these is lost; their order is all that can be told
    key = bound.key if bound and head.seal and row["seq"] >= head.keyed_from else None
    return row["hash"] == audit_seal.seal(row, key)


def _end(
    conn: Connection, head: Any, bound: audit_seal.Bound | None, end: tuple[int, str], notes: dict[int, list[Any]]
) -> Verdict:
    """The last entry against the head, and both against what was noted elsewhere."""
    seq, last = end
    if (head.seq, head.hash) != (seq, last):
        return Verdict(seq, seq + 1, _ALTERED.format(at=seq + 1))
    if bound and seq and not head.seal:
        return Verdict(0, 1, "The log has lost its seal: it may have been written anew from the beginning.")
    if bound and head.seal and not audit_seal.holds(bound.key, head):
        return Verdict(seq, seq + 1, "The end of the log was moved by another hand: entries may be missing there.")
    if notes:
        lost = max(notes)
        day = notes[lost][0].day
        return Verdict(seq, seq + 1, f"On {day} the log had {lost:,} entries, and now it ends at {seq:,}.")
    most, now = conn.execute(
        select(select(func.max(audit.c.seq)).scalar_subquery(), select(audit_head.c.seq).scalar_subquery())
    ).one()
    if (most or 0) != now:
        return Verdict(seq, seq + 1, _ALTERED.format(at=seq + 1))
    return Verdict(seq)


def _without_head(conn: Connection) -> Verdict:
    first = conn.execute(select(func.min(audit.c.seq))).scalar()
    if first is None and not audit_heads.noted(conn):
        return Verdict(0)
    return Verdict(0, 1, "The log has lost its end: nobody can tell how many entries it had.")
