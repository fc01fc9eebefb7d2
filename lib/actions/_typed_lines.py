"""Lines that somebody typed: what must be true of them, and how Stripe takes them."""

from __future__ import annotations

from collections.abc import Sequence

from lib.actions import _checks
from lib.actions._intent import Object
from lib.actions._lines import MOST_LINES
from lib.billing import Line
from lib.errors import Refused


def checked_lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The same lines. Raises Refused with the field at fault, also for none and for more than Stripe takes."""
    if not lines:
        raise Refused("Add at least one line.", field="lines")
    if len(lines) > MOST_LINES:
        raise Refused(f"Stripe takes at most {MOST_LINES} lines on one invoice; this has {len(lines)}.", field="lines")
    for line in lines:
        _checks.required(line.description, "Describe the line: it is what the payer reads.", "description", 500)
        if not 1 <= line.quantity <= 9999:
            raise Refused("Enter a whole quantity from 1 to 9,999.", field="quantity")
    return tuple(lines)


def line_params(line: Line, currency: str) -> Object:
    """A line as Stripe takes it: a catalogue price, or a one-off, which is an amount where one unit is billed and a
    price of its own where several are. Its metadata is empty.
    """
    common = {"description": line.description, "metadata": {}, **_rates(line)}
    if line.price:
        return {**common, "pricing": {"price": line.price}, "quantity": line.quantity}
    if line.quantity == 1:
        return {**common, "amount": line.amount}
    priced = {
        "currency": currency,
        "product_data": {"name": line.description},
        "unit_amount_decimal": str(line.unit_amount),
    }
    return {**common, "price_data": priced, "quantity": line.quantity}


def preview_item(line: Line) -> Object:
    """A line as Stripe's own preview takes it, without its currency."""
    if line.price:
        return {"price": line.price, "quantity": line.quantity, **_rates(line)}
    return {"amount": line.amount, "description": line.description, **_rates(line)}


def _rates(line: Line) -> Object:
    return {"tax_rates": [line.rate.id]} if line.rate else {}
