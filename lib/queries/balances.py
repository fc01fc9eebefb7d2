"""Who holds credit, who carries a debit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select, true

from lib.context import Context
from lib.mirror.tables import balance_transactions, customer_balances, customers
from lib.queries._sql import Page, matches, page

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
    limit: int = 50,
    offset: int = 0,
) -> Page:
    """Every customer with a credit or debit: id, name, kind, email, currency, balance, last_entry, deleted.

    One row a customer and currency; `balance` in minor units as Stripe signs it (negative is credit), `last_entry` in
    Stripe's seconds. `side`: "Credit", "Debit", or both.
    """
    return page(ctx, statement(ctx, search=search, side=side, sort=sort, descending=descending), limit, offset)


def statement(
    _ctx: Context, *, search: str = "", side: str = "", sort: str = "Name", descending: bool = False
) -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    latest = (
        select(balance_transactions.c.customer, func.max(balance_transactions.c.created).label("last_entry"))
        .group_by(balance_transactions.c.customer)
        .subquery()
    )
    held = customer_balances.c.balance
    columns = {
        "id": customers.c.id,
        "name": customers.c.name,
        "kind": customers.c.kind,
        "email": customers.c.email,
        "currency": customer_balances.c.currency,
        "balance": held,
        "last_entry": latest.c.last_entry,
        "deleted": customers.c.deleted,
    }
    source = customer_balances.join(customers, customers.c.id == customer_balances.c.customer).outerjoin(
        latest, latest.c.customer == customers.c.id
    )
    wanted_side = {"Credit": held < 0, "Debit": held > 0}.get(side, held != 0)
    order = func.lower(customers.c.name) if SORTS[sort] == "name" else columns[SORTS[sort]]
    ordered = order.desc().nulls_last() if descending else order.asc().nulls_last()
    found = matches(customers.c.search, search) if search.strip() else true()
    return (
        select(*(c.label(n) for n, c in columns.items()))
        .select_from(source)
        .where(wanted_side, found)
        .order_by(ordered, customers.c.id)
    )
