"""What is stored, shaped anew from the bodies that are held: after a change of the settings that rows are made with, or
of how this program makes them. Stripe is asked nothing.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, func, select, true

from lib.mirror import parties, store, turns
from lib.mirror.rows import among, by_id
from lib.mirror.tables import customers, objects
from lib.settings import Settings

KINDS = ("customer", *(kind for kind in store.TABLES if kind != "customer"))  # invoices say what their customers say
_AT_ONCE = 400


def count(conn: Connection) -> int:
    """How many rows that is about."""
    return sum(conn.execute(select(func.count()).select_from(table)).scalar_one() for table in store.TABLES.values())


def some(conn: Connection, kind: str, after: str, settings: Settings) -> tuple[str, int]:
    """The next few hundred of a kind behind an id: the last one's id, and how many; none when all are done.

    They are read and written in one turn: a reading that comes meanwhile is stored after it.
    """
    turns.take(conn)
    row = store.TABLES[kind].c
    ids = list(conn.execute(select(row.id).where(row.id > after).order_by(row.id).limit(_AT_ONCE)).scalars())
    store.put_all(conn, [_shaped(each, settings) for each in _held(conn, kind, ids)])
    if kind == "customer":
        _found_by(conn, ids)
    return (ids[-1] if ids else ""), len(ids)


def _held(conn: Connection, kind: str, ids: list[str]) -> list[Any]:
    """Bodies, and the rows made of them. Of what Stripe has deleted, customers alone still show what they were."""
    row = store.TABLES[kind].c
    gone = ~row.active if "active" in row else row.deleted
    wanted = select(objects.c.body, row.read_at, gone.label("gone")).join(objects, objects.c.id == row.id)
    shown = true() if kind == "customer" else ~gone
    return list(conn.execute(wanted.where(among(conn, row.id, ids), shown)).all())


def _shaped(held: Any, settings: Settings) -> store.Shaped:
    """As it would be stored today, and nothing besides: the balances of an account may be newer than its body."""
    made = store.shaped(json.loads(held.body), held.read_at, settings)
    if made.kind != "customer":
        return made._replace(body="")
    return made._replace(body="", row={**(made.row or {}), "deleted": held.gone}, beside=[])


def _found_by(conn: Connection, ids: list[str]) -> None:
    """What customers are found by is made of their rows, whether those have changed or not."""
    row = customers.c
    parties.follow(conn, by_id(conn.execute(select(row.id, row.kind, row.search).where(among(conn, row.id, ids)))))
