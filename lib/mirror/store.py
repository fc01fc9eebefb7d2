"""The only way from Stripe into the mirror: an object becomes a row, never going back to an older reading.

What the mirror works out of its own rows is written here too, or made anew by `resolved.again` and `summaries.anew`;
whichever of the three writes has the mirror alone (turns.py).

`read_at` is when our own read began. An object whose stored reading is later is left alone, so events and answers may
arrive in any order; unless it is later by more than a reading is ever on its way: then it was dated by a clock that was
ahead, and says nothing of which came first. A deleted object keeps its row (and its name), marked as deleted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select, update

from lib.mirror import parties, resolved, shapes, standing, turns
from lib.mirror.rows import among, by_id, those, upsert
from lib.mirror.summaries import COUNTED, Changes
from lib.mirror.tables import (
    balance_transactions,
    credit_notes,
    customer_balances,
    customers,
    invoices,
    ledger_reads,
    objects,
    prices,
    products,
    tax_rates,
)
from lib.settings import Settings

Object = dict[str, Any]
_Rows = dict[str, dict[str, Any]]
_Unsure = list[tuple[str, str]]

TABLES: dict[str, Table] = {
    "customer": customers,
    "invoice": invoices,
    "credit_note": credit_notes,
    "product": products,
    "price": prices,
    "tax_rate": tax_rates,
}
_ON_ITS_WAY = 600.0  # seconds between the beginning of a read and the storing of what it brought, at the very most
# What is asked of a row before it is written again.
_HELD: dict[str, tuple[str, ...]] = {
    "customer": ("search", "order_name", "currency", "deleted", *resolved.ASKED),
    "invoice": COUNTED,
}
_AS_HELD = {
    kind: select(*(table.c[name] for name in ("id", "read_at", *_HELD.get(kind, ())))) for kind, table in TABLES.items()
}


def put(
    conn: Connection,
    found: list[Object],
    read_at: float,
    settings: Settings,
    bodies: Mapping[str, str] | None = None,
) -> None:
    """Store what Stripe said of customers, invoices (whole, with every line), credit notes, and the catalogue.

    `bodies` are the objects as text by id, for a reader who decoded only what the columns need.
    """
    known = bodies or {}
    put_all(conn, [shaped(obj, read_at, settings, known.get(obj["id"], "")) for obj in found])


class Shaped(NamedTuple):
    """An object as it is about to be stored: its row (None for one that is deleted), and what is stored beside that: an
    account's balances, or what an invoice has written of its payer and its patient. Without a body, the one that is
    held stays.
    """

    kind: str
    id: str
    read_at: float
    body: str = ""
    row: dict[str, Any] | None = None
    beside: Any = None


def shaped(obj: Object, read_at: float, settings: Settings, body: str = "") -> Shaped:
    """What becomes of an object, without looking at the database: any thread may do that beforehand."""
    kind = obj["object"]
    if obj.get("deleted"):
        return Shaped(kind, obj["id"], read_at)
    row, beside = _SHAPES[kind](obj, settings)
    row["read_at"] = read_at
    return Shaped(kind, obj["id"], read_at, body or json.dumps(obj, ensure_ascii=False), row, beside)


def put_all(conn: Connection, found: Iterable[Shaped], *, follow: bool = True, counting: bool = True) -> _Unsure:
    """`put` for readings of several moments; of the same object the latest counts.

    Without `follow` the invoices of new customers are left as they are, without `counting` the sums: for a copy, which
    sees to them when all have come. Returns invoices with a customer each that they name and that is not there.
    """
    unsure: _Unsure = []
    turns.take(conn)
    latest = {each.id: each for each in sorted(found, key=lambda each: each.read_at)}
    for kind in sorted({each.kind for each in latest.values()}):
        mine = [each for each in latest.values() if each.kind == kind]
        held = _held(conn, kind, [each.id for each in mine])
        fresh = [each for each in mine if each.id not in held or not _later(held[each.id]["read_at"], each.read_at)]
        living, changes = [each for each in fresh if each.row], Changes(counting=counting)
        unsure += _WRITERS[kind](conn, living, held, changes) or ()
        changes.store(conn)
        if kind == "customer":
            met = [each.id for each in mine if follow or each.id in held]
            _follow_customers(conn, met, held, counting=counting)
        whole = [each for each in living if each.body]
        upsert(conn, objects, [{"id": each.id, "body": each.body, "read_at": each.read_at} for each in whole])
        for stub in fresh:
            if not stub.row and stub.id in held:
                _gone(conn, kind, held[stub.id], stub.read_at)
    return unsure


def put_ledger(conn: Connection, customer: str, transactions: list[Object]) -> None:
    """Replace a customer's ledger by the whole of it as just read, newest first.

    A ledger only ever grows: one that lacks an entry we know is an older reading, and is passed over.
    """
    put_ledgers(conn, {customer: transactions})


def put_ledgers(conn: Connection, ledgers: Mapping[str, list[Object]]) -> None:
    """`put_ledger` for many, by customer."""
    turns.take(conn)
    entries = balance_transactions
    known = conn.execute(select(entries.c.customer, entries.c.id).where(among(conn, entries.c.customer, ledgers)))
    held: dict[str, set[str]] = {}
    for customer, entry in known:
        held.setdefault(customer, set()).add(entry)
    whole = {who: found for who, found in ledgers.items() if held.get(who, set()) <= {obj["id"] for obj in found}}
    rows = [row for found in whole.values() for row in shapes.ledger(found)]
    again = held.keys() & whole.keys()
    if again:
        conn.execute(delete(entries).where(among(conn, entries.c.customer, again)))
    upsert(conn, entries, rows)
    accounts = {(row["customer"], row["currency"]): _account(row) for row in rows}
    upsert(conn, customer_balances, list(accounts.values()))
    standing.settle(conn, {customer for customer, _ in accounts})


def _account(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a ledger's newest entry in a currency says of the account."""
    same = {"customer": entry["customer"], "currency": entry["currency"]}
    return {**same, "balance": entry["ending_balance"], "last_entry": entry["created"]}


def ledgers_were_read(conn: Connection, moments: Mapping[str, float]) -> None:
    """By customer, when: nobody needs to read them again for now. Where one is gone, what we know of it stays."""
    rows = [{"customer": customer, "read_at": read_at} for customer, read_at in moments.items()]
    upsert(conn, ledger_reads, rows)


def ghost(conn: Connection, customer: str, name: str, kind: str, read_at: float) -> None:
    """A customer that was deleted before we ever saw it: known only by an invoice's snapshot of its name."""
    turns.take(conn)
    row = shapes.customer({"id": customer, "name": name, "created": 0, "metadata": {"pd_kind": kind}}, {})
    held = _held(conn, "customer", [customer])
    changes = Changes()
    _write_customers(conn, [{**row, "deleted": True, "read_at": read_at}], held, changes)
    changes.store(conn)
    _follow_customers(conn, [customer], held)


def unseen_since(conn: Connection, kind: str, started: float, now: float) -> list[str]:
    """Ids of living rows that a complete copy, begun at `started` and ended by `now`, did not bring: candidates for
    deletion.
    """
    table = TABLES[kind]
    alive = table.c.active if "active" in table.c else ~table.c.deleted
    return list(
        conn.execute(select(table.c.id).where(alive, or_(table.c.read_at < started, ahead(table, now)))).scalars()
    )


def ahead(table: Table, now: float) -> ColumnElement[bool]:
    """Rows that were dated by a clock that was ahead of ours, which says `now`."""
    return table.c.read_at > now + _ON_ITS_WAY


def _later(held: float, read_at: float) -> bool:
    """Whether what is held was read after this."""
    return read_at < held <= read_at + _ON_ITS_WAY


def body(conn: Connection, object_id: str) -> Object | None:
    """The whole object as Stripe last gave it."""
    text = conn.execute(select(objects.c.body).where(objects.c.id == object_id)).scalar()
    return json.loads(text) if text else None


def _held(conn: Connection, kind: str, ids: Iterable[str]) -> _Rows:
    """Rows as they stand, by id."""
    return by_id(those(conn, _AS_HELD[kind], TABLES[kind].c.id, ids))


def _gone(conn: Connection, kind: str, was: Mapping[str, Any], read_at: float) -> None:
    """Mark what was deleted in Stripe; catalogue entries become inactive."""
    table, changes = TABLES[kind], Changes()
    change: dict[str, Any] = {"deleted": True} if "deleted" in table.c else {"active": False}
    if kind == "invoice":
        change |= {"owed": False, "astray": False}
    conn.execute(update(table).where(table.c.id == was["id"]).values(**change, read_at=read_at))
    if kind == "invoice":
        changes.move(was, None)
    elif kind == "customer" and not was["deleted"]:
        changes.belong(was, -1)
    changes.store(conn)


def _put_customers(conn: Connection, found: list[Shaped], held: _Rows, changes: Changes) -> None:
    _write_customers(conn, [each.row for each in found if each.row], held, changes)
    upsert(conn, customer_balances, [row for each in found for row in each.beside])
    changes.touch(each.id for each in found)


def _write_customers(conn: Connection, rows: list[dict[str, Any]], held: _Rows, changes: Changes) -> None:
    """Customers, and what hangs on them."""
    upsert(conn, customers, rows)
    for row in rows:
        was = held.get(row["id"])
        if was and not was["deleted"]:
            changes.belong(was, -1)
        if not row["deleted"]:
            changes.belong(row, 1)
    changes.touch(row["id"] for row in rows)
    if changes.counting:
        changes.touch(standing.patients_of(conn, (row["id"] for row in rows if _moved(row, held, ("order_name",)))))
    parties.forget(conn, [held[row["id"]] for row in rows if row["id"] in held and _moved(row, held, ("kind",))])
    parties.follow(conn, {row["id"]: row for row in rows if _moved(row, held, ("search", "kind"))})


def _follow_customers(conn: Connection, ids: list[str], held: _Rows, *, counting: bool = True) -> None:
    now = _held(conn, "customer", ids) if ids else {}
    moved = [each for each, row in now.items() if _moved(row, held, resolved.ASKED)]
    if moved:
        resolved.follow(conn, moved, counting=counting)


def _moved(row: Mapping[str, Any], held: _Rows, names: tuple[str, ...]) -> bool:
    was = held.get(row["id"])
    return was is None or any(was[name] != row[name] for name in names)


def _put_invoices(conn: Connection, found: list[Shaped], held: _Rows, changes: Changes) -> _Unsure:
    bills = [(each.row, each.beside) for each in found if each.row]
    known = resolved.accounts(conn, {row[end] for row, _ in bills for end in ("customer", "patient")})
    met = {}
    for row, written in bills:
        more, party = resolved.resolve(row, written, known)
        row |= more
        met[more["party"]] = party
        changes.move(held.get(row["id"]), row)
    parties.note(conn, met)
    upsert(conn, invoices, [row for row, _ in bills])
    named = ((row["id"], row[end]) for row, _ in bills for end in ("customer", "patient"))
    return [(invoice, who) for invoice, who in named if who and who not in known]


def _whole(obj: Object) -> Object:
    if obj["lines"]["has_more"]:
        raise ValueError(f"{obj['id']} was read with its first lines only")
    return obj


def _put_plain(conn: Connection, found: list[Shaped], _held: _Rows, _changes: Changes) -> None:
    for each in found:
        upsert(conn, TABLES[each.kind], [each.row] if each.row else [])


_SHAPES: dict[str, Callable[[Object, Settings], tuple[dict[str, Any], Any]]] = {
    "customer": lambda obj, settings: (shapes.customer(obj, settings.hero_labels), shapes.balances(obj)),
    "invoice": lambda obj, settings: shapes.invoice(_whole(obj), settings),
    "credit_note": lambda obj, _: (shapes.credit_note(obj), None),
    "product": lambda obj, _: (shapes.product(obj), None),
    "price": lambda obj, _: (shapes.price(obj), None),
    "tax_rate": lambda obj, _: (shapes.tax_rate(obj), None),
}
_WRITERS = {
    "customer": _put_customers,
    "invoice": _put_invoices,
    "credit_note": _put_plain,
    "product": _put_plain,
    "price": _put_plain,
    "tax_rate": _put_plain,
}
