"""Our books against Stripe: what differs is read once more, and what differs still waits for a person.

The day's round (check.py) holds every customer and invoice against Stripe's lists; this holds the rest together: every
ledger entry by entry, our records of changes against the tags and events they left, and what is worked out of the rows.
Memory stays flat: the database does the comparing.
"""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, func, insert, select

from lib import audit
from lib.context import Context
from lib.errors import Unavailable
from lib.mirror import compared
from lib.mirror.database import reading
from lib.mirror.ours import comparisons, differences
from lib.mirror.tables import customers, invoices
from lib.sync import books_ledgers, books_records, books_sums, check, state
from lib.sync.again import Again
from lib.sync.differences import Difference, keep
from lib.sync.follow import catch_up
from lib.sync.named import Target
from lib.sync.reader import Reader

BY_ITSELF = "payerdesk:"  # no person may have this name: it holds a colon
_MOST_AGAIN = 2_000


@dataclass(frozen=True)
class Compared:
    """One comparison. `checked` things were looked at, `explained` of them agree or were agreed to, `healed` copies
    were wrong and have been read again, `waiting` differences wait for a person; `requests` were put to Stripe.
    """

    at: int
    seconds: int
    checked: int
    explained: int
    healed: int
    waiting: int
    requests: int

    @property
    def percent(self) -> float:
        """How much of it is explained, rounded down: 100 means all of it."""
        return compared.percent(self.explained, self.checked)


def run(ctx: Context, stop: threading.Event) -> Compared:
    """Everything, now: the news, a whole round through the lists, then the books. Raises as catch_up does."""
    began, asked, wanted = time.monotonic(), ctx.stripe.asked, _wanted(ctx)
    catch_up(ctx)
    healed = check.run(ctx, stop).healed
    catch_up(ctx)  # a round asks for ledgers that were not read for a month
    told = books(ctx, healed=healed, began=began, asked=asked)
    with state.writing(ctx) as conn:
        if state.recall(conn).get("books_wanted") == wanted:  # otherwise somebody has asked since
            state.remember(conn, books_wanted="")
    return told


def _wanted(ctx: Context) -> str | None:
    """When somebody last asked for a comparison, if that is still to be done."""
    with reading(ctx.engine) as conn:
        return state.recall(conn).get("books_wanted")


def books(ctx: Context, *, healed: int = 0, began: float | None = None, asked: int | None = None) -> Compared:
    """The books alone, where a round through the lists has just ended. Raises Unavailable while a copy is under way."""
    _refuse_half_a_copy(ctx)
    began, asked = began or time.monotonic(), ctx.stripe.asked if asked is None else asked
    first = _look(ctx)
    again = _read_again(ctx, first)
    left = _look(ctx) if again or first else []
    healed += len({each.id for each in first} - {each.id for each in left}) + books_sums.heal(ctx)
    return _store(ctx, left, healed, began, asked)


def _refuse_half_a_copy(ctx: Context) -> None:
    with reading(ctx.engine) as conn:
        known = state.recall(conn)
    if not whole(known):
        raise Unavailable("The copy from Stripe is not whole yet: the books can be compared when it is.")


def whole(known: dict[str, str]) -> bool:
    """Whether everything has been copied, ledgers too, and nothing is being copied anew."""
    return "copied_at" in known and "copying" not in known and "ledgers_owed" not in known


def _look(ctx: Context) -> list[Difference]:
    with reading(ctx.engine) as conn:
        return [*books_ledgers.wrong(conn), *books_records.wrong(conn)]


def _read_again(ctx: Context, found: list[Difference]) -> int:
    """What differs may only have been misread, or have moved just now."""
    targets: list[Target] = []
    for each in found[:_MOST_AGAIN]:
        noun = {"cus": "customer", "in": "invoice"}.get(each.object.partition("_")[0])
        if noun:
            targets.append((noun, each.object))
        if noun == "customer":
            targets.append(("ledger", each.object))
        if str(each.detail.get("thing", "")).startswith("in_"):
            targets.append(("invoice", each.detail["thing"]))
    if targets:
        again = Again(ctx, Reader(ctx.stripe, ctx.clock, ctx.sleep))
        again.settle(dict.fromkeys(targets))
        again.check()
    return len(targets)


def _store(ctx: Context, left: list[Difference], healed: int, began: float, asked: int) -> Compared:
    with state.writing(ctx) as conn:
        waiting = keep(conn, left, ctx.now)
        checked = _checked(conn)
        told = Compared(
            at=ctx.now,
            seconds=round(time.monotonic() - began),
            checked=checked,
            explained=checked - waiting,
            healed=healed,
            waiting=waiting,
            requests=ctx.stripe.asked - asked,
        )
        row = {name: value for name, value in asdict(told).items() if name in comparisons.c}
        last = conn.execute(select(func.max(comparisons.c.at))).scalar() or 0
        conn.execute(insert(comparisons).values({**row, "at": max(told.at, last + 1)}))
        who = ctx.actor.username if ctx.actor else BY_ITSELF
        detail = {name: getattr(told, name) for name in ("checked", "explained", "healed", "waiting")}
        audit.record(conn, actor=who, verb="books:check", subject="", detail=detail)
        state.remember(conn, books_at=ctx.now)
    return told


def _checked(conn: Connection) -> int:
    """How many things were looked at; never fewer than what was found."""
    rows = sum(conn.execute(select(func.count()).select_from(table)).scalar_one() for table in (customers, invoices))
    found = conn.execute(select(func.count()).select_from(differences)).scalar_one()
    return max(rows + books_ledgers.count(conn) + books_records.count(conn), found)
