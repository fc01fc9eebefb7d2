"""Sums that are kept in step with the invoices by whoever writes them, so that no page has to visit every row.

`Changes` collects what a transaction does to them; `wrong` adds everything up from the rows, which must come to the
same. Amounts are minor units of the row's currency; deleted invoices do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, case, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lib.mirror import standing, turns
from lib.mirror.database import sorting_in_files
from lib.mirror.tables import (
    account_sums,
    covered,
    customer_sums,
    customers,
    invoice_sums,
    invoices,
    owed_days,
    paid_days,
)

Row = Mapping[str, Any]
_Key = tuple[Any, ...]
_KEPT = (invoice_sums, account_sums, owed_days, paid_days, covered, customer_sums)

# The columns of an invoice that sums are made of.
COUNTED = (
    "customer",
    "currency",
    "status",
    "month",
    "payer_kind",
    "practitioner_of",
    "location",
    "total",
    "amount_remaining",
    "amount_paid",
    "owed",
    "due_at",
    "paid_day",
    "created",
    "deleted",
)


class Changes:
    """What a transaction does to the sums: rows come, go, and move from what they were to what they are. Without
    `counting`, nothing: they are made anew later.
    """

    def __init__(self, *, counting: bool = True) -> None:
        self.counting = counting
        self._sums: dict[Table, dict[_Key, list[int]]] = {table: {} for table in _KEPT}
        self._latest: dict[tuple[str, str], int] = {}
        self._left: set[tuple[str, str]] = set()
        self._touched: set[str] = set()

    def move(self, was: Row | None, now: Row | None) -> None:
        """An invoice: nothing before it came, nothing after it was deleted."""
        if not self.counting:
            return
        left = (was["customer"], was["currency"]) if was and not was["deleted"] else None
        came = (now["customer"], now["currency"]) if now and not now["deleted"] else None
        if was and left:
            self._count(was, -1)
        if now and came:
            self._count(now, 1)
            self._latest[came] = max(self._latest.get(came, 0), now["created"])
        if left and left != came:
            self._left.add(left)

    def belong(self, customer: Row, sign: int) -> None:
        """A living customer has come (1) or gone (-1)."""
        if not self.counting:
            return
        payer = customer["default_payer"]
        self._add(customer_sums, (customer["kind"], 1 if payer else 0), (sign,))
        if payer:
            self._add(covered, (payer,), (sign,))

    def touch(self, ids: Iterable[str]) -> None:
        """What depends on others may have changed in the rows of these customers."""
        if self.counting:
            self._touched.update(ids)

    def store(self, conn: Connection) -> None:
        """Write it all, in one order everywhere."""
        for table, sums in self._sums.items():
            moved = {key: values for key, values in sums.items() if any(values)}
            rows = [self._row(key, values) for key, values in sorted(moved.items())]
            if table is account_sums:
                rows = [(*row, self._latest.get(row[:2], 0)) for row in rows]
            if rows:
                conn.exec_driver_sql(_adding(conn.dialect, table), rows)
            self._drop_the_empty(conn, table, [key for key, values in sorted(moved.items()) if values[0] < 0])
        self._look_for_the_latest(conn)
        standing.settle(
            conn, self._touched.union(key[0] for table in (account_sums, covered) for key in self._sums[table])
        )

    @staticmethod
    def _row(key: _Key, values: list[int]) -> _Key:
        return (*key, *values)

    def _count(self, row: Row, sign: int) -> None:
        currency, kind = row["currency"], row["payer_kind"]
        total, remaining = sign * row["total"], sign * row["amount_remaining"]
        owed, drafted = remaining if row["owed"] else 0, row["status"] == "draft"
        cell = (row["month"], row["status"], currency, kind, row["practitioner_of"], row["location"])
        self._add(invoice_sums, cell, (sign, total, remaining, owed))
        account = (sign, total, remaining, owed, sign if drafted else 0, total if drafted else 0)
        self._add(account_sums, (row["customer"], currency), account)
        if row["owed"]:
            self._add(owed_days, (row["due_at"], currency, kind), (sign, total, remaining))
        if row["paid_day"]:
            self._add(paid_days, (row["paid_day"], currency), (sign, sign * row["amount_paid"]))

    def _add(self, table: Table, key: _Key, values: tuple[int, ...]) -> None:
        held = self._sums[table].setdefault(key, [0] * len(values))
        for place, value in enumerate(values):
            held[place] += value

    @staticmethod
    def _drop_the_empty(conn: Connection, table: Table, keys: list[_Key]) -> None:
        for key in keys:
            here = and_(*(column == part for column, part in zip(table.primary_key, key, strict=True)))
            conn.execute(delete(table).where(here, table.c[_counter(table)] == 0))

    def _look_for_the_latest(self, conn: Connection) -> None:
        """Of accounts that an invoice has left, whose newest may have been that one."""
        for customer, currency in sorted(self._left):
            theirs = (invoices.c.customer == customer) & (invoices.c.currency == currency) & ~invoices.c.deleted
            newest = select(func.coalesce(func.max(invoices.c.created), 0)).where(theirs).scalar_subquery()
            here = (account_sums.c.customer == customer) & (account_sums.c.currency == currency)
            conn.execute(update(account_sums).where(here).values(latest=newest))


def _counter(table: Table) -> str:
    return {covered: "patients", customer_sums: "customers"}.get(table, "invoices")


@lru_cache(maxsize=16)
def _adding(dialect: Any, table: Table) -> str:
    build, greatest = (sqlite.insert, func.max) if dialect.name == "sqlite" else (postgresql.insert, func.greatest)
    statement, keys = build(table), [column.name for column in table.primary_key]
    sums = {c.name: c + statement.excluded[c.name] for c in table.c if c.name not in (*keys, "latest")}
    if "latest" in table.c:
        sums["latest"] = greatest(table.c.latest, statement.excluded.latest)
    whole = statement.on_conflict_do_update(index_elements=keys, set_=sums)
    positional = type(dialect)(paramstyle="qmark" if dialect.name == "sqlite" else "format")
    return str(whole.compile(dialect=positional, column_keys=table.c.keys()))


def anew(conn: Connection) -> None:
    """Throw the sums away and add up the rows."""
    turns.take(conn)
    with sorting_in_files(conn):
        for table, statement in _wholes().items():
            conn.execute(delete(table))
            conn.execute(insert(table).from_select(table.c.keys(), statement))
    standing.anew(conn)


def wrong(conn: Connection) -> int:
    """How many sums are not what the rows come to. The database compares them, so that memory stays flat."""
    return sum(_differing(conn, table, statement) for table, statement in _wholes().items())


def _differing(conn: Connection, table: Table, whole: Select[Any]) -> int:
    """What both sides have in the same words is there twice; a sum of which that is not so is wrong."""
    both = whole.union_all(select(table)).subquery()
    keys = list(both.c)[: len(table.primary_key)]
    odd = select(*keys).group_by(*both.c).having(func.count() == 1).distinct().subquery()
    return conn.execute(select(func.count()).select_from(odd)).scalar_one()


def _wholes() -> dict[Table, Select[Any]]:
    there, one = ~invoices.c.deleted, func.count()
    total, remaining = func.sum(invoices.c.total), func.sum(invoices.c.amount_remaining)
    owed = func.sum(case((invoices.c.owed, invoices.c.amount_remaining), else_=0))
    draft = invoices.c.status == "draft"
    drafts, drafted = func.sum(case((draft, 1), else_=0)), func.sum(case((draft, invoices.c.total), else_=0))
    ends = {
        invoice_sums: (there, (one, total, remaining, owed)),
        account_sums: (there, (one, total, remaining, owed, drafts, drafted, func.max(invoices.c.created))),
        owed_days: (there & invoices.c.owed, (one, total, remaining)),
        paid_days: (there & invoices.c.paid_day.is_not(None), (one, func.sum(invoices.c.amount_paid))),
    }
    found: dict[Table, Select[Any]] = {}
    for table, (where, sums) in ends.items():
        keys = [invoices.c["paid_day" if key.name == "day" else key.name] for key in table.primary_key]
        found[table] = select(*keys, *sums).where(where).group_by(*keys)
    payer = customers.c.default_payer
    living = select(payer, one).where(payer != "", ~customers.c.deleted).group_by(payer)
    paid_for = case((payer != "", 1), else_=0)
    kinds = select(customers.c.kind, paid_for, one).where(~customers.c.deleted).group_by(customers.c.kind, paid_for)
    return found | {covered: living, customer_sums: kinds}
