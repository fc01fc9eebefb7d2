"""Giving up an invoice: void it (it never counted), write it off (it will not be paid), or ask for it once more.

A void gives back what was taken from the account, credit and debit alike (scenarios 11, 12); what is written off can
still be paid later (scenario 14).
"""

from __future__ import annotations

from lib.actions import _checks
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._landed import sent_by_us
from lib.actions._standing import same_invoice
from lib.actions._submit import submit
from lib.actions.invoice_state import applied_of
from lib.context import Context
from lib.errors import Changed, Refused
from lib.money import Money
from lib.people import need


def void(ctx: Context, invoice: str, *, payer: str, remaining: Money, applied: Money, form: str) -> Outcome:
    """Void an open or written-off invoice. `remaining` and `applied` (what was taken from the account when it was
    finalised; negative is credit, as Stripe signs it) are what the screen showed.

    Raises Changed when it was paid or moved meanwhile (scenario 27), Refused when a part of it has been paid.
    """
    need(ctx, "money")
    return submit(
        ctx,
        VOID,
        form=form,
        target=invoice,
        steps=lambda _intent: [Step("void", f"/v1/invoices/{invoice}/void", {})],
        seen={**_seen(payer, remaining), "applied": applied.minor},
        detail={"total": remaining.minor, "currency": remaining.currency, "given_back": applied.minor},
    )


def write_off(
    ctx: Context,
    invoice: str,
    *,
    payer: str,
    remaining: Money,
    reason: str,
    form: str,
    retyped: Money | None = None,
) -> Outcome:
    """Write off what remains of an open invoice (Stripe: mark uncollectible). The reason stays on the invoice."""
    need(ctx, "money")
    right = why(reason)
    return submit(
        ctx,
        WRITE_OFF,
        form=form,
        target=invoice,
        steps=lambda _intent: [
            Step("write_off", f"/v1/invoices/{invoice}/mark_uncollectible", {}),
            Step("note", f"/v1/invoices/{invoice}", {"metadata": {"pd_written_off": right}}),
        ],
        seen=_seen(payer, remaining),
        detail={"total": remaining.minor, "currency": remaining.currency},
        amount=remaining,
        retyped=retyped,
    )


def why(reason: str) -> str:
    """The reason for a write-off, trimmed. Raises Refused where there is none."""
    return _checks.required(reason, "Say why it will not be paid.", "reason", 300)


def resend(ctx: Context, invoice: str, *, payer: str, remaining: Money, form: str) -> Outcome:
    """Let Stripe send an open invoice to its payer once more."""
    need(ctx, "money")
    return submit(
        ctx,
        RESEND,
        form=form,
        target=invoice,
        steps=lambda _intent: [Step("send", f"/v1/invoices/{invoice}/send", {})],
        seen=_seen(payer, remaining),
        detail={"total": remaining.minor, "currency": remaining.currency},
    )


def _seen(payer: str, remaining: Money) -> Object:
    return {"payer": payer, "remaining": remaining.minor, "currency": remaining.currency}


def _same(ctx: Context, intent: Intent, *allowed: str) -> Object:
    return same_invoice(ctx, intent.target, Money(intent.seen["remaining"], intent.seen["currency"]), allowed)


def _look_at_void(ctx: Context, intent: Intent) -> None:
    fresh, currency = _same(ctx, intent, "open", "uncollectible"), intent.seen["currency"]
    if fresh["amount_paid"]:
        paid = Money(fresh["amount_paid"], currency)
        raise Refused(f"{paid} of this invoice has been paid, so it cannot be voided. Issue a credit note instead.")
    if applied_of(fresh) != intent.seen["applied"]:
        raise Changed("What goes back to the account is different now. Nothing was changed; please check again.")


def _look_at_write_off(ctx: Context, intent: Intent) -> None:
    _same(ctx, intent, "open")


def _look_at_resend(ctx: Context, intent: Intent) -> None:
    if _same(ctx, intent, "open")["collection_method"] != "send_invoice":
        raise Refused("This invoice charges a card by itself: Stripe does not send it.")


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    fresh = ctx.stripe.get(f"/v1/invoices/{intent.target}")
    if step.name == "note":
        there = (fresh.get("metadata") or {}).get("pd_written_off")
        return fresh if there == step.params["metadata"]["pd_written_off"] else None
    if step.name == "send":
        return fresh if sent_by_us(ctx, intent, step) else None
    return fresh if fresh["status"] == {"void": "void", "write_off": "uncollectible"}[step.name] else None


def _affected(intent: Intent) -> list[tuple[str, str]]:
    payer = intent.seen["payer"]
    return [("invoice", intent.target), ("customer", payer), ("ledger", payer)]


def _itself(intent: Intent) -> list[tuple[str, str]]:
    return [("invoice", intent.target)]


VOID = register(Kind("invoice.void", "invoice:void", _look_at_void, _landed, _affected))
WRITE_OFF = register(Kind("invoice.write_off", "invoice:write_off", _look_at_write_off, _landed, _itself))
RESEND = register(Kind("invoice.resend", "invoice:resend", _look_at_resend, _landed, _itself))
