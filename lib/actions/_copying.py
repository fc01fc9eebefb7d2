"""One invoice's lines for another: the same descriptions, quantities, unit prices, catalogue prices, VAT and metadata.

Stripe moves neither an invoice nor an invoice item to another customer, so what is to stand elsewhere is made again
(docs.stripe.com/api/invoices/add_lines; scenario 24).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from lib.actions._intent import Object
from lib.actions._line import price_of, quantity_of, rate_of, unit_of
from lib.actions.invoice_state import is_discounted
from lib.context import Context
from lib.errors import NotFound
from lib.mirror.database import reading
from lib.mirror.tables import prices
from lib.money import round_half_up
from lib.queries.rebills import LINK

# Where one invoice came from, and how it was paid or given up: not true of a copy.
_CAME = ("pd_intent", "pd_edit", "pd_copied_from", LINK)
_ENDED = ("pd_method", "pd_reference", "pd_received_on", "pd_remittance", "pd_written_off")
_LONGEST_NAME = 250


def why_not(body: Object) -> str:
    """Why this invoice cannot be made again line by line; empty when it can."""
    lines = body["lines"]["data"]
    if is_discounted(body):
        return "It has a discount, which Stripe ties to this customer and cannot copy. Change it in Stripe."
    if (body.get("automatic_tax") or {}).get("enabled") or any(_by_itself(line) for line in lines):
        return "Stripe works out its tax from the payer's address, so it would not be the same. Change it in Stripe."
    if body.get("shipping_cost"):
        return "It has a delivery charge, which is no line and cannot be copied. Change it in Stripe."
    if any(line["amount"] < 0 and quantity_of(line) != 1 for line in lines):
        return "It has a line below zero with a quantity, which Stripe cannot take again. Change it in Stripe."
    return ""


def in_catalogue(ctx: Context, bodies: Iterable[Object]) -> frozenset[str]:
    """Which prices of these invoices can be used again: one-off prices that Stripe still sells at."""
    used = {price_of(line) for body in bodies for line in body["lines"]["data"]} - {""}
    with reading(ctx.engine) as conn:
        known = select(prices.c.id).where(prices.c.id.in_(used), prices.c.active, ~prices.c.recurring)
        likely = list(conn.execute(known).scalars())
    return frozenset(price for price in likely if _is_sold(ctx, price))


def tags_of(body: Object) -> Object:
    """The metadata that an invoice made from this one has as well."""
    return {key: value for key, value in (body.get("metadata") or {}).items() if key not in (*_CAME, *_ENDED)}


def copied(line: Object, catalogue: frozenset[str], *, description: str = "", more: Object | None = None) -> Object:
    """A line as Stripe takes it again; `description` in place of its own, `more` beside its metadata."""
    words = description or line.get("description") or ""
    tags = {key: value for key, value in (line.get("metadata") or {}).items() if key not in ("pd_intent", "pd_line")}
    period = line.get("period") or {}
    return {
        **({"description": words} if words else {}),
        "metadata": {**tags, "pd_line": line["id"], **(more or {})},
        "tax_rates": [rate for rate in map(rate_of, line.get("taxes") or []) if rate],
        **({"period": {name: period[name] for name in ("start", "end")}} if period else {}),
        **_cost(line, words, catalogue),
    }


def _is_sold(ctx: Context, price: str) -> bool:
    try:
        found = ctx.stripe.get(f"/v1/prices/{price}")
    except NotFound:
        return False
    return bool(found.get("active")) and found.get("type") == "one_time"


def _cost(line: Object, words: str, catalogue: frozenset[str]) -> Object:
    """A catalogue price, or a one-off: an amount where one unit is billed, a price of its own where several are."""
    quantity, unit = quantity_of(line), unit_of(line)
    many: Object = (
        {"quantity": int(quantity)} if quantity == int(quantity) else {"quantity_decimal": f"{quantity.normalize():f}"}
    )
    fits = unit is not None and round_half_up(unit * quantity) == line["amount"]
    if fits and price_of(line) in catalogue:
        return {"pricing": {"price": price_of(line)}, **many}
    if not fits or unit is None or (quantity == 1 and unit == line["amount"]):
        return {"amount": line["amount"]}
    name = {"name": words[:_LONGEST_NAME] or "Invoice item"}
    return {
        "price_data": {"currency": line["currency"], "product_data": name, "unit_amount_decimal": f"{unit:f}"},
        **many,
    }


def _by_itself(line: Object) -> bool:
    return any(not rate_of(tax) for tax in line.get("taxes") or [])
