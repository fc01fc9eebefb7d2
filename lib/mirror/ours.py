"""What is ours to lose: intents, the audit log, and the stamp that ties a database to one Stripe account.

These are backed up; the mirror beside them is not worth it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from lib.mirror import locks
from lib.mirror.database import metadata

stamp = Table(
    "stamp",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mode", String, nullable=False),  # sandbox, test or live
    Column("account", String, nullable=False),
)

intents = Table(
    "intents",
    metadata,
    Column("id", String, primary_key=True),
    Column("form", String, nullable=False, unique=True),  # one filled-in form, however often it is sent
    Column("kind", String, nullable=False),
    Column("target", String, nullable=False),  # a Stripe id, or empty for a creation
    Column("body", Text, nullable=False),  # frozen when stored, sent verbatim ever after
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("state", String, nullable=False),  # waiting | planned, sent, unknown | done, refused, changed, review
    Column("attempts", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("progress", Text, nullable=False),  # step name -> the id it made or changed
    Column("result", String, nullable=False),  # the Stripe id it ended with
    Column("words", Text, nullable=False),  # why it ended as it did, for the screen
    Column("field", String, nullable=False),  # the input at fault, where one is
    Column("request_id", String, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False),  # one driver at a time
    Column("lease_owner", String, nullable=False),
)
Index("intents_by_state", intents.c.state, intents.c.updated)
Index("intents_by_target", intents.c.target, intents.c.created)
Index("intents_by_result", intents.c.result)
# One change at a time on one object, whoever asks first.
_moving = intents.c.state.in_(("planned", "sent", "unknown")) & (intents.c.target != "")
Index("intents_one_a_target", intents.c.target, unique=True, sqlite_where=_moving, postgresql_where=_moving)

# A change that waits for a second person, and what that person said.
approvals = Table(
    "approvals",
    metadata,
    Column("intent", String, primary_key=True),
    Column("asked_by", String, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("decided_by", String, nullable=False),  # empty while nobody has
    Column("decided_at", BigInteger, nullable=False),
    Column("verdict", String, nullable=False),  # "", approved, declined
)
Index("approvals_open", approvals.c.verdict, approvals.c.asked_at)

# One payment of a payer that covers several invoices. Its id is that of the intent that recorded it.
remittances = Table(
    "remittances",
    metadata,
    Column("id", String, primary_key=True),
    Column("payer", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("method", String, nullable=False),  # Bank transfer, Cheque, Cash, Insurance
    Column("received_on", String, nullable=False),  # ISO day of the practice
    Column("currency", String, nullable=False),
    Column("amount", BigInteger, nullable=False),  # what arrived
    Column("surplus", BigInteger, nullable=False),  # what of it became credit on account
    Column("actor", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("remittances_by_payer", remittances.c.payer, remittances.c.at)
Index("remittances_by_time", remittances.c.at)
remittance_lines = Table(
    "remittance_lines",
    metadata,
    Column("remittance", String, primary_key=True),
    Column("invoice", String, primary_key=True),
    Column("amount", BigInteger, nullable=False),
)
Index("remittance_lines_by_invoice", remittance_lines.c.invoice)

# What was sent to a payer about what is overdue.
reminders = Table(
    "reminders",
    metadata,
    Column("id", String, primary_key=True),
    Column("payer", String, nullable=False),
    Column("stage", Integer, nullable=False),  # days overdue that made it due
    Column("email", String, nullable=False),
    Column("invoices", Text, nullable=False),  # JSON: ids of what it lists
    Column("currency", String, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("state", String, nullable=False),  # sending, sent, refused, unknown
    Column("words", Text, nullable=False),
    Column("actor", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("reminders_by_payer", reminders.c.payer, reminders.c.at)
Index("reminders_by_time", reminders.c.at)

# Where our records and Stripe do not agree, until they do or a person agrees to it.
differences = Table(
    "differences",
    metadata,
    Column("id", String, primary_key=True),  # kind:object
    Column("kind", String, nullable=False),
    Column("object", String, nullable=False),  # a Stripe id: changes to it are refused while this is open
    Column("detail", Text, nullable=False),  # JSON: ids, amounts, ours and theirs
    Column("found_at", BigInteger, nullable=False),
    Column("agreed_by", String, nullable=False),
    Column("agreed_at", BigInteger, nullable=False),
)
Index("differences_by_object", differences.c.object)

# One row a comparison of our records with Stripe.
comparisons = Table(
    "comparisons",
    metadata,
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("seconds", Integer, nullable=False),
    Column("checked", BigInteger, nullable=False),
    Column("explained", BigInteger, nullable=False),
    Column("healed", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("verb", String, nullable=False),
    Column("subject", String, nullable=False),  # a Stripe id or a username, never a patient's name
    Column("intent", String, nullable=False),
    Column("detail", Text, nullable=False),  # ids and amounts as JSON
    Column("prev", String, nullable=False),
    Column("hash", String, nullable=False),
)
Index("audit_by_subject", audit.c.subject, audit.c.seq)
Index("audit_by_intent", audit.c.intent, audit.c.seq)
Index("audit_by_actor", audit.c.actor, audit.c.seq)
Index("audit_by_verb", audit.c.verb, audit.c.seq)
Index("audit_by_time", audit.c.at, audit.c.seq)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String, nullable=False),
    Column("keyed_from", BigInteger, nullable=False, server_default="0"),  # the first entry that a key has sealed
    Column("unproved_to", BigInteger, nullable=False, server_default="0"),  # entries whose key is lost
    Column("seal", String, nullable=False, server_default=""),  # over the four before; empty: no key has come in yet
)
locks.keep_shut(audit, audit_head)

# A backup that was put back, and whether Stripe has been compared since: what it lacks is taken over then.
restores = Table(
    "restores",
    metadata,
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("made_at", BigInteger, nullable=False),  # when the backup was made
    Column("parked", BigInteger, nullable=False),  # changes that were open in it
    Column("adopted", BigInteger, nullable=False),
    Column("settled_at", BigInteger, nullable=False),  # 0 while Stripe has not been compared
)
