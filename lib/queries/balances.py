"""Who holds credit, who carries a debit."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, CursorResult, Select, func, select, text, true

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.rows import those
from lib.mirror.tables import NEVER, customer_balances, customers
from lib.queries._accounts import COUNTED, HELD, by_index
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._search import Accounts, customers_found, tested
from lib.queries._sql import along, counted
from lib.queries.customers import KINDS

# Stripe's types of customer balance transaction in a manager's words (docs.stripe.com/billing/customer/balance).
TYPES = {
    "adjustment": "Adjustment",
    "applied_to_invoice": "Used on an invoice",
    "unapplied_from_invoice": "Given back by a void",
    "credit_note": "Credit note",
    "initial": "Opening balance",
    "invoice_too_small": "Too small to charge, carried forward",
    "invoice_too_large": "Too large to charge, carried forward",
    "invoice_overpaid": "Overpayment",
    "migration": "Moved from an older account",
    "unspent_receiver_credit": "Unspent receiver credit",
    "checkout_session_subscription_payment": "Used in checkout",
    "checkout_session_subscription_payment_canceled": "Checkout cancelled",
}

# To the letter as in the partial indexes.
_HOLDING = customers.c.held != text("0")
_OLDEST = func.coalesce(func.nullif(customer_balances.c.last_entry, 0), NEVER)

_OWN = customers.c.id == customer_balances.c.customer
_INDEXES = {"balance": "balances_by_amount", "last_entry": "balances_by_entry"}

SORTS = {"Name": "name", "Balance": "balance", "Last entry": "last_entry"}


def table(
    ctx: Context,
    *,
    search: str = "",
    side: str = "",
    sort: str = "Name",
    descending: bool = False,
    place: Place = FIRST,
    size: int = SIZE,
) -> Page:
    """Every customer with a credit or debit: id, name, kind, email, currency, balance, last_entry, deleted.

    One row a customer and currency; `balance` in minor units as Stripe signs it (negative is credit), `last_entry` in
    Stripe's seconds, None where no entry is known. `side`: "Credit", "Debit", or both.
    """
    with reading(ctx.engine) as conn:
        found = _found(conn, search) if search.strip() else None
        wanted = _accounts_of(side)
        named = _named(conn, wanted, found)
        total = counted(conn, named if found else wanted)
        if found or SORTS[sort] == "name":
            wanted = named
        else:
            wanted = along(conn, wanted, _INDEXES[SORTS[sort]], customer_balances)
    return page(ctx, wanted, _order(sort, descending=descending), place, total, size=size, fill=_some)


def _found(conn: Connection, search: str) -> Accounts:
    """Who holds something is looked through; unless they are very many, and a word's own index leads to fewer."""
    many = counted(conn, _accounts_of(""), COUNTED) > COUNTED
    return customers_found(conn, search, KINDS) if many else tested(search)


def _accounts_of(side: str) -> Select[Any]:
    return select(customer_balances.c.customer, customer_balances.c.currency).where(HELD, _side(side))


def _named(conn: Connection, wanted: Select[Any], found: Accounts | None) -> Select[Any]:
    """With their names, in whose order those that hold something are found."""
    beside = wanted.select_from(customer_balances.join(customers, _OWN)).where(_HOLDING)
    return by_index(conn, beside.where(found.condition) if found else beside, "customers_holding")


def _some(conn: Connection, found: list[tuple[Any, ...]]) -> CursorResult[Any]:
    return those(conn, _rows(), customer_balances.c.customer, [customer for customer, _ in found])


def statement(
    ctx: Context, *, search: str = "", side: str = "", sort: str = "Name", descending: bool = False
) -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    with reading(ctx.engine) as conn:
        found = customers_found(conn, search, KINDS) if search.strip() else None
    wanted = _rows().where(_side(side), *([found.condition] if found else []))
    return wanted.order_by(*_order(sort, descending=descending).by())


@cache
def _rows() -> Select[Any]:
    columns = {
        "id": customer_balances.c.customer,
        "currency": customer_balances.c.currency,
        "name": customers.c.name,
        "kind": customers.c.kind,
        "email": customers.c.email,
        "balance": customer_balances.c.balance,
        "last_entry": func.nullif(customer_balances.c.last_entry, 0),
        "deleted": customers.c.deleted,
    }
    source = customer_balances.join(customers, _OWN)
    return select(*(c.label(n) for n, c in columns.items())).select_from(source).where(HELD)


def _side(side: str) -> ColumnElement[bool]:
    return {"Credit": customer_balances.c.balance < 0, "Debit": customer_balances.c.balance > 0}.get(side, true())


def _order(sort: str, *, descending: bool) -> Order:
    b, by = customer_balances.c, SORTS[sort]
    if by == "name":
        return Order((customers.c.order_name, customers.c.id, b.currency), descending)
    key = b.balance if by == "balance" else b.last_entry if descending else _OLDEST
    return Order((key, b.customer, b.currency), descending)
