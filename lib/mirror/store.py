"""The mirror's only writer: a Stripe object becomes a row, never going back to an older reading.

`read_at` is when our own read began. An object whose stored reading is later is left alone, so events and answers may
arrive in any order. A deleted object keeps its row (and its name), marked as deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from lib.mirror import shapes
from lib.mirror.database import upsert
from lib.mirror.tables import (
    balance_transactions,
    customer_balances,
    customers,
    invoice_lines,
    invoices,
    ledger_reads,
    objects,
    prices,
    products,
    tax_rates,
)
from lib.settings import Settings

Object = dict[str, Any]

_TABLES: dict[str, Table] = {
    "customer": customers,
    "invoice": invoices,
    "product": products,
    "price": prices,
    "tax_rate": tax_rates,
}


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
    for kind in dict.fromkeys(obj["object"] for obj in found):
        fresh = _not_older(conn, _TABLES[kind], [obj for obj in found if obj["object"] == kind], read_at)
        living = [obj for obj in fresh if not obj.get("deleted")]
        _WRITERS[kind](conn, living, read_at, settings)
        _keep_bodies(conn, living, read_at, bodies or {})
        for stub in (obj for obj in fresh if obj.get("deleted")):
            gone(conn, kind, stub["id"], read_at)


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
        conn.execute(insert(balance_transactions), shapes.ledger(transactions))
        latest = {row["currency"]: row["ending_balance"] for row in shapes.ledger(transactions)}
        upsert(
            conn, customer_balances, [{"customer": customer, "currency": c, "balance": b} for c, b in latest.items()]
        )


def ledger_was_read(conn: Connection, customer: str, read_at: float) -> None:
    """Nobody needs to read it again for now; where it is gone, what we know of it stays."""
    upsert(conn, ledger_reads, [{"customer": customer, "read_at": read_at}])


def gone(conn: Connection, kind: str, object_id: str, read_at: float) -> None:
    """Mark what was deleted in Stripe; catalogue entries become inactive."""
    table = _TABLES[kind]
    change: dict[str, Any] = {"deleted": True} if "deleted" in table.c else {"active": False}
    conn.execute(update(table).where(table.c.id == object_id).values(**change, read_at=read_at))


def ghost(conn: Connection, customer: str, name: str, kind: str, read_at: float) -> None:
    """A customer that was deleted before we ever saw it: known only by an invoice's snapshot of its name."""
    row = shapes.customer({"id": customer, "name": name, "created": 0, "metadata": {"pd_kind": kind}}, {})
    upsert(conn, customers, [{**row, "deleted": True, "read_at": read_at}])


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


def _not_older(conn: Connection, table: Table, found: list[Object], read_at: float) -> list[Object]:
    ids = [obj["id"] for obj in found]
    newer = set(conn.execute(select(table.c.id).where(table.c.id.in_(ids), table.c.read_at > read_at)).scalars())
    return [obj for obj in found if obj["id"] not in newer]


def _keep_bodies(conn: Connection, found: list[Object], read_at: float, bodies: Mapping[str, str]) -> None:
    rows = [
        {"id": obj["id"], "body": bodies.get(obj["id"]) or json.dumps(obj, ensure_ascii=False), "read_at": read_at}
        for obj in found
    ]
    upsert(conn, objects, rows)


def _put_customers(conn: Connection, found: list[Object], read_at: float, settings: Settings) -> None:
    rows = [{**shapes.customer(obj, settings.hero_labels), "read_at": read_at} for obj in found]
    upsert(conn, customers, rows, newer="read_at")
    upsert(conn, customer_balances, [row for obj in found for row in shapes.balances(obj)])


def _put_invoices(conn: Connection, found: list[Object], read_at: float, settings: Settings) -> None:
    upsert(conn, invoices, [{**shapes.invoice(obj, settings), "read_at": read_at} for obj in found], newer="read_at")
    if found:
        conn.execute(delete(invoice_lines).where(invoice_lines.c.invoice.in_([obj["id"] for obj in found])))
    rows = [shapes.line(line, obj["id"], place) for obj in found for place, line in enumerate(_all_lines(obj))]
    upsert(conn, invoice_lines, rows)


def _all_lines(obj: Object) -> list[Object]:
    if obj["lines"]["has_more"]:
        raise ValueError(f"{obj['id']} was read with its first lines only")
    return obj["lines"]["data"]


def _put_plain(kind: str) -> Any:
    shape = getattr(shapes, kind)

    def put_rows(conn: Connection, found: list[Object], read_at: float, _settings: Settings) -> None:
        upsert(conn, _TABLES[kind], [{**shape(obj), "read_at": read_at} for obj in found], newer="read_at")

    return put_rows


_WRITERS = {
    "customer": _put_customers,
    "invoice": _put_invoices,
    "product": _put_plain("product"),
    "price": _put_plain("price"),
    "tax_rate": _put_plain("tax_rate"),
}
