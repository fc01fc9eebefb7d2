"""An entry in a customer's ledger: how it is posted, how it is known again, and what it touches."""

from __future__ import annotations

from lib.actions._compare import tagged
from lib.actions._intent import Intent, Object, Step
from lib.context import Context


def posting(
    customer: str, signed: int, currency: str, described: str, tags: dict[str, str], *, name: str = "posting"
) -> Step:
    """One entry of so many minor units, signed as Stripe signs them; `tags` must name the intent (`pd_intent`)."""
    params = {"amount": signed, "currency": currency, "description": described, "metadata": tags}
    return Step(name, f"/v1/customers/{customer}/balance_transactions", params)


def landed(ctx: Context, intent: Intent, _step: Step) -> Object | None:
    """The entry that an intent has made, if it has."""
    return tagged(
        ctx.stripe.every(f"/v1/customers/{intent.target}/balance_transactions", created={"gte": intent.since}),
        intent.id,
    )


def affected(intent: Intent) -> list[tuple[str, str]]:
    """What is read again afterwards."""
    return [("customer", intent.target), ("ledger", intent.target)]
