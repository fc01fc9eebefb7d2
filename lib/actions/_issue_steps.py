"""The steps from nothing to an invoice that was sent: an empty draft, finalise, send. Each is safe to repeat."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lib.actions._intent import Intent, Object, Step
from lib.context import Context

# Stripe prints at most four fields of ours beside the lines.
MOST_PRINTED = 4


def creating(
    payer: str, currency: str, days: int, *, tags: Object, printed: Iterable[tuple[str, str]], **own: str | None
) -> Step:
    """An empty draft that is sent and not charged, and never advances by itself. `days` until it is due, `tags` its
    metadata, `printed` names and values beside the lines; `own`: description and footer, where it has any.
    """
    params: Object = {
        "customer": payer,
        "currency": currency,
        "collection_method": "send_invoice",
        "days_until_due": days,
        "auto_advance": False,
        "pending_invoice_items_behavior": "exclude",
        "metadata": tags,
        # Said even when empty: otherwise the payer's own would be printed, which the person took out.
        "custom_fields": [{"name": name, "value": value} for name, value in printed] or "",
        **{name: text for name, text in own.items() if text},
    }
    return Step("create", "/v1/invoices", params)


def finalising(invoice: str) -> Step:
    """From now on it is owed, and can no longer be changed."""
    return Step("finalise", f"/v1/invoices/{invoice}/finalize", {"auto_advance": False})


def sending(invoice: str) -> Step:
    """Stripe's email to the payer."""
    return Step("send", f"/v1/invoices/{invoice}/send", {})


def paid_by_credit(intent: Intent, step: Step) -> bool:
    """An invoice that credit settled at once is not sent (scenario 4): Stripe refuses, and there is nothing to ask
    for.
    """
    return step.name == "send" and intent.progress.get("finalise", {}).get("status") == "paid"


def terms_for(ctx: Context, payer: Object) -> int:
    """Days until an invoice for this payer is due: their own terms, or the practice's."""
    own = str((payer.get("metadata") or {}).get("pd_terms_days") or "")
    return int(own) if re.fullmatch(r"\d{1,3}", own, re.ASCII) else ctx.settings.terms_days
