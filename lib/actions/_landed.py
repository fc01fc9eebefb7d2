"""What an earlier attempt at a step did to an invoice: asked by reading it again and by lists, as search lags."""

from __future__ import annotations

from lib.actions import _lines
from lib.actions._compare import tagged
from lib.actions._intent import Intent, Object, Step
from lib.context import Context
from lib.stripe_api import reading


def on_invoice(ctx: Context, intent: Intent, step: Step, invoice: str = "") -> Object | None:
    """For the steps create, lines…, finalise and send; `invoice` is the one that was there before, where one was."""
    if step.name == "create":
        theirs = ctx.stripe.every("/v1/invoices", customer=intent.seen["payer"], created={"gte": intent.since})
        return tagged(theirs, intent.id)
    fresh = reading.invoice(ctx.stripe, intent.made("create") or invoice)
    return fresh if _has(ctx, intent, step, fresh) else None


def _has(ctx: Context, intent: Intent, step: Step, fresh: Object) -> bool:
    if step.name == "finalise":
        return bool(fresh["status"] != "draft")
    if step.name == "send":
        return bool(_sent(ctx, fresh["id"], intent.since))
    return _lines.added(fresh, intent.id, step)


def sent_by_us(ctx: Context, intent: Intent, step: Step) -> bool:
    """Whether this very step sent the invoice: by the key of the request, as a colleague may have sent it a moment
    before, and Stripe's clock is not ours.
    """
    asked = (event.get("request") or {} for event in _sent(ctx, intent.target, intent.since))
    return any((request.get("idempotency_key") or "").startswith(intent.keys(step.name)) for request in asked)


def _sent(ctx: Context, invoice: str, since: int) -> list[Object]:
    """The events of its being sent, by whomever: an invoice itself does not say."""
    found = ctx.stripe.every("/v1/events", type="invoice.sent", created={"gte": since})
    return [event for event in found if event["data"]["object"].get("id") == invoice]


def deleted(ctx: Context, invoice: str) -> Object | None:
    """The stub that is left of a draft that was deleted."""
    found = reading.invoice_or_stub(ctx.stripe, invoice)
    return found if found.get("deleted") else None
