"""Money received outside Stripe: an invoice paid in full, or a part of it.

Stripe's `pay` with `paid_out_of_band` takes no amount and settles whatever remains, so that it is sent only where what
came is exactly that; less is a payment record that is attached (docs.stripe.com/invoicing/partial-payments). More than
an invoice owes is a remittance: see remittances.py. How it was paid stands in the invoice's metadata, beside whatever
Hero wrote there.
"""

from __future__ import annotations

from lib.actions._earlier import ask_about, earlier, lately
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._payment_record import landed, loose, owes_as_shown, payment
from lib.actions._standing import same_invoice
from lib.actions._submit import submit
from lib.actions.invoice_state import PAYABLE
from lib.actions.received import Received
from lib.context import Context
from lib.errors import Refused
from lib.mirror.ours import intents
from lib.money import Money
from lib.people import need


def pay_in_full(
    ctx: Context,
    invoice: str,
    *,
    amount: Money,
    remaining: Money,
    received: Received,
    form: str,
    retyped: Money | None = None,
) -> Outcome:
    """Mark an open or written-off invoice as paid outside Stripe (scenario 14). `remaining` is what the screen showed.

    Raises Refused for `amount` unless that is exactly what remains (nothing is sent then), Changed when something else
    remains by now or it was paid meanwhile (scenario 27).
    """
    need(ctx, "money")
    right = received.checked(ctx)
    if amount != remaining:
        raise Refused(f"This invoice owes {remaining}: {amount} does not pay it in full.", field="amount")
    return submit(
        ctx,
        PAY,
        form=form,
        target=invoice,
        steps=lambda _intent: [
            Step("pay", f"/v1/invoices/{invoice}/pay", {"paid_out_of_band": True}),
            Step("note", f"/v1/invoices/{invoice}", {"metadata": right.tags}),
        ],
        seen=_seen(remaining, amount, right),
        detail={"total": amount.minor, "currency": amount.currency},
        amount=amount,
        retyped=retyped,
    )


def pay_part(
    ctx: Context,
    invoice: str,
    *,
    payer: str,
    amount: Money,
    remaining: Money,
    received: Received,
    form: str,
    retyped: Money | None = None,
    despite_recent: bool = False,
) -> Outcome:
    """Record a part payment; the outcome's result is the payment record's id (pr_). The rest stays open.

    Raises AskFirst when the same amount was recorded on the same invoice within ten minutes, and what `pay_in_full`
    raises.
    """
    need(ctx, "money")
    right = received.checked(ctx)
    if amount.minor >= remaining.minor:
        raise Refused(f"This invoice owes {remaining}: {amount} is not a part of it.", field="amount")
    if not despite_recent:
        _ask_about_recent(ctx, invoice, amount, form)
    return submit(
        ctx,
        PART,
        form=form,
        target=invoice,
        steps=lambda intent: [
            *payment(ctx, invoice, payer, amount, right, f"{intent}:0"),
            Step("note0", f"/v1/invoices/{invoice}", {"metadata": right.tags}),
        ],
        seen=_seen(remaining, amount, right),
        detail={"total": amount.minor, "currency": amount.currency},
        amount=amount,
        retyped=retyped,
    )


def _seen(remaining: Money, amount: Money, received: Received) -> Object:
    return {
        "remaining": remaining.minor,
        "amount": amount.minor,
        "currency": remaining.currency,
        **received.tags,
    }


def _ask_about_recent(ctx: Context, invoice: str, amount: Money, form: str) -> None:
    """Somebody was here a moment ago: the same invoice, the same amount."""
    same = intents.c.body.contains(f'"seen": {{"amount": {amount.minor}, "currency": "{amount.currency}"')
    if found := earlier(ctx, form, lately(ctx, PART, invoice) & same):
        ask_about(ctx, found, str(amount), "recorded", " on this invoice")


def _look(ctx: Context, intent: Intent) -> None:
    same_invoice(ctx, intent.target, Money(intent.seen["remaining"], intent.seen["currency"]))


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    if step.name != "pay":
        return landed(ctx, intent, step)
    fresh = ctx.stripe.get(step.path.removesuffix("/pay"))
    return fresh if fresh["status"] == "paid" and _by_us(ctx, intent) else None


def _by_us(ctx: Context, intent: Intent) -> bool:
    """Whether this very amount was told to Stripe as paid outside it since we began."""
    found = ctx.stripe.every("/v1/invoice_payments", invoice=intent.target, status="paid")
    return any(
        each["payment"]["type"] == "payment_record"
        and each["amount_paid"] == intent.seen["amount"]
        and each["created"] >= intent.since
        for each in found
    )


def _before(ctx: Context, intent: Intent, step: Step) -> None:
    if step.name.startswith("attach"):
        owes_as_shown(ctx, intent.target, Money(intent.seen["remaining"], intent.seen["currency"]))


def _before_pay(ctx: Context, intent: Intent, step: Step) -> None:
    """`pay` settles whatever remains: it is not sent again once that is another amount."""
    if step.name != "pay" or step.name not in intent.progress:
        return
    fresh = ctx.stripe.get(f"/v1/invoices/{intent.target}")
    if fresh["status"] in PAYABLE and fresh["amount_remaining"] != intent.seen["remaining"]:
        _look(ctx, intent)


def _affected(intent: Intent) -> list[tuple[str, str]]:
    return [("invoice", intent.target)]


PAY = register(Kind("invoice.pay", "invoice:pay", _look, _landed, _affected, before=_before_pay))
PART = register(Kind("invoice.pay_part", "invoice:pay", _look, _landed, _affected, before=_before, stands=loose))
