"""After a backup was put back: what Stripe has of changes that the backup does not know is taken over into our records.

Each such change is recorded as done, with nobody's name on it, so that the books can be explained again and nobody
posts it a second time. Nothing is sent. It is done once the copy of Stripe is whole, in one transaction with the note
that it is done: a process that is killed before that begins again.
"""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from lib import audit, audit_heads
from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import audit as log
from lib.mirror.ours import intents, restores
from lib.mirror.tables import TAGGED, customers
from lib.sync import books_records, reconcile, state

_WORDS = "Found in Stripe after a backup was put back. The record of who asked for it, and why, is lost."
_NOBODY = "unknown:"  # no person may have this name: it holds a colon


def owed(ctx: Context) -> bool:
    """Whether a backup was put back and Stripe has not been compared since."""
    with reading(ctx.engine) as conn:
        return conn.execute(select(restores.c.at).where(restores.c.settled_at == 0)).first() is not None


def settle(ctx: Context) -> int:
    """Take over what the backup lacks, when the copy is whole; how many changes that were."""
    with reading(ctx.engine) as conn:
        if not owed(ctx) or not reconcile.whole(state.recall(conn)):
            return 0
    _note_the_return(ctx)
    with state.writing(ctx) as conn:
        found: dict[str, list[dict[str, Any]]] = {}
        for table in TAGGED:
            for row in books_records.unknown_tags(conn, table):
                found.setdefault(row.intent, []).append(_told(table, row))
        for row in books_records.unknown_events(conn):
            found.setdefault(row.intent, []).append({"thing": row.object, "target": row.object, "at": row.created})
        for intent, things in sorted(found.items(), key=lambda pair: pair[1][0]["at"]):
            _adopt(ctx, conn, intent, things)
        done = {"adopted": restores.c.adopted + len(found), "settled_at": ctx.now}
        conn.execute(update(restores).where(restores.c.settled_at == 0).values(**done))
    return len(found)


def _told(table: Table, row: Any) -> dict[str, Any]:
    amount = {name: value for name, value in books_records.figures(table, row).items() if name != "thing"}
    target = row.id if table is customers else row.customer
    return {"thing": row.id, "target": target, "at": row.created, "amount": amount}


def _adopt(ctx: Context, conn: Connection, intent: str, things: list[dict[str, Any]]) -> None:
    first = things[0]
    amount = first.get("amount", {})
    row = {
        **dict.fromkeys(("field", "request_id", "lease_owner", "role"), ""),
        **dict.fromkeys(("attempts", "lease_until"), 0),
        "id": intent,
        "form": f"adopted:{intent}",
        "kind": books_records.ADOPTED,
        "target": first["target"],
        "body": json.dumps({"steps": [], "seen": {}, "content": {"things": [each["thing"] for each in things]}}),
        "actor": _NOBODY,
        "state": "done",
        "generation": 1,
        "progress": json.dumps({f"found{n}": {"id": each["thing"]} for n, each in enumerate(things)}),
        "result": first["thing"],
        "words": _WORDS,
        "created": first["at"],
        "updated": ctx.now,
    }
    conn.execute(insert(intents).values(row))
    shown = {"amount" if "cbtxn" in first["thing"] else "total": amount["theirs"]} if "theirs" in amount else {}
    detail = {"asked": True, "result": first["thing"], **shown}
    detail |= {"currency": amount["currency"]} if "currency" in amount else {}
    audit.record(
        conn, actor=reconcile.BY_ITSELF, verb="change:adopt", subject=first["target"], intent=intent, detail=detail
    )


def _note_the_return(ctx: Context) -> None:
    """Whoever put the backup back may have been killed before it could be noted where the log ends now."""
    with reading(ctx.engine) as conn:
        back = conn.execute(select(log).where(log.c.verb == "backup:restore").order_by(log.c.seq.desc())).first()
        told = [line for lines in audit_heads.noted(conn).values() for line in lines]
    if back and not any(line.restored and line.seq >= back.seq for line in told):
        audit_heads.note(ctx.engine, time.time(), restored=True)
