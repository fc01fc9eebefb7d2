"""An invoice as Stripe has it now, held against what the person saw."""

from __future__ import annotations

from lib.actions._compare import Object
from lib.actions.invoice_state import PAYABLE, is_of_subscription, signature
from lib.context import Context
from lib.dates import day, moment
from lib.errors import Changed, NotFound, Refused
from lib.money import Money
from lib.stripe_api import reading

_WORDS = {"draft": "a draft", "paid": "paid", "void": "void", "uncollectible": "written off", "open": "open"}


def same_invoice(ctx: Context, invoice: str, remaining: Money, allowed: tuple[str, ...] = PAYABLE) -> Object:
    """The invoice as Stripe has it now. Raises Changed when it was paid or something else remains (scenario 27),
    Refused when it is not in one of the states `allowed`.
    """
    try:
        fresh = ctx.stripe.get(f"/v1/invoices/{invoice}")
    except NotFound as none:
        raise Refused("This invoice is not in Stripe any more. Nothing was changed.", none.detail) from none
    name = fresh.get("number") or "This invoice"
    if fresh["status"] == "paid":
        raise Changed(f"{name} was {how_paid(ctx, fresh)}. Nothing was changed.")
    if fresh["status"] not in allowed:
        raise Refused(f"{name} is {_WORDS.get(fresh['status'], fresh['status'])} now. Nothing was changed.")
    now = Money(fresh["amount_remaining"], fresh["currency"])
    if now != remaining:
        raise Changed(
            f"{name} owes {now} now, and owed {remaining} on your screen: somebody recorded a payment or a credit note "
            "meanwhile. Nothing was changed; please check and confirm again."
        )
    return fresh


def same_draft(ctx: Context, invoice: str, seen: str) -> Object:
    """The draft as Stripe has it now, which must be what was shown (`seen` is its signature) and nobody's membership's.
    Raises Changed or Refused.
    """
    try:
        body = reading.invoice(ctx.stripe, invoice)
    except NotFound as gone:
        raise Changed("This draft is no longer in Stripe. Nothing was changed.", gone.detail) from gone
    still_a_draft(body)
    if is_of_subscription(body):
        raise Refused("A membership made this draft: Stripe changes and deletes it with the subscription only.")
    if signature(body) != seen:
        raise Changed("Somebody changed this draft meanwhile. Nothing was saved; look at what is there now.")
    return body


def still_a_draft(body: Object) -> None:
    """Raises Changed when it was finalised meanwhile."""
    if body["status"] != "draft":
        raise Changed(f"This is no longer a draft: Stripe says it is {body['status']}. Nothing was changed.")


def how_paid(ctx: Context, fresh: Object) -> str:
    """When and how an invoice was paid, in words: "paid at 10:14 by card" (scenario 27)."""
    at = fresh["status_transitions"].get("paid_at")
    when = ""
    if at:
        there = moment(at, ctx.settings.zone)
        today = there.date() == day(ctx.now, ctx.settings.zone)
        when = f" at {there:%H:%M}" if today else f" on {there:%-d %b %Y, %H:%M}"
    if not fresh["amount_paid"]:
        return f"paid{when} by credit or a credit note"
    found = ctx.stripe.get("/v1/invoice_payments", invoice=fresh["id"], status="paid", limit=1)["data"]
    outside = found and found[0]["payment"]["type"] == "payment_record"
    method = (fresh.get("metadata") or {}).get("pd_method", "")
    return f"paid{when} {f'outside Stripe ({method})' if outside and method else _ways(bool(outside))}"


def _ways(outside: bool) -> str:
    return "outside Stripe" if outside else "by card"
