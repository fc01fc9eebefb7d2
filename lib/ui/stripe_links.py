"""Links to Stripe's own Dashboard; with a sandbox, to the page that stands in for it."""

from __future__ import annotations

from lib.context import Context

_DASHBOARD = {"live": "https://dashboard.stripe.com", "test": "https://dashboard.stripe.com/test"}


def customer(ctx: Context, customer_id: str) -> str:
    """A customer's page."""
    return f"{_base(ctx)}/customers/{customer_id}"


def invoice(ctx: Context, invoice_id: str) -> str:
    """An invoice's page."""
    return f"{_base(ctx)}/invoices/{invoice_id}"


def _base(ctx: Context) -> str:
    server = ctx.stripe.base or ctx.settings.stripe_base
    return f"{server}/dashboard" if server else _DASHBOARD.get(ctx.settings.mode, _DASHBOARD["test"])
