"""The mirror's tables: columns for what is sorted, filtered and joined; the whole object beside them in `objects`.

Amounts are minor units of the row's `currency`; times are Stripe's seconds (UTC). `read_at` is when the read that
brought the row began: a row never goes back to an older reading. A balance is signed as Stripe signs it: negative is
credit.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text

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
    Column("match_name", Text, nullable=False),  # folded for the duplicate guard
    Column("match_email", Text, nullable=False),
    Column("read_at", Float, nullable=False),
)
Index("customers_by_kind", customers.c.kind, customers.c.deleted, customers.c.name)
Index("customers_by_payer", customers.c.default_payer)
Index("customers_by_match", customers.c.match_name)

customer_balances = Table(
    "customer_balances",
    metadata,
    Column("customer", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("balance", BigInteger, nullable=False),
)

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
    Column("memo", Text, nullable=False),
    Column("hosted_url", Text, nullable=False),
    Column("pdf_url", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("search", Text, nullable=False),
    Column("read_at", Float, nullable=False),
)
Index("invoices_newest", invoices.c.deleted, invoices.c.created, invoices.c.id)
Index("invoices_by_status", invoices.c.status, invoices.c.created, invoices.c.id)
Index("invoices_by_customer", invoices.c.customer, invoices.c.created, invoices.c.id)
Index("invoices_by_patient", invoices.c.patient, invoices.c.created)
Index("invoices_by_paid", invoices.c.paid_at)

invoice_lines = Table(
    "invoice_lines",
    metadata,
    Column("id", String, primary_key=True),
    Column("invoice", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("description", Text, nullable=False),
    Column("quantity", String, nullable=False),  # a decimal
    Column("unit_amount", String, nullable=False),  # a decimal of minor units
    Column("amount", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("tax_rates", Text, nullable=False),  # ids, space-separated
    Column("currency", String, nullable=False),
    Column("product", String, nullable=False),
)
Index("invoice_lines_by_invoice", invoice_lines.c.invoice, invoice_lines.c.position)

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
)
Index("balance_transactions_by_customer", balance_transactions.c.customer, balance_transactions.c.position)
Index("balance_transactions_by_invoice", balance_transactions.c.invoice)

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

MIRROR = (
    customers,
    customer_balances,
    invoices,
    invoice_lines,
    balance_transactions,
    products,
    prices,
    tax_rates,
    objects,
    events,
    ledger_reads,
    copy_slices,
    sync_state,
)
