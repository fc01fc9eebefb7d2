"""The first copy: every object once, newest first, so that the screens fill while it runs.

It may be stopped anywhere and started again: rows are replaced by later readings only. What stood in the mirror and
did not come along any more was deleted in Stripe.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select, union

from lib.context import Context
from lib.errors import NotFound
from lib.mirror import store
from lib.mirror.database import reading, writing
from lib.mirror.tables import balance_transactions, customers, invoices
from lib.stripe_api import reading as stripe_reading
from lib.sync import state


def copy_everything(ctx: Context) -> dict[str, int]:
    """Copy the whole account; returns the number of objects by kind. Raises Unavailable or NotAllowed, keeping what
    came.
    """
    started, counts = ctx.clock(), {}
    latest = ctx.stripe.get("/v1/events", limit=1)["data"]
    plan = {
        "tax rates": ctx.stripe.pages("/v1/tax_rates"),
        "products": ctx.stripe.pages("/v1/products"),
        "prices": ctx.stripe.pages("/v1/prices"),
        "customers": stripe_reading.customers(ctx.stripe),
        "invoices": stripe_reading.invoices(ctx.stripe),
    }
    for kind, pages in plan.items():
        counts[kind] = _copy(ctx, kind, pages)
    _settle_the_unseen(ctx, started)
    find_ghosts(ctx)
    counts["ledgers"] = _copy_ledgers(ctx)
    with writing(ctx.engine) as conn:
        state.remember(
            conn,
            copied_at=ctx.now,
            fresh_at=int(started),
            cursor=int(started),
            anchor=latest[0]["id"] if latest else "",
            progress="",
            problem="",
        )
    return counts


def copy_ledger(ctx: Context, customer: str) -> None:
    """Read one customer's ledger again: Stripe has no event for its entries."""
    found = stripe_reading.ledger(ctx.stripe, customer)
    with writing(ctx.engine) as conn:
        store.put_ledger(conn, customer, found)


def _copy(ctx: Context, kind: str, pages: Iterable[list[dict]]) -> int:
    count, read_at = 0, ctx.clock()
    for page in pages:
        count += len(page)
        with writing(ctx.engine) as conn:
            store.put(conn, page, read_at, ctx.settings)
            state.remember(conn, progress=f"{count} {kind}")
        read_at = ctx.clock()
    return count


def _settle_the_unseen(ctx: Context, started: float) -> None:
    """Rows that the copy did not bring are asked for one by one: a missing page must never delete anything."""
    with reading(ctx.engine) as conn:
        unseen = [
            (kind, found)
            for kind in ("customer", "invoice", "product", "price", "tax_rate")
            for found in store.unseen_since(conn, kind, started)
        ]
    for kind, object_id in unseen:
        refresh(ctx, kind, object_id)


def refresh(ctx: Context, kind: str, object_id: str) -> None:
    """Read one object again and store it, or mark it as deleted."""
    read_at = ctx.clock()
    try:
        found = _read_one(ctx, kind, object_id)
    except NotFound:
        found = {"object": kind, "id": object_id, "deleted": True}
    with writing(ctx.engine) as conn:
        store.put(conn, [found], read_at, ctx.settings)


def _read_one(ctx: Context, kind: str, object_id: str) -> dict:
    if kind == "customer":
        return stripe_reading.customer(ctx.stripe, object_id)
    if kind == "invoice":
        return stripe_reading.invoice(ctx.stripe, object_id)
    return ctx.stripe.get(f"/v1/{kind}s/{object_id}")


def find_ghosts(ctx: Context) -> None:
    """Customers that invoices or patients point at and no list shows: deleted in Stripe, known by an invoice's
    snapshot.
    """
    with reading(ctx.engine) as conn:
        named = union(select(invoices.c.customer), select(customers.c.default_payer)).subquery()
        missing = (
            conn.execute(select(named.c[0]).where(named.c[0] != "", named.c[0].not_in(select(customers.c.id))))
            .scalars()
            .all()
        )
    for customer in missing:
        with writing(ctx.engine) as conn:
            name = conn.execute(
                select(invoices.c.customer_name)
                .where(invoices.c.customer == customer, invoices.c.customer_name != "")
                .limit(1)
            ).scalar()
            paid_for = conn.execute(
                select(func.count()).select_from(customers).where(customers.c.default_payer == customer)
            ).scalar()
            store.ghost(conn, customer, name or "", "organisation" if paid_for else "", ctx.clock())


def _copy_ledgers(ctx: Context) -> int:
    """Ledgers one by one (Stripe has no list of all), those with a sign of use first."""
    with reading(ctx.engine) as conn:
        used = select(invoices.c.customer).where((invoices.c.starting_balance != 0) | (invoices.c.ending_balance != 0))
        known = select(balance_transactions.c.customer)
        order = (customers.c.balance == 0) & customers.c.id.not_in(used) & customers.c.id.not_in(known)
        wanted = (
            conn.execute(select(customers.c.id).where(~customers.c.deleted, customers.c.currency != "").order_by(order))
            .scalars()
            .all()
        )
    for done, customer in enumerate(wanted, 1):
        copy_ledger(ctx, customer)
        if done % 50 == 0:
            with writing(ctx.engine) as conn:
                state.remember(conn, progress=f"{done} of {len(wanted)} ledgers")
    return len(wanted)
