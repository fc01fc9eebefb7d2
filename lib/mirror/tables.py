"""The mirror's tables: columns for what is sorted, filtered and joined; the whole object beside them in `objects`.

Amounts are minor units of the row's `currency`; times are Stripe's seconds (UTC). `read_at` is when the read that
brought the row began: a row never goes back to an older reading. A balance is signed as Stripe signs it: negative is
credit.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, text

from lib.mirror.database import metadata

customers = Table(
    "customers",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("kind", String, nullable=False),  # organisation, patient, or empty
    Column("default_payer", String, nullable=False),  # a customer id; empty when the patient pays
    Column("terms_days", Integer),
    Column("currency", String, nullable=False),  # empty until first use
    Column("balance", BigInteger, nullable=False),
    Column("postcode", Text, nullable=False),
    Column("practitioner", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("search", Text, nullable=False),
    Column("order_name", Text, nullable=False),  # folded, for sorting
    Column("match_name", Text, nullable=False),  # folded for the duplicate guard
    Column("match_email", Text, nullable=False),
    Column("paused_until", String, nullable=False),  # no reminders until this day; empty, or ALWAYS
    Column("intent", String, nullable=False, server_default=""),  # our tag: the change that made it
    Column("read_at", Float, nullable=False),
    # What depends on others, so that lists can be sorted by it: see standing.py.
    Column("payer_order", Text, nullable=False, server_default=""),  # of whoever pays by default, folded
    Column("owing", BigInteger, nullable=False, server_default="0"),  # a patient's own currency, else the largest
    Column("held", BigInteger, nullable=False, server_default="0"),  # the balance that is furthest from nothing
    Column("covering", BigInteger, nullable=False, server_default="0"),  # how many have this one as default payer
    Column("latest", BigInteger, nullable=False, server_default="0"),  # when the newest invoice was created
)

customer_balances = Table(
    "customer_balances",
    metadata,
    Column("customer", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("balance", BigInteger, nullable=False),
    Column("last_entry", BigInteger, nullable=False, server_default="0"),  # 0 while no entry is known
)

# What an invoice has for a day when it has none: sorts after every other.
NEVER = 9_999_999_999
# In order of its letters and not of a language: only such an index finds the beginning of a word.
_letters = Text().with_variant(Text(collation="C"), "postgresql")

invoices = Table(
    "invoices",
    metadata,
    Column("id", String, primary_key=True),
    Column("number", String, nullable=False),
    Column("status", String, nullable=False),
    Column("customer", String, nullable=False),
    Column("customer_name", Text, nullable=False),  # as it stood on the invoice
    Column("patient", String, nullable=False),  # a customer id; empty when only a name is known
    Column("patient_name", Text, nullable=False),
    Column("currency", String, nullable=False),
    Column("subtotal", BigInteger, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("amount_due", BigInteger, nullable=False),
    Column("amount_paid", BigInteger, nullable=False),
    Column("amount_remaining", BigInteger, nullable=False),
    Column("starting_balance", BigInteger, nullable=False),
    Column("ending_balance", BigInteger),
    Column("created", BigInteger, nullable=False),
    Column("due_date", BigInteger),
    # Noon, where the practice is, of the day it was issued and of the day it is due in Stripe: so many days later is
    # that many days later, whatever the clocks do in between.
    Column("issued_day", BigInteger, nullable=False),
    Column("due_day", BigInteger),
    Column("finalized_at", BigInteger),
    Column("paid_at", BigInteger),
    Column("voided_at", BigInteger),
    Column("uncollectible_at", BigInteger),
    Column("practitioner", Text, nullable=False),
    Column("location", Text, nullable=False),
    # What depends on the payer and the patient too, and follows them when they change: see resolved.py.
    Column("payer_name", Text, nullable=False),  # as on the invoice, or else as it is now
    Column("payer_order", Text, nullable=False),  # folded, for sorting
    Column("payer_kind", String, nullable=False),  # organisation, patient, or empty
    Column("treated", String, nullable=False),  # the patient's customer id, the payer's own where that is a patient
    Column("treated_name", Text, nullable=False),  # the patient's name as it is now, or else as it was written
    Column("practitioner_of", Text, nullable=False),  # the invoice's, or else the patient's
    Column("due_at", BigInteger, nullable=False),  # noon of the day it is due by the payer's terms, or NEVER
    Column("owed", Boolean, nullable=False),  # open, something remaining, not deleted
    Column("astray", Boolean, nullable=False),  # unpaid and billed to a patient, although somebody else is to pay
    Column("month", Integer, nullable=False),  # 202611: of `created`, where the practice is
    Column("paid_day", BigInteger),  # noon of the day it was paid
    Column("number_key", _letters, nullable=False),  # the number folded, and the same backwards: found by either end
    Column("number_end", _letters, nullable=False),
    Column("party", BigInteger, nullable=False),
    Column("memo", Text, nullable=False),
    Column("hosted_url", Text, nullable=False),
    Column("pdf_url", Text, nullable=False),
    Column("intent", String, nullable=False, server_default=""),  # our tag: the change that made it
    Column("deleted", Boolean, nullable=False),
    Column("read_at", Float, nullable=False),
)


# Who an invoice or an account is found by. One row for each customer alone, and one for each payer and patient with
# what invoices have written of them; the id is made of exactly that, those of one sort together (parties.py).
parties = Table(
    "parties",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("payer", String, nullable=False),
    Column("patient", String, nullable=False),
    Column("written", Text, nullable=False),  # folded, a line each
    Column("text", Text, nullable=False),  # what is searched: written, and payer and patient as they are now
    Column("alone", Boolean, nullable=False),
)
Index("parties_by_payer", parties.c.payer)
Index("parties_by_patient", parties.c.patient)

balance_transactions = Table(
    "balance_transactions",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer", String, nullable=False),
    Column("position", Integer, nullable=False),  # 0 is the oldest; Stripe's seconds alone do not order a ledger
    Column("created", BigInteger, nullable=False),
    Column("type", String, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("ending_balance", BigInteger, nullable=False),
    Column("description", Text, nullable=False),
    Column("invoice", String, nullable=False),
    Column("credit_note", String, nullable=False),
    Column("corrects", String, nullable=False),  # the entry that this one reverses
    Column("intent", String, nullable=False, server_default=""),  # our tag: the change that posted it
)
Index("balance_transactions_by_customer", balance_transactions.c.customer, balance_transactions.c.position)
Index("balance_transactions_by_invoice", balance_transactions.c.invoice)

credit_notes = Table(
    "credit_notes",
    metadata,
    Column("id", String, primary_key=True),
    Column("number", String, nullable=False),
    Column("invoice", String, nullable=False),
    Column("customer", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("pre_payment", BigInteger, nullable=False),  # what it took off what was to pay
    Column("post_payment", BigInteger, nullable=False),  # what had been paid, and went somewhere
    Column("outside", BigInteger, nullable=False),  # what of that went back outside Stripe
    Column("status", String, nullable=False),  # issued, void
    Column("reason", String, nullable=False),
    Column("memo", Text, nullable=False),
    Column("pdf_url", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("voided_at", BigInteger),
    Column("intent", String, nullable=False, server_default=""),  # our tag: the change that made it
    Column("deleted", Boolean, nullable=False),
    Column("read_at", Float, nullable=False),
)
Index("credit_notes_by_invoice", credit_notes.c.invoice)
Index("credit_notes_by_customer", credit_notes.c.customer, credit_notes.c.created)

# What carries our tag, to be held against the changes that we have on record.
TAGGED = (customers, invoices, balance_transactions, credit_notes)
_tagged = {"sqlite_where": text("intent != ''"), "postgresql_where": text("intent != ''")}
for _table in TAGGED:
    Index(f"{_table.name}_by_intent", _table.c.intent, **_tagged)

products = Table(
    "products",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("read_at", Float, nullable=False),
)

prices = Table(
    "prices",
    metadata,
    Column("id", String, primary_key=True),
    Column("product", String, nullable=False),
    Column("nickname", Text, nullable=False),
    Column("currency", String, nullable=False),
    Column("unit_amount", String, nullable=False),  # a decimal of minor units; empty when Stripe has none
    Column("recurring", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("read_at", Float, nullable=False),
)

tax_rates = Table(
    "tax_rates",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("percentage", String, nullable=False),  # a decimal
    Column("inclusive", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("read_at", Float, nullable=False),
)

objects = Table(
    "objects",
    metadata,
    Column("id", String, primary_key=True),
    Column("body", Text, nullable=False),
    Column("read_at", Float, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", String, primary_key=True),
    Column("created", BigInteger, nullable=False),
    Column("type", String, nullable=False),
    Column("object", String, nullable=False),
    Column("idempotency_key", String, nullable=False),
)
Index("events_by_object", events.c.object, events.c.created)

# Which ledgers were read, and when: they have neither a list nor events.
ledger_reads = Table(
    "ledger_reads",
    metadata,
    Column("customer", String, primary_key=True),
    Column("read_at", Float, nullable=False),
)

# A copy under way: spans of `created`, and how far each is stored. Empty when no copy is under way.
copy_slices = Table(
    "copy_slices",
    metadata,
    Column("kind", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("lo", BigInteger, nullable=False),
    Column("hi", BigInteger, nullable=False),  # not within
    Column("after", String, nullable=False),  # the id of the last object stored
    Column("at", BigInteger, nullable=False),  # when that one was created
    Column("done", Boolean, nullable=False),
)

sync_state = Table(
    "sync_state",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)

# Sums kept in step with the rows by the same writer, in the same transaction: see summaries.py. Minor units.
invoice_sums = Table(
    "invoice_sums",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("status", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("payer_kind", String, primary_key=True),
    Column("practitioner_of", Text, primary_key=True),
    Column("location", Text, primary_key=True),
    Column("invoices", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
    Column("owed", BigInteger, nullable=False),  # what remains of those that are owed
)

# Which practitioners, locations and currencies there are is read off these, one after the other.
for _name in ("practitioner_of", "location", "currency"):
    Index(f"invoice_sums_by_{_name}", invoice_sums.c[_name])

account_sums = Table(
    "account_sums",
    metadata,
    Column("customer", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("invoices", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
    Column("owed", BigInteger, nullable=False),
    Column("drafts", BigInteger, nullable=False),
    Column("drafted", BigInteger, nullable=False),
    Column("latest", BigInteger, nullable=False),  # when the newest was created
)
_owes = account_sums.c.owed != text("0")
Index("accounts_owing", account_sums.c.owed, account_sums.c.customer, sqlite_where=_owes, postgresql_where=_owes)

owed_days = Table(
    "owed_days",
    metadata,
    Column("due_at", BigInteger, primary_key=True, autoincrement=False),
    Column("currency", String, primary_key=True),
    Column("payer_kind", String, primary_key=True),
    Column("invoices", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
)

paid_days = Table(
    "paid_days",
    metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("currency", String, primary_key=True),
    Column("invoices", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
)

# How many living customers have this one as their default payer.
covered = Table(
    "covered",
    metadata,
    Column("payer", String, primary_key=True),
    Column("patients", BigInteger, nullable=False),
)

# How many living customers there are of each kind, and whether somebody else pays for them (1) or not (0).
customer_sums = Table(
    "customer_sums",
    metadata,
    Column("kind", String, primary_key=True),
    Column("paid_for", Integer, primary_key=True, autoincrement=False),
    Column("customers", BigInteger, nullable=False),
)

MIRROR = (
    customers,
    customer_balances,
    invoices,
    parties,
    invoice_sums,
    account_sums,
    owed_days,
    paid_days,
    covered,
    customer_sums,
    balance_transactions,
    credit_notes,
    products,
    prices,
    tax_rates,
    objects,
    events,
    ledger_reads,
    copy_slices,
    sync_state,
)
