"""The indexes of what is listed: invoices, customers, balances. A list goes by the one that has its order and most of
what it is narrowed by; what is put off while an empty mirror is filled stands in LATE.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import DDL, Index, event, text

from lib.mirror.tables import customer_balances, customers, invoices

Index("customers_by_payer", customers.c.default_payer, customers.c.deleted)
_paused = {"sqlite_where": text("paused_until != ''"), "postgresql_where": text("paused_until != ''")}
Index("customers_paused", customers.c.paused_until, customers.c.id, **_paused)
_holding = {"sqlite_where": text("held != 0"), "postgresql_where": text("held != 0")}
Index("customers_holding", customers.c.order_name, customers.c.id, customers.c.held, **_holding)

# Patients are very many; an organisation that is deleted stays on the list while something hangs on it.
_patients = {
    "sqlite_where": text("kind = 'patient' AND deleted = 0"),
    "postgresql_where": text("kind = 'patient' AND NOT deleted"),
}
_organisations = {"sqlite_where": text("kind = 'organisation'"), "postgresql_where": text("kind = 'organisation'")}


def _of_customers(name: str, *columns: str, **where: Any) -> Index:
    return Index(name, *(customers.c[each] for each in columns), **where)


# Those whose name has very many others beside it are found in order of names without a look at their rows. On Postgres
# an index takes no text as long as a customer's may be.
_BY_WORDS = _of_customers(
    "customers_by_words", "kind", "order_name", "id", "deleted", "owing", "covering", "search"
).ddl_if(dialect="sqlite")
_LATE_OF_CUSTOMERS = (
    _of_customers("customers_by_kind", "kind", "deleted", "order_name", "id"),
    _of_customers("customers_paid_by", "kind", "deleted", "default_payer", "order_name", "id"),
    _of_customers("customers_by_match", "match_name"),
    _of_customers("customers_by_email", "match_email"),
    _of_customers("customers_newest", "created", "id"),
    _BY_WORDS,
    _of_customers("patients_by_owing", "owing", "id", **_patients),
    _of_customers("patients_by_payer_order", "payer_order", "id", **_patients),
    _of_customers("organisations_by_name", "order_name", "id", "deleted", "owing", "covering", **_organisations),
    _of_customers("organisations_by_owing", "owing", "id", "deleted", "covering", **_organisations),
    _of_customers("organisations_by_held", "held", "id", "deleted", "owing", "covering", **_organisations),
    _of_customers("organisations_by_covering", "covering", "id", "deleted", "owing", **_organisations),
    _of_customers("organisations_by_latest", "latest", "id", "deleted", "owing", "covering", **_organisations),
)

_held = customer_balances.c.balance != text("0")
_of_whom = (customer_balances.c.customer, customer_balances.c.currency)
Index("balances_held", *_of_whom, customer_balances.c.balance, sqlite_where=_held, postgresql_where=_held)
Index("balances_by_amount", customer_balances.c.balance, *_of_whom, sqlite_where=_held, postgresql_where=_held)
Index("balances_by_entry", customer_balances.c.last_entry, *_of_whom, sqlite_where=_held, postgresql_where=_held)

# A partial index serves a query only where both say the same, to the letter.
_there = {"sqlite_where": text("deleted = 0"), "postgresql_where": text("NOT deleted")}
_gone = {"sqlite_where": text("deleted = 1"), "postgresql_where": text("deleted")}
_owed = {"sqlite_where": text("owed = 1"), "postgresql_where": text("owed")}
_unpaid = {
    "sqlite_where": text("status != 'paid' AND deleted = 0"),
    "postgresql_where": text("status != 'paid' AND NOT deleted"),
}
_astray = {"sqlite_where": text("astray = 1"), "postgresql_where": text("astray")}
# What lists are narrowed, sorted and added up by stands in the index itself: rows lie all over the file, and to look at
# each of 20,000 takes twenty times as long as to look at its place in an index.
_FACTS = (
    "due_at", "total", "amount_remaining", "owed", "status", "customer", "treated", "practitioner_of", "payer_kind",
    "location", "currency", "party", "payer_order",
)  # fmt: skip


# What a list is narrowed by while it is walked through in the order that is asked for.
_TESTED = (
    "status", "created", "due_at", "owed", "customer", "practitioner_of", "payer_kind", "location", "currency", "party",
)  # fmt: skip


def _wide(name: str, *first: str, where: dict[str, Any], facts: tuple[str, ...] = _FACTS) -> Index:
    names = (*first, *(fact for fact in facts if fact not in first))
    return Index(name, *(invoices.c[each] for each in names), **where)


Index("invoices_in_time", invoices.c.created, invoices.c.id, **_there)
# None, as a rule: to know that is to know where among the days due a list of some months begins.
DUE_BEFORE = "due_at < created - 86400"
Index(
    "invoices_due_before",
    invoices.c.due_at,
    sqlite_where=text(f"{DUE_BEFORE} AND deleted = 0"),
    postgresql_where=text(f"{DUE_BEFORE} AND NOT deleted"),
)
Index("invoices_astray", invoices.c.created, invoices.c.id, invoices.c.astray, **_astray)
# Drafts that were deleted are few, and what was done with them stands in the log.
Index("invoices_gone_by_customer", invoices.c.customer, **_gone)
Index("invoices_gone_by_treated", invoices.c.treated, **_gone)
# While an empty mirror is filled these do not exist: see late.py.
LATE = (
    *_LATE_OF_CUSTOMERS,
    _wide("invoices_newest", "created", "id", where=_there),
    _wide("invoices_by_status", "status", "created", "id", where=_there),
    _wide("invoices_by_due", "due_at", "id", where=_there, facts=_TESTED),
    _wide("invoices_unpaid_by_due", "status", "due_at", "id", where=_unpaid, facts=_TESTED),
    _wide("invoices_owed_by_due", "due_at", "id", "created", "deleted", where=_owed),
    _wide(
        "invoices_owed_by_customer",
        "customer",
        "currency",
        "due_at",
        "amount_remaining",
        "created",
        "id",
        "deleted",
        where=_owed,
    ),
    _wide("invoices_by_customer", "customer", "created", "id", where=_there),
    _wide("invoices_by_treated", "treated", "created", "id", where=_there),
    _wide("invoices_by_party", "party", "created", "id", where=_there),
    _wide("invoices_by_practitioner", "practitioner_of", "created", "id", where=_there),
    Index("invoices_by_number", invoices.c.number_key, invoices.c.id, **_there),
    _wide("invoices_by_payer_order", "payer_order", "id", where=_there, facts=_TESTED),
    _wide("invoices_unpaid_by_payer_order", "status", "payer_order", "id", where=_unpaid, facts=_TESTED),
    Index("invoices_by_number_end", invoices.c.number_end, **_there),
    _wide("invoices_by_total", "total", "id", where=_there, facts=_TESTED),
    _wide("invoices_unpaid_by_total", "status", "total", "id", where=_unpaid, facts=_TESTED),
    _wide("invoices_by_remaining", "amount_remaining", "id", where=_there, facts=_TESTED),
    _wide("invoices_unpaid_by_remaining", "status", "amount_remaining", "id", where=_unpaid, facts=_TESTED),
)

# Else Postgres takes what is open for one thing, what is owed for another, and expects a few rows of both.
_TOGETHER = "CREATE STATISTICS IF NOT EXISTS invoices_together (mcv) ON status, owed, payer_kind, deleted FROM invoices"
event.listen(invoices, "after_create", DDL(_TOGETHER).execute_if(dialect="postgresql"))
