"""Tax on a line, rounded on each line: exclusive is added, inclusive is inside."""

from __future__ import annotations

from decimal import Decimal

from lib.sandbox.resources.pricing import whole
from lib.sandbox.schema import Body

REASONS = {"exempt": "customer_exempt", "reverse": "reverse_charge"}


def on_line(amount: int, rates: list[Body], exempt: str) -> list[Body]:
    """One entry for each rate."""
    inside = sum((_percent(rate) for rate in rates if rate["inclusive"]), Decimal(0))
    entries = [_entry(amount, rate, inside, exempt) for rate in rates]
    net = amount - sum(entry["amount"] for entry in entries if entry["tax_behavior"] == "inclusive")
    for entry in entries:
        entry["taxable_amount"] = net
    return entries


def _percent(rate: Body) -> Decimal:
    return Decimal(str(rate["percentage"]))


def _entry(amount: int, rate: Body, inside: Decimal, exempt: str) -> Body:
    behaviour = "inclusive" if rate["inclusive"] else "exclusive"
    divisor = 100 + inside if rate["inclusive"] else Decimal(100)
    base = Decimal(amount) if rate["inclusive"] else Decimal(amount) / (100 + inside) * 100
    tax = 0 if exempt in REASONS else whole(base * _percent(rate) / divisor)
    return {
        "amount": tax,
        "tax_behavior": behaviour,
        "tax_rate_details": {"tax_rate": rate["id"]},
        "taxability_reason": REASONS.get(exempt, "not_available"),
        "taxable_amount": amount,
        "type": "tax_rate_details",
    }


def together(lines: list[Body]) -> list[Body]:
    """The invoice's taxes: the lines' entries added up by rate."""
    found: dict[tuple[str, str, str], Body] = {}
    for entry in (entry for line in lines for entry in line["taxes"]):
        key = entry["tax_rate_details"]["tax_rate"], entry["tax_behavior"], entry["taxability_reason"]
        held = found.setdefault(key, entry | {"amount": 0, "taxable_amount": 0})
        held["amount"] += entry["amount"]
        held["taxable_amount"] += entry["taxable_amount"]
    return list(found.values())


def sums(lines: list[Body]) -> Body:
    """What lines come to: with and without tax, and the taxes by rate."""
    total_taxes = together(lines)
    added = sum(entry["amount"] for entry in total_taxes if entry["tax_behavior"] == "exclusive")
    inside = sum(entry["amount"] for entry in total_taxes if entry["tax_behavior"] == "inclusive")
    subtotal = sum(line["amount"] for line in lines)
    return {
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - inside,
        "total": subtotal + added,
        "total_excluding_tax": subtotal - inside,
        "total_taxes": total_taxes,
    }
