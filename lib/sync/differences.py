"""Where our records and Stripe do not agree: kept until they do, or until a person agrees to it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from lib.mirror.ours import differences
from lib.mirror.rows import in_heaps

_AT_ONCE = 500


@dataclass(frozen=True)
class Difference:
    """One thing that nobody can explain. Changes to `object` (a Stripe id) are refused while it is open.

    `detail` holds ids and amounts: `thing` is the object it was found by, `ours` and `theirs` minor units of `currency`
    where the two sides have a figure.
    """

    kind: str  # ledger, tag, twice, missing, other, event
    thing: str
    object: str
    detail: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.thing}"


def keep(conn: Connection, found: Iterable[Difference], now: int) -> int:
    """Store what was found, and forget what is no longer so; how many are open. What a person agreed to stays agreed,
    unless it has become another difference since.
    """
    known = {row.id: row.detail for row in conn.execute(select(differences.c.id, differences.c.detail))}
    seen: set[str] = set()
    for each in found:
        detail = json.dumps(each.detail, sort_keys=True)
        seen.add(each.id)
        fresh = {"object": each.object, "detail": detail, "found_at": now, "agreed_by": "", "agreed_at": 0}
        if each.id not in known:
            conn.execute(insert(differences).values(id=each.id, kind=each.kind, **fresh))
        elif known[each.id] != detail:
            conn.execute(update(differences).where(differences.c.id == each.id).values(**fresh))
    for gone in in_heaps(known.keys() - seen, _AT_ONCE):
        conn.execute(delete(differences).where(differences.c.id.in_(gone)))
    return open_ones(conn)


def open_ones(conn: Connection) -> int:
    """How many wait for a person."""
    return conn.execute(select(func.count()).where(differences.c.agreed_at == 0)).scalar_one()
