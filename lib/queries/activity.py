"""Who did what: the audit log with the outcome of each change, and changes that Stripe has not confirmed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any

import pandas as pd
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    CursorResult,
    Select,
    case,
    cast,
    func,
    or_,
    select,
    true,
    union,
)

from lib.audit import VERBS, WANTED
from lib.context import Context
from lib.dates import end_of, start_of
from lib.mirror.database import reading
from lib.mirror.ours import audit, intents, reminders
from lib.mirror.rows import those
from lib.mirror.tables import customers, invoices
from lib.money import Money
from lib.people import SHELL
from lib.people.tables import users
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._sql import counted, listed
from lib.text import shown

# Longer logs are not counted.
_MOST = 2000
_COLUMNS = ("seq", "at", "actor", "role", "what", "subject", "about", "amount", "outcome", "words")
VIEWS = ("account:view", "invoice:view")
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


@dataclass(frozen=True)
class Filters:
    """What the log is narrowed to: a username, a verb, a customer (and all that is theirs), days of the practice (ISO,
    both included). `without_views`: what was only looked at is left out, unless its verb is asked for.
    """

    actor: str = ""
    verb: str = ""
    customer: str = ""
    since: str = ""
    until: str = ""
    without_views: bool = False


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
    found = select(audit.c.seq).where(*_narrowed(ctx, chosen), audit.c.subject == subject if subject else true())
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
    return select(*columns).select_from(source).where(*_narrowed(ctx, chosen)).order_by(audit.c.seq.desc())


def _narrowed(ctx: Context, chosen: Filters) -> list[ColumnElement[bool]]:
    """One entry a change: the one that says what was asked for. What a person decided about it stands beside it."""
    zone = ctx.settings.zone
    wanted = [or_(audit.c.intent == "", audit.c.detail.contains('"asked"'), audit.c.verb.startswith("change:"))]
    if chosen.actor:
        wanted.append(audit.c.actor == chosen.actor)
    if chosen.verb:
        wanted.append(audit.c.verb == chosen.verb)
    elif chosen.without_views:
        wanted.append(audit.c.verb.not_in(VIEWS))
    if chosen.since:
        wanted += _from(start_of(date.fromisoformat(chosen.since), zone))
    if chosen.until:
        wanted += _until(end_of(date.fromisoformat(chosen.until), zone))
    if chosen.customer:
        wanted.append(audit.c.seq.in_(_about_customer(chosen.customer)))
    return wanted


def _from(moment: int) -> list[ColumnElement[bool]]:
    """From the first entry of that time on: the log is read in its own order, which has only to begin there.

    The clock may have been set back once, so that each entry's own time still counts.
    """
    each = audit.alias("each")
    # + 0: or SQLite walks the whole log in its order instead of looking into the index over time.
    first = select(func.min(each.c.seq + 0)).where(each.c.at >= moment).scalar_subquery()
    return [audit.c.at >= moment, audit.c.seq >= first]


def _until(moment: int) -> list[ColumnElement[bool]]:
    """Up to the last entry before that time."""
    each = audit.alias("each_before")
    last = select(func.max(each.c.seq + 0)).where(each.c.at < moment).scalar_subquery()
    return [audit.c.at < moment, audit.c.seq <= last]


def _about_customer(customer: str) -> CompoundSelect[Any]:
    """Entries about an account, and about the invoices that were billed to it or were for its care; each by index."""
    # What was deleted stands in an index of its own: asked for together, every invoice would be looked at.
    theirs = union(
        *(
            select(invoices.c.id).where(whose == customer, there)
            for whose in (invoices.c.customer, invoices.c.treated)
            for there in (~invoices.c.deleted, invoices.c.deleted)
        )
    ).subquery()
    ids = select(theirs.c.id)
    made = select(audit.c.seq).join(intents, intents.c.id == audit.c.intent)
    return union(
        select(audit.c.seq).where(audit.c.subject == customer),
        select(audit.c.seq).where(audit.c.subject.in_(ids)),
        made.where(intents.c.result == customer),
        made.where(intents.c.result.in_(ids)),
    )


def _said(ctx: Context, name: str) -> ColumnElement[Any]:
    """A word of an entry's detail."""
    if ctx.engine.dialect.name == "sqlite":
        return func.json_extract(audit.c.detail, f"$.{name}")
    return cast(audit.c.detail, JSON)[name].as_string()


def _number(ctx: Context, name: str) -> ColumnElement[Any]:
    return cast(_said(ctx, name), BigInteger)


def payer_history(ctx: Context, patient: str) -> pd.DataFrame:
    """Who changed a patient's default payer, and when, newest first: at, actor, was (id), now (id)."""
    wanted = select(audit.c.at, audit.c.actor, audit.c.detail, intents.c.state).join(
        intents, intents.c.id == audit.c.intent
    )
    mine = wanted.where(
        audit.c.subject == patient,
        audit.c.verb == "patient:payer",
        intents.c.state == "done",
        audit.c.detail.contains('"asked"'),
    )
    with reading(ctx.engine) as conn:
        found = [(row.at, row.actor, json.loads(row.detail)) for row in conn.execute(mine.order_by(audit.c.seq.desc()))]
    names = people(ctx)
    return pd.DataFrame(
        [(at, names.get(actor, actor), d.get("from") or patient, d.get("to") or patient) for at, actor, d in found],
        columns=["at", "actor", "was", "now"],
    )


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


def actors(ctx: Context) -> list[str]:
    """Everybody who ever did something, from one to the next by index: a log is long and the people are few."""
    first = select(func.min(audit.c.actor).label("actor")).cte("people", recursive=True)
    after = select(func.min(audit.c.actor)).where(audit.c.actor > first.c.actor).scalar_subquery()
    people = first.union_all(select(after).where(first.c.actor.is_not(None)))
    with reading(ctx.engine) as conn:
        return list(conn.execute(select(people.c.actor).where(people.c.actor.is_not(None))).scalars())


def people(ctx: Context) -> dict[str, str]:
    """How everybody reads who can be an actor, by username: their name, with the username where two have the same."""
    with reading(ctx.engine) as conn:
        names = {row.username: shown(row.name) for row in conn.execute(select(users.c.username, users.c.name))}
    many = Counter(names.values())
    told = {username: name if many[name] == 1 else f"{name} ({username})" for username, name in names.items()}
    return {**told, SHELL.username: SHELL.name}


def say_verb(verb: str, state: str | None) -> str:
    """What an entry says: what was done, or what is wanted where that is not what became of it."""
    return VERBS[verb] if state in (None, "done") else WANTED.get(verb, VERBS[verb])


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


def say_about(row: Any) -> str:
    """Whom an entry is about: the name, or the invoice's number, as they are now; the id where neither is known."""
    if row.name or row.number:
        return shown(row.name or "") or row.number
    return row.subject or row.result or ""


def say_amount(detail: dict[str, Any]) -> str:
    """What an entry says it was about in money, with currency and direction; empty where it was not."""
    if "currency" not in detail or not ("amount" in detail or "total" in detail):
        return ""
    if "amount" in detail:
        return f"{Money(abs(detail['amount']), detail['currency'])} {'credit' if detail['amount'] < 0 else 'debit'}"
    return str(Money(detail["total"], detail["currency"]))
