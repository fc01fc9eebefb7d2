"""How old the figures on the screen are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.tables import sync_state


@dataclass(frozen=True)
class Freshness:
    """`as_of` is the moment the figures speak for (Stripe's seconds; None before the first copy ended), `age` its
    distance in seconds, `copying` whether everything is being copied (anew), `progress` how far that is, `problem` why
    the last look at Stripe failed, `reads` how many questions were put to Stripe this month (UTC) to keep the copy up
    to date: it budgets them; `shaping` how many rows were made anew after other settings, empty where none need be.
    """

    as_of: int | None
    age: int
    copying: bool
    progress: str
    problem: str
    reads: int
    shaping: str = ""

    @property
    def stale(self) -> bool:
        """Whether the screen must say that the figures are old."""
        return self.as_of is None or self.age > 120


def get(ctx: Context) -> Freshness:
    """How fresh the mirror is now."""
    with reading(ctx.engine) as conn:
        return found(ctx, conn)


def found(ctx: Context, conn: Connection) -> Freshness:
    """How fresh it was at the moment that a connection sees."""
    known = {row.key: row.value for row in conn.execute(select(sync_state))}
    as_of = int(known["fresh_at"]) if known.get("fresh_at") else None
    reads = int(known.get(f"reads:{datetime.fromtimestamp(ctx.now, UTC):%Y-%m}", 0))
    age, copying = max(0, ctx.now - as_of) if as_of else 0, bool(known.get("copying"))
    progress, problem = known.get("progress", ""), known.get("problem", "")
    return Freshness(as_of, age, copying, progress, problem, reads, _shaping(known.get("shaping")))


def _shaping(told: str | None) -> str:
    place = json.loads(told) if told else None
    return f"{place['done']:,} of about {place['rows']:,}" if place else ""
