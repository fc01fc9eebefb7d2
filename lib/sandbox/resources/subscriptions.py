"""Invoices of a subscription. There are no subscriptions here: such an invoice is put in by the sandbox's method
`seed_subscription_invoice`, because the API alone cannot make one. It behaves as Stripe's do: it finalises itself, and
its draft cannot be deleted.
"""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.resources import account, customers, invoice_draft, invoice_items, invoice_lines, invoices
from lib.sandbox.schema import Body

REASON = "subscription_cycle"


def draft(
    call: Call,
    customer: str,
    lines: list[dict[str, Any]],
    *,
    currency: str | None = None,
    days_until_due: int | None = None,
    subscription: str | None = None,
) -> Body:
    """A draft for one more period. Each line says `amount` or `price`, and may say what an invoice item may say."""
    payer = call.named("customer", customer, "customer")
    body = invoice_draft.fresh(call, call.new_id("in_"), payer, currency or payer["currency"] or account.CURRENCY)
    ident = subscription or call.new_id("sub_")
    body |= {"billing_reason": REASON, "parent": _parent(ident), "rendering": None}
    terms: dict[str, Any] = {"auto_advance": True}
    if days_until_due is not None:
        terms |= {"collection_method": "send_invoice", "days_until_due": days_until_due}
    invoices.set_terms(call, body, terms)
    call.store.add("invoice", body)
    customers.use_currency(call, payer, body["currency"])
    for number, given in enumerate(lines):
        _line(call, body, payer, given, ident, f"lines[{number}]")
    invoice_draft.recompute(call, body)
    call.store.save("invoice", body)
    call.emit("invoice.created", body)
    return body


def _parent(ident: str) -> Body:
    return {
        "quote_details": None,
        "subscription_details": {"metadata": {}, "subscription": ident},
        "type": "subscription_details",
    }


def _line(call: Call, body: Body, payer: Body, given: dict[str, Any], subscription: str, name: str) -> None:
    """A line without an item behind it."""
    item = invoice_items.fresh(call, payer, body["currency"])
    invoice_items.apply(call, item, given, name)
    line = invoice_lines.of_item(call.new_id("il_"), body, item)
    line["parent"] = {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": None,
            "proration": False,
            "proration_details": {"credited_items": None},
            "subscription": subscription,
            "subscription_item": call.new_id("si_"),
        },
        "type": "subscription_item_details",
    }
    invoice_lines.place(call, line)
