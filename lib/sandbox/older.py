"""The shape that objects had before the API of March 2025, for events of an account that still has an older version.

An event is frozen in the account's version, whatever version a request asks for. What reads events must therefore not
trust their form: `paid`, `tax`, `charge` on an invoice, `price` and `plan` on a line.
"""

from __future__ import annotations

from collections.abc import Callable

from lib.sandbox.schema import Body
from lib.sandbox.store import Store

SINCE = "2025-03-31"
NEWER = {
    "invoice": "amount_overpaid customer_account parent status_details total_taxes",
    "line_item": "parent pricing quantity_decimal subtotal taxes",
    "invoiceitem": "customer_account frozen_fields invoicing_rules parent pricing quantity_decimal",
    "credit_note": "customer_account post_payment_amount pre_payment_amount refunds total_taxes",
    "credit_note_line_item": "metadata taxes",
    "customer": "customer_account business_name individual_name",
    "customer_balance_transaction": "checkout_session customer_account",
    "tax_id": "customer_account",
}


def shape(store: Store, body: Body, version: str) -> Body:
    """The object as an account of that version is told of it."""
    kind = str(body.get("object"))
    if version >= SINCE or kind not in NEWER:
        return dict(body)
    gone = NEWER[kind].split()
    found = {name: value for name, value in body.items() if name not in gone}
    return found | OLDER[kind](store, body) if kind in OLDER else found


def _invoice(store: Store, body: Body) -> Body:
    details = body["parent"] and body["parent"]["subscription_details"]
    paid = body["status"] == "paid"
    return {
        **dict.fromkeys(("application_fee_amount", "charge", "discount", "payment_intent", "quote", "transfer_data")),
        "lines": body["lines"] | {"data": [shape(store, line, "") for line in body["lines"]["data"]]},
        "paid": paid,
        "paid_out_of_band": paid and body["amount_paid"] > 0 and not body["attempted"],
        "subscription": details and details["subscription"],
        "subscription_details": {"metadata": details and details["metadata"]},
        "tax": _sum(body["total_taxes"]),
        "total_tax_amounts": _taxes(body["total_taxes"]),
    }


def _sum(taxes: list[Body]) -> int | None:
    return sum(tax["amount"] for tax in taxes) if taxes else None


def _taxes(taxes: list[Body]) -> list[Body]:
    kept = ("amount", "taxability_reason", "taxable_amount")
    return [
        {name: tax[name] for name in kept}
        | {"inclusive": tax["tax_behavior"] == "inclusive", "tax_rate": tax["tax_rate_details"]["tax_rate"]}
        for tax in taxes
    ]


def _rates(store: Store, taxes: list[Body]) -> list[Body]:
    return [rate for tax in taxes if (rate := store.find("tax_rate", tax["tax_rate_details"]["tax_rate"]))]


def _price(store: Store, body: Body) -> Body | None:
    return body["pricing"] and store.find("price", body["pricing"]["price_details"]["price"])


def _line(store: Store, body: Body) -> Body:
    item = body["parent"]["invoice_item_details"]
    of_subscription = body["parent"]["subscription_item_details"] or {}
    inside = sum(tax["amount"] for tax in body["taxes"] if tax["tax_behavior"] == "inclusive")
    return {
        "amount_excluding_tax": body["amount"] - inside,
        "invoice_item": item and item["invoice_item"],
        "plan": None,
        "price": _price(store, body),
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": of_subscription.get("subscription"),
        "tax_amounts": _taxes(body["taxes"]),
        "tax_rates": _rates(store, body["taxes"]),
        "type": "invoiceitem" if item else "subscription",
        "unit_amount_excluding_tax": body["pricing"] and body["pricing"]["unit_amount_decimal"],
    }


def _item(store: Store, body: Body) -> Body:
    price = _price(store, body)
    unit = {name: price and price[name] for name in ("unit_amount", "unit_amount_decimal")}
    return {"plan": None, "price": price, "subscription": None, **unit}


def _note(store: Store, body: Body) -> Body:
    refunds = [refund["refund"] for refund in body["refunds"] if refund["type"] == "refund"]
    return {
        "lines": body["lines"] | {"data": [shape(store, line, "") for line in body["lines"]["data"]]},
        "refund": refunds[0] if refunds else None,
        "tax_amounts": _taxes(body["total_taxes"]),
        "type": "post_payment" if body["post_payment_amount"] else "pre_payment",
    }


def _note_line(store: Store, body: Body) -> Body:
    return {"tax_amounts": _taxes(body["taxes"])}


OLDER: dict[str, Callable[[Store, Body], Body]] = {
    "invoice": _invoice,
    "line_item": _line,
    "invoiceitem": _item,
    "credit_note": _note,
    "credit_note_line_item": _note_line,
}
