"""Who did what and when: a closed list of verbs, append-only, each entry sealed to the one before.

An entry is written in the same transaction as the change it speaks of. It holds ids and amounts, never a name: names
are looked up when the log is read, so that a person can be erased and the log still stands.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lib.mirror.database import insert_once
from lib.mirror.ours import audit, audit_head

VERBS = {
    "organisation:create": "Organisation added",
    "organisation:update": "Organisation details changed",
    "organisation:mark": "Customer marked as an organisation",
    "patient:payer": "Default payer changed",
    "balance:adjust": "Balance adjusted",
    "invoice:raise": "Invoice raised",
    "invoice:draft": "Draft saved",
    "invoice:finalise": "Draft finalised and sent",
    "balance:undo": "Balance entry reversed",
    "invoice:edit": "Draft edited",
    "invoice:duplicate": "Invoice copied to a new draft",
    "invoice:delete": "Draft deleted",
    "invoice:rebill": "Re-billed to another payer",
    "invoice:consolidate": "Drafts put together into one invoice",
    "invoice:void": "Invoice voided",
    "invoice:write_off": "Invoice written off",
    "invoice:pay": "Payment recorded",
    "invoice:resend": "Invoice sent again",
    "credit_note:create": "Credit note issued",
    "credit_note:void": "Credit note voided",
    "remittance:record": "Remittance recorded",
    "reminder:send": "Reminder sent",
    "reminder:pause": "Reminders paused",
    "reminder:resume": "Reminders resumed",
    "change:approve": "Change agreed to",
    "change:decline": "Change declined",
    "change:retry": "Parked change tried again",
    "change:settle": "Parked change settled by hand",
    "change:adopt": "Change of a lost record taken over",
    "account:view": "Account looked at",
    "invoice:view": "Invoice looked at",
    "books:check": "Books compared with Stripe",
    "books:agree": "Difference agreed to",
    "backup:make": "Backup made",
    "export:csv": "List downloaded",
    "people:add": "Person added",
    "people:role": "Role changed",
    "people:password": "Password changed",
    "people:disable": "Person disabled",
    "people:enable": "Person enabled",
    "people:sign_in": "Signed in",
    "people:sign_out": "Signed out",
    "people:miss": "Sign-in refused",
    "people:denied": "Action denied",
}


def record(
    conn: Connection, *, actor: str, verb: str, subject: str, detail: dict[str, Any], role: str = "", intent: str = ""
) -> int:
    """Append one entry inside the caller's transaction; returns its number.

    `verb` is one of VERBS, `detail` holds ids and amounts only. Raises KeyError for a verb that is not on the list.
    """
    VERBS[verb]
    head = _locked_head(conn)
    entry = {
        "seq": head.seq + 1,
        "at": int(time.time()),
        "actor": actor,
        "role": role,
        "verb": verb,
        "subject": subject,
        "intent": intent,
        "detail": json.dumps(detail, sort_keys=True),
        "prev": head.hash,
    }
    sealed = seal(entry)
    conn.execute(insert(audit).values(**entry, hash=sealed))
    conn.execute(update(audit_head).where(audit_head.c.id == 1).values(seq=entry["seq"], hash=sealed))
    return entry["seq"]


def seal(entry: dict[str, Any]) -> str:
    """The fingerprint of an entry, which covers the fingerprint of the entry before it."""
    names = ("seq", "at", "actor", "role", "verb", "subject", "intent", "detail", "prev")
    return hashlib.sha256(json.dumps([entry[name] for name in names], ensure_ascii=False).encode()).hexdigest()


def first_broken(conn: Connection) -> int | None:
    """The number of the first entry that was altered, lost or moved; None when the whole chain holds."""
    prev, seq = "", 0
    for row in conn.execute(select(audit).order_by(audit.c.seq)).mappings():
        if row["seq"] != seq + 1 or row["prev"] != prev or row["hash"] != seal(dict(row)):
            return seq + 1
        prev, seq = row["hash"], row["seq"]
    head = conn.execute(select(audit_head)).first()
    return None if (head is None and seq == 0) or (head and (head.seq, head.hash) == (seq, prev)) else seq + 1


def _locked_head(conn: Connection) -> Any:
    insert_once(conn, audit_head, {"id": 1, "seq": 0, "hash": ""})
    return conn.execute(select(audit_head).where(audit_head.c.id == 1).with_for_update()).one()
