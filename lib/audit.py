"""Who did what and when: a closed list of verbs, append-only, each entry sealed to the one before (audit_seal.py).

An entry is written in the same transaction as the change it speaks of. It holds ids and amounts, never a name: names
are looked up when the log is read, so that a person can be erased and the log still stands.
"""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lib import audit_seal
from lib.audit_check import verify
from lib.mirror.ours import audit as log
from lib.mirror.ours import audit_head
from lib.mirror.rows import insert_once

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
    "backup:restore": "Backup put back",
    "audit:key": "Audit log begun anew with another key",
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

# The same of a change that has not happened, or never did.
WANTED = {
    "organisation:create": "Add organisation",
    "organisation:update": "Change organisation details",
    "organisation:mark": "Mark customer as an organisation",
    "patient:payer": "Change default payer",
    "balance:adjust": "Adjust balance",
    "balance:undo": "Reverse balance entry",
    "invoice:raise": "Raise invoice",
    "invoice:draft": "Save draft",
    "invoice:finalise": "Finalise and send draft",
    "invoice:edit": "Edit draft",
    "invoice:duplicate": "Copy invoice to a new draft",
    "invoice:delete": "Delete draft",
    "invoice:rebill": "Re-bill to another payer",
    "invoice:consolidate": "Put drafts together into one invoice",
    "invoice:void": "Void invoice",
    "invoice:write_off": "Write off invoice",
    "invoice:pay": "Record payment",
    "invoice:resend": "Send invoice again",
    "credit_note:create": "Issue credit note",
    "credit_note:void": "Void credit note",
    "remittance:record": "Record remittance",
    "reminder:send": "Send reminder",
    "reminder:pause": "Pause reminders",
    "reminder:resume": "Resume reminders",
}


def record(
    conn: Connection, *, actor: str, verb: str, subject: str, detail: dict[str, Any], role: str = "", intent: str = ""
) -> int:
    """Append one entry inside the caller's transaction; returns its number.

    `verb` is one of VERBS, `detail` holds ids and amounts only. Raises KeyError for a verb that is not on the list, and
    RuntimeError where the log is sealed and this process was not given the key.
    """
    VERBS[verb]
    head, bound = _locked_head(conn), audit_seal.of(conn)
    if head.seal and bound is None:
        raise RuntimeError("the audit log is sealed with a key that this process was not given")
    key = bound.key if bound and head.seal else None
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
    sealed = audit_seal.seal(entry, key)
    conn.execute(insert(log).values(**entry, hash=sealed))
    moved = {"seq": entry["seq"], "hash": sealed, "seal": _head_seal(head, entry["seq"], sealed, key)}
    conn.execute(update(audit_head).where(audit_head.c.id == 1).values(**moved))
    return entry["seq"]


def first_broken(conn: Connection) -> int | None:
    """The number of the first entry that was altered, lost or moved; None when the whole chain holds."""
    return verify(conn).broken


def _head_seal(head: Any, seq: int, last: str, key: bytes | None) -> str:
    """A head that somebody else moved is not made whole by the next entry: it stays broken for whoever checks."""
    if key is None:
        return str(head.seal)
    if not audit_seal.holds(key, head):
        return head.seal if head.seal.startswith("broken") else f"broken before {seq}"
    return audit_seal.seal_head(key, seq, last, head.keyed_from, head.unproved_to)


def _locked_head(conn: Connection) -> Any:
    insert_once(conn, audit_head, {"id": 1, "seq": 0, "hash": ""})
    return conn.execute(select(audit_head).where(audit_head.c.id == 1).with_for_update()).one()
