"""What waits for a person: parked changes, of which nobody knows what became, and those that need a second person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import pandas as pd
from sqlalchemy import Connection, CursorResult, Select, func, select

from lib.audit import WANTED
from lib.context import Context
from lib.errors import NotFound
from lib.mirror.database import reading
from lib.mirror.ours import approvals, audit, intents
from lib.mirror.rows import those
from lib.mirror.tables import customers, invoices
from lib.queries._activity_words import say_about, say_amount
from lib.queries._paging import FIRST, Order, Page, Place, page
from lib.queries._sql import counted, listed
from lib.queries.people import people
from lib.text import shown

PARKED, WAITING = "review", "waiting"
_SIZE = 20
_COLUMNS = ("id", "at", "actor", "what", "about", "amount", "words")


@dataclass(frozen=True)
class StepMade:
    """One step. `made` is the Stripe id that it brought, empty where it is not known to be done; `tried`: sent."""

    name: str
    made: str
    tried: bool


@dataclass(frozen=True)
class Change:
    """A change with its evidence. `subject` is a Stripe id or empty, `about` a name or number as it is now, `amount`
    formatted with its currency and direction, `said` the words that would stand in Stripe; times in Stripe's seconds.
    """

    id: str
    state: str
    what: str
    subject: str
    about: str
    amount: str
    said: str
    actor: str
    role: str
    asked_at: int
    updated: int
    attempts: int
    generation: int
    request_id: str
    words: str
    steps: tuple[StepMade, ...]
    asked_by: str  # who asked for the second person
    waits_since: int


@dataclass(frozen=True)
class Counts:
    """How many changes wait for a person."""

    parked: int
    waiting: int

    def __bool__(self) -> bool:
        return bool(self.parked or self.waiting)


def counts(ctx: Context) -> Counts:
    """How many are parked, and how many need a second person."""
    many = select(intents.c.state, func.count()).where(intents.c.state.in_((PARKED, WAITING)))
    with reading(ctx.engine) as conn:
        found: dict[str, int] = {row[0]: row[1] for row in conn.execute(many.group_by(intents.c.state))}
    return Counts(found.get(PARKED, 0), found.get(WAITING, 0))


def table(ctx: Context, state: str, *, place: Place = FIRST, size: int = _SIZE) -> Page:
    """Changes in one state (PARKED or WAITING), oldest first: id, at, actor, what, about, amount, words.

    `at` in Stripe's seconds, `actor` a person's name, `what` as a wish, `amount` formatted with its currency and
    direction.
    """
    found = select(intents.c.id).where(intents.c.state == state)
    with reading(ctx.engine) as conn:
        total = counted(conn, found)
    order = Order((intents.c.created, intents.c.id))
    return page(ctx, found, order, place, total, size=size, fill=_rows, tell=partial(_told, ctx))


def get(ctx: Context, intent: str) -> Change:
    """One change with its evidence. Raises NotFound."""
    with reading(ctx.engine) as conn:
        row = _rows(conn, [(intent,)]).first()
        asked = conn.execute(select(approvals).where(approvals.c.intent == intent)).first()
    if row is None:
        raise NotFound("This change is not on record here.")
    body, progress = json.loads(row.body), json.loads(row.progress)
    return Change(
        id=row.id,
        state=row.state,
        what=_what(row),
        subject=row.target or row.result,
        about=_about(row, _payers(ctx, [row])),
        amount=_amount(row),
        said="; ".join(filter(None, (step["params"].get("description", "") for step in body["steps"]))),
        actor=people(ctx).get(row.actor, row.actor),
        role=row.role,
        asked_at=row.created,
        updated=row.updated,
        attempts=row.attempts,
        generation=row.generation,
        request_id=row.request_id,
        words=row.words,
        steps=tuple(_step(step["name"], progress) for step in body["steps"]),
        asked_by=asked.asked_by if asked else row.actor,
        waits_since=asked.asked_at if asked else row.created,
    )


def _rows(conn: Connection, found: list[tuple[Any, ...]]) -> CursorResult[Any]:
    return those(conn, _changes(), intents.c.id, [one for (one, *_) in found])


@cache
def _changes() -> Select[Any]:
    """Changes, with the entry that was written down when each was asked for, and whom it is about."""
    subject = func.coalesce(func.nullif(intents.c.target, ""), intents.c.result)
    names = (customers.c.name, invoices.c.number, audit.c.verb, audit.c.detail, intents.c.target.label("subject"))
    entry = (audit.c.intent == intents.c.id) & audit.c.detail.contains('"asked"')
    source = (
        intents.outerjoin(audit, entry)
        .outerjoin(customers, customers.c.id == subject)
        .outerjoin(invoices, invoices.c.id == subject)
    )
    return select(*intents.c, *names).select_from(source)


def _told(ctx: Context, rows: Sequence[Any]) -> pd.DataFrame:
    payers, names = _payers(ctx, rows), people(ctx)
    return listed([_listed(row, payers, names) for row in rows], _COLUMNS)


def _listed(row: Any, payers: dict[str, str], names: dict[str, str]) -> tuple[Any, ...]:
    actor = names.get(row.actor, row.actor)
    return row.id, row.created, actor, _what(row), _about(row, payers), _amount(row), row.words


def _payers(ctx: Context, rows: Sequence[Any]) -> dict[str, str]:
    """The names of those for whom something was to be made that has no id yet."""
    ids = {_detail(row).get("payer", "") for row in rows}
    with reading(ctx.engine) as conn:
        found = conn.execute(select(customers.c.id, customers.c.name).where(customers.c.id.in_(ids)))
        return {row.id: shown(row.name) or row.id for row in found}


def _about(row: Any, payers: dict[str, str]) -> str:
    payer = _detail(row).get("payer", "")
    return say_about(row) or payers.get(payer, payer)


def _detail(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.detail or "{}")
    return found


def _what(row: Any) -> str:
    return WANTED.get(row.verb or "", row.kind)


def _amount(row: Any) -> str:
    return say_amount(_detail(row))


def _step(name: str, progress: dict[str, Any]) -> StepMade:
    return StepMade(name, progress.get(name, {}).get("id", ""), name in progress)
