"""What accounts owe and hold, a row a customer and currency: from the sums that are kept, and what is overdue today."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, null, select, text, union_all

from lib.mirror.tables import account_sums, customer_balances, customer_sums, customers, invoices
from lib.queries._sql import along, overdue

# More than this are not counted one by one while somebody waits.
COUNTED = 5000
BY_ID = "sqlite_autoindex_customers_1"
_AMOUNTS = ("outstanding", "overdue", "drafts", "balance")
# To the letter as in the partial index.
HELD = customer_balances.c.balance != text("0")


def rows(today: int, of: Callable[[ColumnElement[str]], ColumnElement[bool]]) -> Any:
    """Sums of some customers (`of` says which, given the column of their ids) by customer and currency, from invoices
    and balances alike: either may be there without the other. `today`: when it began.
    Columns: customer, currency, outstanding, overdue, drafts, balance, last_invoice.
    """
    a, b, i = account_sums, customer_balances, invoices
    late = func.sum(i.c.amount_remaining)
    both = union_all(
        _part(a, outstanding=a.c.owed, drafts=a.c.drafts, last_invoice=a.c.latest).where(of(a.c.customer)),
        _part(b, balance=b.c.balance).where(HELD, of(b.c.customer)),
        _part(i, overdue=late).where(overdue(today), of(i.c.customer)).group_by(i.c.customer, i.c.currency),
    ).subquery()
    amounts = [func.sum(both.c[name]).label(name) for name in _AMOUNTS]
    latest = func.max(both.c.last_invoice).label("last_invoice")
    return (
        select(both.c.customer, both.c.currency, *amounts, latest).group_by(both.c.customer, both.c.currency).subquery()
    )


def _part(table: Any, **amounts: Any) -> Select[Any]:
    columns = (amounts.get(name, literal(0)).label(name) for name in _AMOUNTS)
    latest = amounts.get("last_invoice", null()).label("last_invoice")
    return select(table.c.customer.label("customer"), table.c.currency.label("currency"), *columns, latest)


def overdue_of(today: int, *, descending: bool) -> ColumnElement[int]:
    """What of it is overdue today; of several currencies the sum that comes first."""
    summed = func.sum(invoices.c.amount_remaining)
    late = select(summed).where(overdue(today), invoices.c.customer == customers.c.id).group_by(invoices.c.currency)
    found = late.order_by(summed.desc() if descending else summed).limit(1).scalar_subquery()
    return case((customers.c.owing > 0, func.coalesce(found, 0)), else_=0)


def how_many(conn: Connection, kind: str, *, paid_for: int | None = None) -> int:
    """Living customers of a kind."""
    s = customer_sums.c
    only = [] if paid_for is None else [s.paid_for == paid_for]
    return int(conn.execute(select(func.coalesce(func.sum(s.customers), 0)).where(s.kind == kind, *only)).scalar() or 0)


def by_index(conn: Connection, statement: Select[Any], index: str) -> Select[Any]:
    """`along` for an index of the customers."""
    return along(conn, statement, index, customers)
