"""One invoice's lines for another: the same descriptions, quantities, unit prices, catalogue prices, VAT and metadata.

Stripe moves neither an invoice nor an invoice item to another customer, so what is to stand elsewhere is made again
(docs.stripe.com/api/invoices/add_lines; scenario 24).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from lib.actions._intent import Object, Step
from lib.context import Context
from lib.errors import NotFound, Refused
from lib.mirror.database import reading
from lib.mirror.tables import prices
from lib.money import round_half_up

CHUNK = 50
MOST_LINES = 250
# How one invoice was paid or given up: not true of a copy.
ENDED = ("pd_method", "pd_reference", "pd_received_on", "pd_remittance", "pd_written_off")
_MOST_TAGS = 50
_LONGEST_NAME = 250


def why_not(body: Object) -> str:
    """Why this invoice cannot be made again line by line; empty when it can."""
    lines = body["lines"]["data"]
    if body.get("discounts") or any(line.get("discounts") or line.get("discount_amounts") for line in lines):
        return "It has a discount, which Stripe ties to this customer and cannot copy. Change it in Stripe."
    if (body.get("automatic_tax") or {}).get("enabled") or any(_by_itself(line) for line in lines):
        return "Stripe works out its tax from the payer's address, so it would not be the same. Change it in Stripe."
    if body.get("shipping_cost"):
        return "It has a delivery charge, which is no line and cannot be copied. Change it in Stripe."
    if any(line["amount"] < 0 and _quantity(line) != 1 for line in lines):
        return "It has a line below zero with a quantity, which Stripe cannot take again. Change it in Stripe."
    return ""


def is_of_subscription(body: Object) -> bool:
    """Whether a membership made it: its payer follows the subscription."""
    parent = body.get("parent") or {}
    return parent.get("type") == "subscription_details" or str(body.get("billing_reason")).startswith("subscription")


def terms_of(ctx: Context, payer: Object) -> int:
    """Days until an invoice for this payer is due: their own terms, or the practice's."""
    own = str((payer.get("metadata") or {}).get("pd_terms_days") or "")
    return int(own) if re.fullmatch(r"\d{1,3}", own, re.ASCII) else ctx.settings.terms_days


def in_catalogue(ctx: Context, bodies: Iterable[Object]) -> frozenset[str]:
    """Which prices of these invoices can be used again: one-off prices that Stripe still sells at."""
    used = {_price(line) for body in bodies for line in body["lines"]["data"]} - {""}
    with reading(ctx.engine) as conn:
        known = select(prices.c.id).where(prices.c.id.in_(used), prices.c.active, ~prices.c.recurring)
        likely = list(conn.execute(known).scalars())
    return frozenset(price for price in likely if _is_sold(ctx, price))


def copied(line: Object, catalogue: frozenset[str], *, description: str = "", more: Object | None = None) -> Object:
    """A line as Stripe takes it again; `description` in place of its own, `more` beside its metadata."""
    words = description or line.get("description") or ""
    tags = {key: value for key, value in (line.get("metadata") or {}).items() if key not in ("pd_intent", "pd_line")}
    period = line.get("period") or {}
    return {
        **({"description": words} if words else {}),
        "metadata": {**tags, "pd_line": line["id"], **(more or {})},
        "tax_rates": [rate for rate in map(_rate, line.get("taxes") or []) if rate],
        **({"period": {name: period[name] for name in ("start", "end")}} if period else {}),
        **_cost(line, words, catalogue),
    }


def adding(lines: Sequence[Object], intent: str, invoice: str = "{create}") -> list[Step]:
    """The steps that put lines on a draft, each chunk with a tag of its own. Raises Refused before any is sent."""
    if len(lines) > MOST_LINES:
        raise Refused(f"Stripe takes at most {MOST_LINES} lines on one invoice; this would have {len(lines)}.")
    if any(len(line["metadata"]) >= _MOST_TAGS for line in lines):
        raise Refused("A line carries so much metadata that Stripe has no room for the link to the old one.")
    path = f"/v1/invoices/{invoice}/add_lines"
    chunks = [lines[start : start + CHUNK] for start in range(0, len(lines), CHUNK)]
    return [
        Step(f"lines{n}", path, {"lines": [_tagged(line, f"{intent}:{n}") for line in chunk]})
        for n, chunk in enumerate(chunks)
    ]


def added(fresh: Object, intent: str, step: Step) -> bool:
    """Whether an earlier attempt of a step of `adding` arrived."""
    tag = f"{intent}:{step.name.removeprefix('lines')}"
    return any((line.get("metadata") or {}).get("pd_intent") == tag for line in fresh["lines"]["data"])


def last_total(progress: dict[str, Object]) -> int:
    """What the new draft came to, as Stripe answered with its last lines."""
    chunks = [name for name in progress if name.startswith("lines") and progress[name].get("id")]
    last = max(chunks, key=lambda name: int(name.removeprefix("lines")), default="create")
    return int(progress[last]["total"] or 0)


def stands(ctx: Context, invoice: str, total: int) -> bool:
    """Whether what was made is there, was not voided, and comes to this: before what it stands for goes."""
    try:
        fresh = ctx.stripe.get(f"/v1/invoices/{invoice}")
    except NotFound:
        return False
    return not fresh.get("deleted") and fresh["status"] != "void" and fresh["total"] == total


def signature(body: Object) -> str:
    """Tells this state of an invoice from any other that a person would have to look at again: lines, sums, what is
    printed, and whether it was paid or credited meanwhile. Metadata and the payer's balance do not count.
    """
    lines = [
        (
            line.get("description"),
            line["amount"],
            str(_quantity(line)),
            _price(line),
            [(tax["amount"], _rate(tax)) for tax in line.get("taxes") or []],
        )
        for line in body["lines"]["data"]
    ]
    printed = [(field["name"], field["value"]) for field in body.get("custom_fields") or []]
    names = ("customer", "status", "total", "amount_paid", "description", "pre_payment_credit_notes_amount")
    told = (*(body.get(name) for name in names), body.get("post_payment_credit_notes_amount"), printed, lines)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def _is_sold(ctx: Context, price: str) -> bool:
    try:
        found = ctx.stripe.get(f"/v1/prices/{price}")
    except NotFound:
        return False
    return bool(found.get("active")) and found.get("type") == "one_time"


def _tagged(line: Object, tag: str) -> Object:
    return {**line, "metadata": {**line["metadata"], "pd_intent": tag}}


def _cost(line: Object, words: str, catalogue: frozenset[str]) -> Object:
    """A catalogue price, or a one-off: an amount where one unit is billed, a price of its own where several are."""
    quantity, unit = _quantity(line), _unit(line)
    many: Object = (
        {"quantity": int(quantity)} if quantity == int(quantity) else {"quantity_decimal": f"{quantity.normalize():f}"}
    )
    fits = unit is not None and round_half_up(unit * quantity) == line["amount"]
    if fits and _price(line) in catalogue:
        return {"pricing": {"price": _price(line)}, **many}
    if not fits or unit is None or (quantity == 1 and unit == line["amount"]):
        return {"amount": line["amount"]}
    name = {"name": words[:_LONGEST_NAME] or "Invoice item"}
    return {
        "price_data": {"currency": line["currency"], "product_data": name, "unit_amount_decimal": f"{unit:f}"},
        **many,
    }


def _quantity(line: Object) -> Decimal:
    return Decimal(str(line.get("quantity_decimal") or line.get("quantity") or 1))


def _unit(line: Object) -> Decimal | None:
    told = (line.get("pricing") or {}).get("unit_amount_decimal")
    return None if told is None else Decimal(str(told))


def _price(line: Object) -> str:
    return _id(((line.get("pricing") or {}).get("price_details") or {}).get("price"))


def _rate(tax: Object) -> str:
    return _id((tax.get("tax_rate_details") or {}).get("tax_rate"))


def _id(reference: Any) -> str:
    """The id behind a reference that may be expanded, or missing."""
    found = reference.get("id") if isinstance(reference, dict) else reference
    return found if isinstance(found, str) else ""


def _by_itself(line: Object) -> bool:
    return any(not _rate(tax) for tax in line.get("taxes") or [])
