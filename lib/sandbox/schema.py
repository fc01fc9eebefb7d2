"""What is kept, and by which fields it can be listed.

Every kind has a table of its own: its JSON as text, its place in lists (`rank`, then `seq`), and a column for each
field that a list can be filtered by. Each column is indexed together with the place, so that a page costs the same
however much is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Body = dict[str, Any]
Reader = Callable[[Body], Any]


def _item_behind(line: Body) -> str | None:
    """A line of a subscription has none."""
    details = line["parent"]["invoice_item_details"]
    return details and details["invoice_item"]


def _subscription(invoice: Body) -> str | None:
    return invoice["parent"] and invoice["parent"]["subscription_details"]["subscription"]


def _payment(name: str) -> Reader:
    return lambda payment: payment["payment"].get(name)


COLUMNS: dict[str, dict[str, Reader | None]] = {
    "customer": {"email": None, "invoice_prefix": None},
    "tax_id": {"customer": None},
    "customer_balance_transaction": {"customer": None, "invoice": None},
    "product": {"active": None, "type": None},
    "price": {"active": None, "product": None, "currency": None, "type": None, "lookup_key": None},
    "tax_rate": {"active": None, "inclusive": None},
    "invoice": {
        "customer": None,
        "status": None,
        "collection_method": None,
        "due_date": None,
        "number": None,
        "subscription": _subscription,
    },
    "line_item": {"invoice": None, "item": _item_behind},
    "invoiceitem": {"customer": None, "invoice": None},
    "invoice_payment": {
        "invoice": None,
        "status": None,
        "payment_intent": _payment("payment_intent"),
        "payment_record": _payment("payment_record"),
    },
    "payment_record": {},
    "payment_record_refund": {"payment_record": None},
    "credit_note": {"customer": None, "invoice": None},
    "credit_note_line_item": {"credit_note": None, "invoice_line_item": None},
    "event": {"type": None},
}
TOGETHER = {"invoice": [("customer", "status")], "invoiceitem": [("customer", "invoice")]}

FIXED = """
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledgers (
    customer TEXT, currency TEXT, balance INTEGER NOT NULL, PRIMARY KEY (customer, currency)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS keys_at ON keys (at);
CREATE TABLE IF NOT EXISTS due (at INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS due_at ON due (at);
"""
TERMS = "CREATE INDEX IF NOT EXISTS invoice_terms ON invoice (due_date - rank);\n"


def statements() -> str:
    """The whole schema."""
    return FIXED + "".join(_table(kind) for kind in COLUMNS) + TERMS


def _table(kind: str) -> str:
    columns = "".join(f"{name}, " for name in COLUMNS[kind])
    single = [(name,) for name in COLUMNS[kind]]
    indexes = "".join(_index(kind, names) for names in [(), *single, *TOGETHER.get(kind, [])])
    return (
        f"CREATE TABLE IF NOT EXISTS {kind} (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
        f"rank INTEGER NOT NULL, state TEXT NOT NULL, {columns}body TEXT NOT NULL);\n{indexes}"
    )


def _index(kind: str, names: tuple[str, ...]) -> str:
    listed = ", ".join([*names, "rank"])
    return f"CREATE INDEX IF NOT EXISTS {'_'.join([kind, *names, 'place'])} ON {kind} ({listed});\n"


def values(kind: str, body: Body) -> list[Any]:
    """The body's values for the columns of its table."""
    return [body.get(name) if reader is None else reader(body) for name, reader in COLUMNS[kind].items()]
