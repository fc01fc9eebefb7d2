"""What a newly read customer or invoice says about a ledger that we hold.

A customer whose balance, in any currency, is not what our copy of the ledger ends with has entries that we lack. An
invoice that was finalised or voided since we last saw it, and that used a balance, has moved it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from lib.mirror.shapes import id_of
from lib.mirror.tables import balance_transactions, customer_balances, invoices
from lib.sync.named import Target

Object = dict[str, Any]


def behind(conn: Connection, customers: list[str]) -> list[Target]:
    """The ledgers of those whose balance, as just stored, is not where the ledger ends."""
    entry = balance_transactions.c
    latest = (
        select(entry.customer, entry.currency, func.max(entry.position).label("position"))
        .where(entry.customer.in_(customers))
        .group_by(entry.customer, entry.currency)
        .subquery()
    )
    ends = select(entry.customer, entry.currency, entry.ending_balance).join(
        latest,
        (entry.customer == latest.c.customer)
        & (entry.currency == latest.c.currency)
        & (entry.position == latest.c.position),
    )
    ended = {(customer, currency): balance for customer, currency, balance in conn.execute(ends)}
    held = customer_balances.c
    now = conn.execute(select(held.customer, held.currency, held.balance).where(held.customer.in_(customers)))
    return [("ledger", row.customer) for row in now if row.balance != ended.get((row.customer, row.currency), 0)]


def statuses(conn: Connection, found: list[Object]) -> dict[str, str]:
    """The status of these invoices as we knew it; one that we did not know is not among them."""
    ids = [obj["id"] for obj in found]
    known = select(invoices.c.id, invoices.c.status).where(invoices.c.id.in_(ids))
    return {row.id: row.status for row in conn.execute(known)}


def moved_by(found: list[Object], before: dict[str, str]) -> list[Target]:
    """The customer and the ledger of each invoice that used a balance and has been finalised or voided since."""
    targets: list[Target] = []
    for obj in found:
        was, customer = before.get(obj["id"], "draft"), id_of(obj.get("customer"))
        used = not obj.get("deleted") and (obj["starting_balance"] or obj.get("ending_balance"))
        if used and obj["status"] not in ("draft", was) and (was == "draft" or obj["status"] == "void"):
            targets += [("customer", customer), ("ledger", customer)]
    return targets


def drafts(conn: Connection, customers: list[str]) -> list[tuple[str, str]]:
    """The drafts of these customers as far as we know them: (draft, customer)."""
    column = invoices.c
    known = select(column.id, column.customer).where(
        column.customer.in_(customers), column.status == "draft", ~column.deleted
    )
    return [(row.id, row.customer) for row in conn.execute(known)]
