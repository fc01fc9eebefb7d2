"""What a draft looks like, and what follows from its lines and its customer until it is finalised."""

from __future__ import annotations

from lib.sandbox.call import Call
from lib.sandbox.resources import account, balance, finalisation, invoice_lines, taxes
from lib.sandbox.schema import Body

FOLLOWS = ("address", "email", "name", "phone", "shipping", "tax_exempt")


def fresh(call: Call, ident: str, customer: Body, currency: str) -> Body:
    """A new draft without lines."""
    settings = customer["invoice_settings"]
    return {
        "id": ident,
        "object": "invoice",
        "account_country": account.COUNTRY,
        "account_name": account.NAME,
        "account_tax_ids": None,
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": _automatic_tax(),
        "automatically_finalizes_at": None,
        "billing_reason": "manual",
        "collection_method": "charge_automatically",
        "created": call.now,
        "currency": currency,
        "custom_fields": settings["custom_fields"],
        "customer": customer["id"],
        "customer_account": None,
        **{f"customer_{name}": customer[name] for name in FOLLOWS},
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": settings["footer"],
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": _lines(ident, []),
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": None,
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": call.now,
        "period_start": call.now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": {
            "amount_tax_display": None,
            "pdf": {"page_size": "auto"},
            "template": None,
            "template_version": None,
        },
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "draft",
        "status_details": None,
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
        "subtotal": 0,
        "subtotal_excluding_tax": 0,
        "test_clock": None,
        "total": 0,
        "total_discount_amounts": [],
        "total_excluding_tax": 0,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": call.now,
    }


def _automatic_tax() -> Body:
    return {"disabled_reason": None, "enabled": False, "liability": None, "provider": None, "status": None}


def _lines(ident: str, lines: list[Body]) -> Body:
    """The embedded list: the first ten, and how many there are."""
    return {
        "object": "list",
        "data": lines[:10],
        "has_more": len(lines) > 10,
        "total_count": len(lines),
        "url": f"/v1/invoices/{ident}/lines",
    }


def follow(call: Call, body: Body, customer: Body) -> None:
    """Take the customer's details as they are now."""
    for name in FOLLOWS:
        body[f"customer_{name}"] = customer[name]
    found = call.store.select("tax_id", ("customer = ?", customer["id"]))
    body["customer_tax_ids"] = [{"type": tax_id["type"], "value": tax_id["value"]} for tax_id in reversed(found)]
    body["starting_balance"] = call.store.ledger(customer["id"], body["currency"]) - _held_by_revised(call, body)


def _held_by_revised(call: Call, body: Body) -> int:
    """What of the balance is on the invoice that this one will replace, and comes back then."""
    return balance.applied_to(call, body["from_invoice"]["invoice"]) if body["from_invoice"] else 0


def recompute(call: Call, body: Body) -> None:
    """Lines, taxes and totals of a draft, from its items."""
    customer = call.store.find("customer", body["customer"])
    if customer is not None:
        follow(call, body, customer)
    lines = invoice_lines.of_invoice(call, body)
    body["lines"] = _lines(body["id"], lines)
    body |= taxes.sums(lines)
    settlement = finalisation.settle(body["total"], body["starting_balance"], body["currency"])
    body |= {"amount_due": settlement.amount_due, "amount_remaining": settlement.amount_due}
