"""The mirror's only writer: a Stripe object becomes a row, never going back to an older reading.

`read_at` is when our own read began. An object whose stored reading is later is left alone, so events and answers may
arrive in any order. A deleted object keeps its row (and its name), marked as deleted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, text, update

from lib.mirror import parties, resolved, shapes
from lib.mirror.database import among, by_id, upsert
from lib.mirror.summaries import COUNTED, Changes
from lib.mirror.tables import (
    balance_transactions,
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

_TABLES: dict[str, Table] = {
    "customer": customers,
    "invoice": invoices,
    "product": products,
    "price": prices,
    "tax_rate": tax_rates,
}
# What is asked of a row before it is written again.
_HELD: dict[str, tuple[str, ...]] = {
    "customer": ("search", "default_payer", "deleted", *resolved.ASKED),
    "invoice": COUNTED,
}
_ONE_WRITER = 7_236_003  # a number of our own


def put(
    conn: Connection,
    found: list[Object],
    read_at: float,
    settings: Settings,
    bodies: Mapping[str, str] | None = None,
) -> None:
    """Store what Stripe said of customers, invoices (whole, with every line), products, prices and tax rates.

    `bodies` are the objects as text by id, for a reader who decoded only what the columns need.
    """
    put_all(conn, [(obj, read_at) for obj in found], settings, bodies or {})


def put_all(
    conn: Connection,
    found: Iterable[tuple[Object, float]],
    settings: Settings,
    bodies: Mapping[str, str],
    *,
    follow: bool = True,
) -> None:
    """`put` for readings of several moments: (object, read_at) pairs; of the same object the latest counts.

    Without `follow` the invoices of customers are left as they are: for a copy, which sees to them when all have come.
    """
    _one_writer(conn)
    latest = {obj["id"]: (obj, at) for obj, at in sorted(found, key=lambda each: each[1])}
    for kind in sorted({obj["object"] for obj, _ in latest.values()}):
        mine = {ident: each for ident, each in latest.items() if each[0]["object"] == kind}
        held = _held(conn, kind, mine)
        fresh = [each for ident, each in mine.items() if ident not in held or held[ident]["read_at"] <= each[1]]
        living = [each for each in fresh if not each[0].get("deleted")]
        _WRITERS[kind](conn, living, settings, held)
        if kind == "customer" and follow:
            _follow_customers(conn, mine, held)
        _keep_bodies(conn, living, bodies)
        for stub, at in fresh:
            if stub.get("deleted") and stub["id"] in held:
                _gone(conn, kind, held[stub["id"]], at)


def put_ledger(conn: Connection, customer: str, transactions: list[Object], read_at: float | None = None) -> None:
    """Replace a customer's ledger by the whole of it as just read, newest first.

    A ledger only ever grows: one that lacks an entry we know is an older reading, and is passed over.
    """
    if read_at is not None:
        ledger_was_read(conn, customer, read_at)
    held = conn.execute(select(balance_transactions.c.id).where(balance_transactions.c.customer == customer)).scalars()
    if not set(held) <= {obj["id"] for obj in transactions}:
        return
    conn.execute(delete(balance_transactions).where(balance_transactions.c.customer == customer))
    if transactions:
        rows = shapes.ledger(transactions)
        conn.execute(insert(balance_transactions), rows)
        upsert(conn, customer_balances, list({row["currency"]: _account(row) for row in rows}.values()))


def _account(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a ledger's newest entry in a currency says of the account."""
    same = {"customer": entry["customer"], "currency": entry["currency"]}
    return {**same, "balance": entry["ending_balance"], "last_entry": entry["created"]}


def ledger_was_read(conn: Connection, customer: str, read_at: float) -> None:
    """Nobody needs to read it again for now; where it is gone, what we know of it stays."""
    upsert(conn, ledger_reads, [{"customer": customer, "read_at": read_at}])


def ghost(conn: Connection, customer: str, name: str, kind: str, read_at: float) -> None:
    """A customer that was deleted before we ever saw it: known only by an invoice's snapshot of its name."""
    _one_writer(conn)
    row = shapes.customer({"id": customer, "name": name, "created": 0, "metadata": {"pd_kind": kind}}, {})
    held = _held(conn, "customer", [customer])
    _write_customers(conn, [{**row, "deleted": True, "read_at": read_at}], held)
    _follow_customers(conn, [customer], held)


def unseen_since(conn: Connection, kind: str, started: float, created_before: int | None = None) -> list[str]:
    """Ids of living rows that a complete copy, begun at `started`, did not bring: candidates for deletion."""
    table = _TABLES[kind]
    alive = table.c.active if "active" in table.c else ~table.c.deleted
    where = [alive, table.c.read_at < started]
    if created_before is not None:
        where.append(table.c.created < created_before)
    return list(conn.execute(select(table.c.id).where(*where)).scalars())


def body(conn: Connection, object_id: str) -> Object | None:
    """The whole object as Stripe last gave it."""
    text = conn.execute(select(objects.c.body).where(objects.c.id == object_id)).scalar()
    return json.loads(text) if text else None


def _one_writer(conn: Connection) -> None:
    """Sums are counted from what was to what is: nobody else may write in between, until this transaction ends. SQLite
    has one writer anyway.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_WRITER})


def _held(conn: Connection, kind: str, ids: Iterable[str]) -> _Rows:
    """Rows as they stand, by id."""
    table = _TABLES[kind]
    wanted = select(*(table.c[name] for name in ("id", "read_at", *_HELD.get(kind, ()))))
    return by_id(conn, wanted.where(among(conn, table.c.id, ids)))


def _keep_bodies(conn: Connection, found: list[tuple[Object, float]], bodies: Mapping[str, str]) -> None:
    rows = [
        {"id": obj["id"], "body": bodies.get(obj["id"]) or json.dumps(obj, ensure_ascii=False), "read_at": at}
        for obj, at in found
    ]
    upsert(conn, objects, rows)


def _gone(conn: Connection, kind: str, was: Mapping[str, Any], read_at: float) -> None:
    """Mark what was deleted in Stripe; catalogue entries become inactive."""
    table, changes = _TABLES[kind], Changes()
    change: dict[str, Any] = {"deleted": True} if "deleted" in table.c else {"active": False}
    if kind == "invoice":
        change["owed"] = False
    conn.execute(update(table).where(table.c.id == was["id"]).values(**change, read_at=read_at))
    if kind == "invoice":
        changes.move(was, None)
    elif kind == "customer" and not was["deleted"]:
        changes.cover(was["default_payer"], -1)
    changes.store(conn)


def _put_customers(conn: Connection, found: list[tuple[Object, float]], settings: Settings, held: _Rows) -> None:
    rows = [{**shapes.customer(obj, settings.hero_labels), "read_at": at} for obj, at in found]
    _write_customers(conn, rows, held)
    upsert(conn, customer_balances, [row for obj, _ in found for row in shapes.balances(obj)])


def _write_customers(conn: Connection, rows: list[dict[str, Any]], held: _Rows) -> None:
    """Customers, and what hangs on them."""
    upsert(conn, customers, rows)
    changes = Changes()
    for row in rows:
        was = held.get(row["id"])
        if was and not was["deleted"]:
            changes.cover(was["default_payer"], -1)
        if not row["deleted"]:
            changes.cover(row["default_payer"], 1)
    changes.store(conn)
    parties.follow(conn, {row["id"]: row["search"] for row in rows if _moved(row, held, ("search",))})


def _follow_customers(conn: Connection, ids: Iterable[str], held: _Rows) -> None:
    now = _held(conn, "customer", ids)
    resolved.follow(conn, [each for each, row in now.items() if _moved(row, held, resolved.ASKED)])


def _moved(row: Mapping[str, Any], held: _Rows, names: tuple[str, ...]) -> bool:
    was = held.get(row["id"])
    return was is None or any(was[name] != row[name] for name in names)


def _put_invoices(conn: Connection, found: list[tuple[Object, float]], settings: Settings, held: _Rows) -> None:
    shaped = [(*shapes.invoice(_whole(obj), settings), at) for obj, at in found]
    known = resolved.accounts(conn, {row[end] for row, _, _ in shaped for end in ("customer", "patient")})
    rows, met, changes = [], {}, Changes()
    for row, written, at in shaped:
        more, party = resolved.resolve(row, written, known)
        row |= more
        row["read_at"] = at
        rows.append(row)
        met[party.id] = party
        changes.move(held.get(row["id"]), row)
    parties.note(conn, met.values(), {who: account["search"] for who, account in known.items()})
    upsert(conn, invoices, rows)
    changes.store(conn)


def _whole(obj: Object) -> Object:
    if obj["lines"]["has_more"]:
        raise ValueError(f"{obj['id']} was read with its first lines only")
    return obj


def _put_plain(kind: str) -> Any:
    shape = getattr(shapes, kind)

    def put_rows(conn: Connection, found: list[tuple[Object, float]], _settings: Settings, _held: _Rows) -> None:
        upsert(conn, _TABLES[kind], [{**shape(obj), "read_at": at} for obj, at in found])

    return put_rows


_WRITERS = {
    "customer": _put_customers,
    "invoice": _put_invoices,
    "product": _put_plain("product"),
    "price": _put_plain("price"),
    "tax_rate": _put_plain("tax_rate"),
}
