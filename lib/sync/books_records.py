"""Our records of changes against what Stripe has: every tag of ours belongs to one change that is done, every change
that is done has left what it made, and every event that we caused has a change behind it.

Stripe's side is read from the mirror, which the day's round (check.py) has just held against every list.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select, text

from lib.mirror.ours import intents
from lib.mirror.rows import among
from lib.mirror.tables import TAGGED, balance_transactions, credit_notes, customers, events, invoices
from lib.sync.differences import Difference

ADOPTED = "unknown.record"  # the kind of what was taken over after a backup was put back
_AT_ONCE = 500
_ENDED_BADLY = ("refused", "changed")
_MADE_BY = {"/v1/customers": customers, "/v1/invoices": invoices, "/v1/credit_notes": credit_notes}
_PREFIXES = {"cus": customers, "in": invoices, "cbtxn": balance_transactions, "cn": credit_notes}


def count(conn: Connection) -> int:
    """How many changes, tags and events there are to look at."""
    counted = [select(func.count()).select_from(intents)]
    counted += [select(func.count()).select_from(table).where(_is_tagged(table)) for table in TAGGED]
    counted.append(select(func.count()).select_from(events).where(_is_ours()))
    return sum(conn.execute(each).scalar_one() for each in counted)


def wrong(conn: Connection) -> list[Difference]:
    """Everything that only one side knows, or that the two know differently."""
    return [*_unknown_tags(conn), *_unknown_events(conn), *_changes(conn)]


def unknown_tags(conn: Connection, table: Table) -> Iterator[Any]:
    """Rows with a tag of ours that no record explains."""
    wanted = (
        select(table)
        .outerjoin(intents, intents.c.id == table.c.intent)
        .where(_is_tagged(table), intents.c.id.is_(None))
    )
    yield from conn.execute(wanted.order_by(table.c.created, table.c.id)).all()


def _is_tagged(table: Table) -> ColumnElement[bool]:
    return text(f"{table.name}.intent != ''")  # type: ignore[return-value]


def _is_ours() -> ColumnElement[bool]:
    return events.c.idempotency_key.like("pd1:%")


def _unknown_tags(conn: Connection) -> Iterator[Difference]:
    for table in TAGGED:
        for row in unknown_tags(conn, table):
            yield Difference("tag", row.id, _whose(table, row), {"intent": row.intent, **figures(table, row)})


def figures(table: Table, row: Any) -> dict[str, Any]:
    """What a row is about, in minor units; nothing for a customer."""
    column = {invoices: "total", balance_transactions: "amount", credit_notes: "amount"}.get(table)
    return {"thing": row.id, **({"theirs": getattr(row, column), "currency": row.currency} if column else {})}


def _whose(table: Table, row: Any) -> str:
    """What nobody may change meanwhile: an invoice itself, otherwise the customer."""
    return row.id if table in (invoices, customers) else row.customer


def unknown_events(conn: Connection) -> list[Any]:
    """Events that a change of ours caused, and no record explains: id, type, object, created, intent."""
    caused_by = func.substr(events.c.idempotency_key, 5, 32)
    wanted = (
        select(events.c.id, events.c.type, events.c.object, events.c.created, caused_by.label("intent"))
        .outerjoin(intents, intents.c.id == caused_by)
        .where(_is_ours(), intents.c.id.is_(None))
    )
    return list(conn.execute(wanted.order_by(events.c.created, events.c.id)).all())


def _unknown_events(conn: Connection) -> Iterator[Difference]:
    for row in unknown_events(conn):
        yield Difference("event", row.id, row.object, {"thing": row.id, "intent": row.intent, "type": row.type})


def _changes(conn: Connection) -> Iterator[Difference]:
    """Our records, some hundreds at a time."""
    last = ""
    names = ("id", "kind", "target", "body", "state", "progress", "result")
    while True:
        wanted = select(*(intents.c[name] for name in names)).where(intents.c.id > last)
        some = conn.execute(wanted.order_by(intents.c.id).limit(_AT_ONCE)).all()
        if not some:
            return
        yield from _some_changes(conn, some)
        last = some[-1].id


def _some_changes(conn: Connection, some: list[Any]) -> Iterator[Difference]:
    held = {table: _held(conn, table, some) for table in TAGGED}
    bodies = {row.id: json.loads(row.body)["steps"] for row in some}
    made = {row.id: _made(row) for row in some}
    there = _there(conn, {thing for each in made.values() for thing in each.values()})
    for row in some:
        if row.kind == ADOPTED:
            continue
        if row.state == "done":
            yield from _what_is_missing(conn, row, bodies[row.id], made[row.id], there)
        for table in TAGGED:
            yield from _tags(table, row, bodies[row.id], set(made[row.id].values()), held[table].get(row.id, []))


def _made(row: Any) -> dict[str, str]:
    """What each step of a change has made or changed."""
    return {name: told["id"] for name, told in json.loads(row.progress).items() if told.get("id")}


def _there(conn: Connection, things: set[str]) -> set[str]:
    """Which of them the mirror has, deleted or not."""
    found: set[str] = set()
    for prefix, table in _PREFIXES.items():
        mine = [thing for thing in things if thing.startswith(f"{prefix}_")]
        found |= set(conn.execute(select(table.c.id).where(among(conn, table.c.id, mine))).scalars()) if mine else set()
    return found


def _held(conn: Connection, table: Table, some: list[Any]) -> dict[str, list[Any]]:
    """What carries these changes' tags."""
    wanted = select(table).where(_is_tagged(table), among(conn, table.c.intent, [row.id for row in some]))
    found: dict[str, list[Any]] = {}
    for each in conn.execute(wanted):
        found.setdefault(each.intent, []).append(each)
    return found


def _tags(table: Table, row: Any, steps: list[Any], made: set[str], there: list[Any]) -> Iterator[Difference]:
    """One object for each step that makes one, and none for a change that ended without it."""
    if row.state in ("done", *_ENDED_BADLY):
        for each in there:
            if each.id not in made and (row.state != "done" or len(there) > _meant(table, steps)):
                kind = "twice" if row.state == "done" else "tag"
                detail = {"intent": row.id, "state": row.state, **figures(table, each)}
                yield Difference(kind, each.id, _whose(table, each), detail)
    for each in there:
        if table is balance_transactions and each.id in made:
            yield from _as_asked(row, steps, each)


def _meant(table: Table, steps: list[Any]) -> int:
    """How many objects of a kind a change was to make."""
    return Counter(_table_of(step["path"]) for step in steps)[table]


def _table_of(path: str) -> Table | None:
    return balance_transactions if path.endswith("/balance_transactions") else _MADE_BY.get(path)


def _as_asked(row: Any, steps: list[Any], entry: Any) -> Iterator[Difference]:
    """An entry of a ledger can never be edited: it is what was asked for, or it is not ours."""
    asked = [step["params"] for step in steps if step["path"] == f"/v1/customers/{entry.customer}/balance_transactions"]
    if any((each["amount"], each["currency"]) == (entry.amount, entry.currency) for each in asked):
        return
    ours = next((each["amount"] for each in asked), 0)
    detail = {"intent": row.id, "thing": entry.id, "ours": ours, "theirs": entry.amount, "currency": entry.currency}
    yield Difference("other", entry.id, entry.customer, detail)


def _what_is_missing(
    conn: Connection, row: Any, steps: list[Any], made: dict[str, str], there: set[str]
) -> Iterator[Difference]:
    """A change that is said to be done has made its objects, and Stripe has them. Drafts and customers may have been
    deleted since; an entry, a credit note and an invoice that was finalised cannot be.
    """
    finalised = any(step["path"].endswith("/finalize") and made.get(step["name"]) for step in steps)
    for step in steps:
        thing, params = made.get(step["name"], ""), step["params"]
        table = _PREFIXES.get(thing.partition("_")[0])
        if table in (None, customers) or thing in there or (table is invoices and not finalised):
            continue
        whose = step["path"].split("/")[3] if table is balance_transactions else row.target
        if table is balance_transactions and not _lives(conn, whose):
            continue
        amount = {"ours": params["amount"], "currency": params["currency"]} if "amount" in params else {}
        yield Difference("missing", thing, whose or thing, {"intent": row.id, "thing": thing, **amount})


def _lives(conn: Connection, customer: str) -> bool:
    """Whether a customer's ledger can be read at all."""
    living = select(customers.c.id).where(customers.c.id == customer, ~customers.c.deleted)
    return conn.execute(living).first() is not None
