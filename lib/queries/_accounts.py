"""What accounts owe and hold, a row a customer and currency: from the sums that are kept, and what is overdue today."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, null, select, text, union_all

from lib.context import Context
from lib.mirror.tables import NEVER, account_sums, customer_balances, customers, invoices
from lib.queries._sql import overdue

_AMOUNTS = ("outstanding", "overdue", "drafts", "balance")
# To the letter as in the partial index.
HELD = customer_balances.c.balance != text("0")


def rows(ctx: Context, only: list[str] | Select[Any]) -> Any:
    """Sums of some customers by customer and currency, from invoices and balances alike: either may be there without
    the other. Columns: customer, currency, outstanding, overdue, drafts, balance, last_invoice.
    """
    a, b, i = account_sums, customer_balances, invoices
    late = func.sum(i.c.amount_remaining)
    both = union_all(
        _part(a, outstanding=a.c.owed, drafts=a.c.drafts, last_invoice=a.c.latest).where(a.c.customer.in_(only)),
        _part(b, balance=b.c.balance).where(HELD, b.c.customer.in_(only)),
        _part(i, overdue=late).where(overdue(ctx), i.c.customer.in_(only)).group_by(i.c.customer, i.c.currency),
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


def key(ctx: Context, name: str, *, descending: bool) -> ColumnElement[int]:
    """What a customer (of `customers`) is sorted by; of several currencies the one that comes first."""
    a, b = account_sums, customer_balances
    first = func.max if descending else func.min
    if name == "overdue":
        summed = func.sum(invoices.c.amount_remaining)
        late = select(summed).where(overdue(ctx), invoices.c.customer == customers.c.id).group_by(invoices.c.currency)
        return func.coalesce(late.order_by(summed.desc() if descending else summed).limit(1).scalar_subquery(), 0)
    if name == "balance":
        found = select(first(b.c.balance)).where(HELD, b.c.customer == customers.c.id)
        return func.coalesce(found.scalar_subquery(), 0)
    column, none = (a.c.latest, 0 if descending else NEVER) if name == "last_invoice" else (a.c.owed, 0)
    return func.coalesce(select(first(column)).where(a.c.customer == customers.c.id).scalar_subquery(), none)
