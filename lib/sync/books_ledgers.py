"""Every customer's ledger, entry by entry: each ends where the one before it ended plus its amount, and the last where
the balance stands.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

from lib.mirror.rows import among
from lib.mirror.tables import balance_transactions, customer_balances, customers, ledger_reads
from lib.sync.differences import Difference

_entry, _held = balance_transactions.c, customer_balances.c


def count(conn: Connection) -> int:
    """How many entries there are to look at."""
    return conn.execute(select(func.count()).select_from(balance_transactions)).scalar_one()


def wrong(conn: Connection, only: list[str] | None = None) -> list[Difference]:
    """The ledgers that do not add up, one difference for each customer and currency."""
    found: dict[str, Difference] = {}
    for statement in (_broken_chains(), _other_ends(), _without_balance()):
        wanted = statement if only is None else statement.where(among(conn, statement.selected_columns[0], only))
        for row in conn.execute(wanted):
            detail = {"currency": row.currency, "ours": int(row.ours), "theirs": int(row.theirs)}
            each = Difference("ledger", f"{row.customer}:{row.currency}", row.customer, detail)
            found.setdefault(each.id, each)
    return list(found.values())


def _broken_chains() -> Select[Any]:
    before = func.lag(_entry.ending_balance, 1, 0).over(
        partition_by=(_entry.customer, _entry.currency), order_by=_entry.position
    )
    chained = select(
        _entry.customer, _entry.currency, _entry.amount, _entry.ending_balance, before.label("before")
    ).subquery()
    ours = (chained.c.before + chained.c.amount).label("ours")
    return (
        select(chained.c.customer, chained.c.currency, ours, chained.c.ending_balance.label("theirs"))
        .join(customers, customers.c.id == chained.c.customer)
        .where(~customers.c.deleted, chained.c.ending_balance != ours)
    )


def _sums() -> Any:
    return (
        select(_entry.customer, _entry.currency, func.sum(_entry.amount).label("total"))
        .group_by(_entry.customer, _entry.currency)
        .subquery()
    )


def _other_ends() -> Select[Any]:
    """A balance that is not what the entries come to. A ledger that was never read yet has nothing to say."""
    sums = _sums()
    total = func.coalesce(sums.c.total, 0)
    read = (
        select(ledger_reads.c.customer)
        .where(ledger_reads.c.customer == _held.customer)
        .correlate(customer_balances)
        .exists()
    )
    return (
        select(_held.customer, _held.currency, total.label("ours"), _held.balance.label("theirs"))
        .join(customers, customers.c.id == _held.customer)
        .outerjoin(sums, (sums.c.customer == _held.customer) & (sums.c.currency == _held.currency))
        .where(~customers.c.deleted, _held.balance != total, sums.c.total.is_not(None) | read)
    )


def _without_balance() -> Select[Any]:
    sums = _sums()
    balance = func.coalesce(_held.balance, 0).label("theirs")
    same = (_held.customer == sums.c.customer) & (_held.currency == sums.c.currency)
    return (
        select(sums.c.customer, sums.c.currency, sums.c.total.label("ours"), balance)
        .join(customers, customers.c.id == sums.c.customer)
        .outerjoin(customer_balances, same)
        .where(~customers.c.deleted, _held.balance.is_(None), sums.c.total != 0)
    )
