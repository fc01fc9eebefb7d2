"""An invoice that is raised comes to what the person saw, or it is not raised: Stripe works it out beforehand."""

from __future__ import annotations

from lib.actions._compare import living_customer, same_balance
from lib.actions._intent import Intent, Object, Step
from lib.actions._lines import last_total
from lib.context import Context
from lib.errors import Changed
from lib.money import Money


def look(ctx: Context, intent: Intent) -> None:
    """Payer and patient are alive; and, when it will be finalised, Stripe comes to the figures that the person saw."""
    seen = intent.seen
    payer = living_customer(ctx, seen["payer"], field="payer")
    if seen["patient"] and seen["patient"] != seen["payer"]:
        living_customer(ctx, seen["patient"], field="patient")
    if "total" in seen:
        same_balance(payer, seen["currency"], seen["balance"])
        total = _preview(ctx, seen)["total"]
        # Stripe's preview takes in what is pending on the payer's account; the invoice will not.
        if total == seen["total"] or not _pending(ctx, seen):
            same_total(total, seen, "Nothing was raised")


def as_previewed(intent: Intent, step: Step) -> None:
    """The last word before money is asked for: the draft's own total, as Stripe answered with its lines."""
    if step.name == "finalise":
        same_total(last_total(intent.progress), intent.seen, "It was left as a draft")


def same_total(total: int, seen: Object, so: str) -> None:
    """Raises Changed when Stripe comes to another total (minor units) than was seen; `so` says what that means."""
    if total != seen["total"]:
        theirs, ours = Money(total, seen["currency"]), Money(seen["total"], seen["currency"])
        raise Changed(f"Stripe comes to a total of {theirs}, not {ours}. {so}; check prices and VAT.")


def _preview(ctx: Context, seen: Object) -> Object:
    items = [{**item, **({} if "price" in item else {"currency": seen["currency"]})} for item in seen["items"]]
    return ctx.stripe.preview(
        "/v1/invoices/create_preview", customer=seen["payer"], currency=seen["currency"], invoice_items=items
    )


def _pending(ctx: Context, seen: Object) -> bool:
    found = ctx.stripe.every("/v1/invoiceitems", customer=seen["payer"], pending=True)
    return any(item["currency"] == seen["currency"] for item in found)
