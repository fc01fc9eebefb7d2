"""Who did what: the audit log with the outcome of each change, and changes that Stripe has not confirmed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import pandas as pd
from sqlalchemy import JSON, BigInteger, ColumnElement, Connection, CursorResult, Select, case, cast, func, select, true

from lib.audit import VERBS
from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import audit, intents, reminders
from lib.mirror.rows import those
from lib.mirror.tables import customers, invoices
from lib.people import SHELL
from lib.queries._activity_filters import Filters, narrowed
from lib.queries._activity_words import say_about, say_amount, say_verb
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._sql import counted, listed
from lib.queries.people import people

# Longer logs are not counted.
_MOST = 2000
_COLUMNS = ("seq", "at", "actor", "role", "what", "subject", "about", "amount", "outcome", "words")
_OUTCOMES = {
    "waiting": "Waits for a second person",
    "planned": "Waiting to be sent",
    "sent": "Not yet confirmed",
    "unknown": "Not yet confirmed",
    "done": "Done",
    "refused": "Refused",
    "changed": "Stopped: somebody was first",
    "review": "Needs a look",
}
# A reminder goes to the mail server, not to Stripe: what became of it stands beside it (lib/mirror/ours.py).
_MAILED = {"sending": "sent", "sent": "done", "refused": "refused", "unknown": "unknown"}
_ended = func.coalesce(intents.c.state, case(_MAILED, value=reminders.c.state))


def table(
    ctx: Context,
    *,
    actor: str = "",
    verb: str = "",
    subject: str = "",
    filters: Filters | None = None,
    place: Place = FIRST,
    size: int = SIZE,
) -> Page:
    """What people did, newest first: seq, at, actor, role, what, subject, about, amount, outcome, words.

    `at` in Stripe's seconds, `actor` and `about` as they read now, `amount` formatted with its currency and
    direction. Long logs are not counted (`total` None).
    """
    chosen = filters or Filters(actor=actor, verb=verb)
    found = select(audit.c.seq).where(*narrowed(ctx, chosen), audit.c.subject == subject if subject else true())
    with reading(ctx.engine) as conn:
        total = counted(conn, found, _MOST)
    order = Order((audit.c.seq,), descending=True)
    known = total if total <= _MOST else None
    return page(ctx, found, order, place, known, size=size, fill=_entries, tell=partial(_told, ctx))


def statement(
    ctx: Context,
    *,
    actor: str = "",
    verb: str = "",
    customer: str = "",
    since: str = "",
    until: str = "",
    without_views: bool = False,
) -> Select[Any]:
    """The rows of `table`, all of them, newest first, as they are on record: seq, at, actor, role, verb, subject,
    amount, currency, outcome, words. Ids and usernames, no names.

    `amount` in minor units of `currency`, of a balance entry signed as Stripe signs it (negative is credit).
    """
    chosen = Filters(actor, verb, customer, since, until, without_views)
    subject = func.coalesce(func.nullif(audit.c.subject, ""), intents.c.result, "")
    amount = func.coalesce(_number(ctx, "amount"), _number(ctx, "total"))
    columns = (
        audit.c.seq,
        audit.c.at,
        case((audit.c.actor == SHELL.username, SHELL.name), else_=audit.c.actor).label("actor"),
        audit.c.role,
        audit.c.verb,
        subject.label("subject"),
        amount.label("amount"),
        func.coalesce(_said(ctx, "currency"), "").label("currency"),
        case(*((_ended == state, words) for state, words in _OUTCOMES.items()), else_="").label("outcome"),
        func.coalesce(intents.c.words, reminders.c.words, "").label("words"),
    )
    source = audit.outerjoin(intents, intents.c.id == audit.c.intent)
    source = source.outerjoin(reminders, reminders.c.id == audit.c.intent)
    return select(*columns).select_from(source).where(*narrowed(ctx, chosen)).order_by(audit.c.seq.desc())


def _said(ctx: Context, name: str) -> ColumnElement[Any]:
    """A word of an entry's detail."""
    if ctx.engine.dialect.name == "sqlite":
        return func.json_extract(audit.c.detail, f"$.{name}")
    return cast(audit.c.detail, JSON)[name].as_string()


def _number(ctx: Context, name: str) -> ColumnElement[Any]:
    return cast(_said(ctx, name), BigInteger)


def unconfirmed(ctx: Context, *, parked: bool = True) -> pd.DataFrame:
    """Changes that are still open or (`parked`) wait for a person to look, newest first; columns as in `table`."""
    states = ("planned", "sent", "unknown", *(("review",) if parked else ()))
    still_open = intents.c.state.in_(states) & (intents.c.updated < ctx.now - 5)
    with reading(ctx.engine) as conn:
        waiting = list(conn.execute(select(intents.c.id).where(still_open)).scalars())
    asked = select(audit.c.seq).where(audit.c.intent.in_(waiting), audit.c.detail.contains('"asked"'))
    order = Order((audit.c.seq,), descending=True)
    return page(ctx, asked, order, FIRST, None, fill=_entries, tell=partial(_told, ctx)).rows


def verbs() -> dict[str, str]:
    """Everything that is ever written down, and how it reads."""
    return VERBS


def _told(ctx: Context, rows: Sequence[Any]) -> pd.DataFrame:
    names = people(ctx)
    return listed([_told_of(row, names) for row in rows], _COLUMNS)


def _told_of(row: Any, names: dict[str, str]) -> tuple[Any, ...]:
    actor, what = names.get(row.actor, row.actor), say_verb(row.verb, row.state)
    outcome = _OUTCOMES.get(row.state or "", "")
    about, amount = say_about(row), say_amount(json.loads(row.detail))
    return row.seq, row.at, actor, row.role, what, row.subject, about, amount, outcome, row.words or ""


def _entries(conn: Connection, found: list[tuple[Any, ...]]) -> CursorResult[Any]:
    return those(conn, _entry(), audit.c.seq, [seq for (seq,) in found])


@cache
def _entry() -> Select[Any]:
    """Entries, with what became of each and whom it was about."""
    columns = (
        audit.c.seq,
        audit.c.at,
        audit.c.actor,
        audit.c.role,
        audit.c.verb,
        audit.c.subject,
        audit.c.detail,
        _ended.label("state"),
        func.coalesce(intents.c.words, reminders.c.words).label("words"),
        intents.c.result,
        customers.c.name,
        invoices.c.number,
    )
    # What is made by a change is its result; what is changed by one is its subject.
    about = func.coalesce(func.nullif(audit.c.subject, ""), intents.c.result)
    source = (
        audit.outerjoin(intents, intents.c.id == audit.c.intent)
        .outerjoin(reminders, reminders.c.id == audit.c.intent)
        .outerjoin(customers, customers.c.id == about)
        .outerjoin(invoices, invoices.c.id == about)
    )
    return select(*columns).select_from(source)
