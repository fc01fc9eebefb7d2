"""The two steps that tell Stripe of money it did not take: a payment record, and its attaching to an invoice."""

from __future__ import annotations

from typing import Any

from lib.actions._compare import tagged
from lib.actions._intent import Intent, Object, Step, made
from lib.actions._standing import same_invoice
from lib.actions.received import Received
from lib.context import Context
from lib.dates import start_of
from lib.errors import Changed, Refused
from lib.money import Money


def payment(ctx: Context, invoice: str, payer: str, amount: Money, received: Received, tag: str) -> list[Step]:
    """A payment record and its attaching to an invoice, told apart by the number behind the tag's colon."""
    number = tag.partition(":")[2]
    assert received.on is not None
    at = start_of(received.on, ctx.settings.zone)
    params: dict[str, Any] = {
        "amount_requested": {"value": amount.minor, "currency": amount.currency},
        "initiated_at": at,
        "customer_details": {"customer": payer},
        "payment_method_details": {"type": "custom", "custom": {"display_name": received.method}},
        "processor_details": {"type": "custom", "custom": {"payment_reference": received.reference}},
        "outcome": "guaranteed",
        "guaranteed": {"guaranteed_at": at},
        "metadata": {"pd_intent": tag, **received.tags},
    }
    return [
        Step(f"record{number}", "/v1/payment_records/report_payment", params),
        Step(f"attach{number}", f"/v1/invoices/{invoice}/attach_payment", {"payment_record": made(f"record{number}")}),
    ]


def landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    """What an earlier attempt did: at the record, at its attaching, or at the note of it on the invoice."""
    name = step.name.rstrip("0123456789")
    if name == "record":
        tag = step.params["metadata"]["pd_intent"]
        return tagged(ctx.stripe.every("/v1/payment_records", created_after=intent.since), tag)
    if name == "attach":
        record = intent.made(_record_of(step))
        of_record = {"type": "payment_record", "payment_record": record}
        return next(iter(ctx.stripe.get("/v1/invoice_payments", payment=of_record, limit=1)["data"]), None)
    fresh = ctx.stripe.get(step.path)
    there, tags = fresh.get("metadata") or {}, step.params["metadata"]
    return fresh if all(there.get(key) == value for key, value in tags.items()) else None


def owes_as_shown(ctx: Context, invoice: str, remaining: Money) -> None:
    """The last word before money is put on an invoice: it owes what it owed, so that nothing is paid twice over.
    Raises Changed or Refused.
    """
    try:
        same_invoice(ctx, invoice, remaining)
    except (Changed, Refused) as moved:
        words = f"{moved.words.partition('Nothing was changed')[0]}It was given nothing."
        raise type(moved)(words, moved.detail) from moved


def loose(intent: Intent) -> str:
    """Names the record that a payment left when it stopped between its two steps; empty where it left none."""
    open_ended = [step for step in intent.steps if step.name.startswith("attach") and not intent.made(step.name)]
    record = next(filter(None, (intent.made(_record_of(step)) for step in open_ended)), "")
    return f"The payment record {record} is in Stripe and pays no invoice." if record else ""


def _record_of(attaching: Step) -> str:
    return attaching.name.replace("attach", "record")
