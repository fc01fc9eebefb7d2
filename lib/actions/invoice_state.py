"""An invoice as Stripe has it: told from any other state of it, and what made it."""

from __future__ import annotations

import hashlib

from lib.actions._intent import Object
from lib.actions._line import price_of, quantity_of, rate_of
from lib.context import Context
from lib.errors import NotFound

# An invoice that was written off can still be paid (scenario 14).
PAYABLE = ("open", "uncollectible")


def signature(body: Object) -> str:
    """Tells this state of an invoice from any other that a person would have to look at again: lines, sums, what is
    printed, and whether it was paid or credited meanwhile. Metadata and the payer's balance do not count.
    """
    lines = [
        (
            line.get("description"),
            line["amount"],
            str(quantity_of(line)),
            price_of(line),
            [(tax["amount"], rate_of(tax)) for tax in line.get("taxes") or []],
        )
        for line in body["lines"]["data"]
    ]
    names = ("customer", "status", "total", "amount_paid", "description", "pre_payment_credit_notes_amount")
    told = (*(body.get(name) for name in names), body.get("post_payment_credit_notes_amount"), fields_of(body), lines)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def stands(ctx: Context, invoice: str, total: int) -> bool:
    """Whether what was made is there, was not voided, and comes to this: before what it stands for goes."""
    try:
        fresh = ctx.stripe.get(f"/v1/invoices/{invoice}")
    except NotFound:
        return False
    return not fresh.get("deleted") and fresh["status"] != "void" and fresh["total"] == total


def is_of_subscription(body: Object) -> bool:
    """Whether a membership made it: its payer follows the subscription."""
    parent = body.get("parent") or {}
    return parent.get("type") == "subscription_details" or str(body.get("billing_reason")).startswith("subscription")


def rates_of(line: Object) -> list[str]:
    """The ids of the rates that tax a line; empty text for a tax that Stripe worked out by itself."""
    return [rate_of(tax) for tax in line.get("taxes") or []]


def is_discounted(body: Object) -> bool:
    """Whether it or a line of it has a discount: what that comes to on other lines only Stripe can say."""
    held = (body, *body["lines"]["data"])
    names = ("discounts", "total_discount_amounts", "discount_amounts")
    return any(one.get(name) for one in held for name in names)


def terms_of(body: Object) -> str:
    """Days from its creation until it is due; empty where it has no due date."""
    due = body.get("due_date")
    return "" if due is None else str(max(0, round((due - body["created"]) / 86_400)))


def applied_of(body: Object) -> int:
    """What finalising took from the payer's account, as Stripe signs it: negative is credit that was used, positive a
    debit that was added (scenarios 11 and 12). A draft has taken nothing.
    """
    return 0 if body["status"] == "draft" else taken(body.get("starting_balance"), body.get("ending_balance"))


def taken(starting: int | None, ending: int | None) -> int:
    """The same, from the balances that a finalised invoice began and ended with."""
    return (starting or 0) - (ending or 0)


def fields_of(body: Object) -> list[tuple[str, str]]:
    """What is printed beside the lines of an invoice (or, by its settings, of all of a payer's): names and values."""
    return [(field["name"], field["value"]) for field in body.get("custom_fields") or []]


def printed(body: Object) -> dict[str, str]:
    """Reference and purchase order of an invoice, by name; those that it does not have are empty."""
    have = dict(fields_of(body))
    return {name: have.get(name, "") for name in ("Reference", "Purchase order")}
