"""What a line of an invoice in Stripe says: how many, at which price, at which rate of tax."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lib.actions._intent import Object


def quantity_of(line: Object) -> Decimal:
    """How many units are billed; Stripe takes parts of one."""
    return Decimal(str(line.get("quantity_decimal") or line.get("quantity") or 1))


def unit_of(line: Object) -> Decimal | None:
    """The price of one unit in minor units, with parts of a penny; None where Stripe tells none."""
    told = (line.get("pricing") or {}).get("unit_amount_decimal")
    return None if told is None else Decimal(str(told))


def price_of(line: Object) -> str:
    """The id of the price that it is billed at; empty for an amount without one."""
    return _id(((line.get("pricing") or {}).get("price_details") or {}).get("price"))


def rate_of(tax: Object) -> str:
    """The id of the rate behind one of its taxes; empty where Stripe worked that tax out by itself."""
    return _id((tax.get("tax_rate_details") or {}).get("tax_rate"))


def _id(reference: Any) -> str:
    """The id behind a reference that may be expanded, or missing."""
    found = reference.get("id") if isinstance(reference, dict) else reference
    return found if isinstance(found, str) else ""
