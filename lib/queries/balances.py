"""Who holds credit, who carries a debit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select, true

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.tables import NEVER, customer_balances, customers
from lib.queries._accounts import HELD
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._search import customers_found
from lib.queries._sql import counted

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
    found = _narrowed(ctx, search, side)
    with reading(ctx.engine) as conn:
        total = counted(conn, found)
    return page(ctx, found, _order(sort, descending=descending), place, total, size=size)


def statement(
    ctx: Context, *, search: str = "", side: str = "", sort: str = "Name", descending: bool = False
) -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    return _narrowed(ctx, search, side).order_by(*_order(sort, descending=descending).by())


def _narrowed(ctx: Context, search: str, side: str) -> Select[Any]:
    held = customer_balances.c.balance
    columns = {
        "id": customers.c.id,
        "name": customers.c.name,
        "kind": customers.c.kind,
        "email": customers.c.email,
        "currency": customer_balances.c.currency,
        "balance": held,
        "last_entry": func.nullif(customer_balances.c.last_entry, 0),
        "deleted": customers.c.deleted,
    }
    wanted = {"Credit": held < 0, "Debit": held > 0}.get(side, true())
    source = customer_balances.join(customers, customers.c.id == customer_balances.c.customer)
    found = select(*(c.label(n) for n, c in columns.items())).select_from(source).where(HELD, wanted)
    return found.where(customers_found(ctx, search)) if search.strip() else found


def _order(sort: str, *, descending: bool) -> Order:
    last_entry = func.coalesce(func.nullif(customer_balances.c.last_entry, 0), 0 if descending else NEVER)
    key = {"name": customers.c.order_name, "balance": customer_balances.c.balance, "last_entry": last_entry}[
        SORTS[sort]
    ]
    return Order((key, customers.c.id, customer_balances.c.currency), descending)
