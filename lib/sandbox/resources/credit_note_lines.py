"""The lines of a credit note: part of an invoice's line, by amount or by quantity, or a line of its own.

A line's tax is its share of the invoice line's tax, counted up over all notes, so that the last penny is credited too.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, Refusal, missing, not_imitated, only_one, required
from lib.sandbox.resources import common, tax_rates, taxes
from lib.sandbox.resources.pricing import whole
from lib.sandbox.schema import Body

KIND = "credit_note_line_item"
ONLY_CUSTOM = ("description", "tax_rates", "unit_amount", "unit_amount_decimal")
ONLY_INVOICE = ("amount", "invoice_line_item")


@dataclass(frozen=True)
class Credited:
    """What earlier notes, those that still stand, have credited of one line of the invoice."""

    amount: int
    quantity: int
    taxes: list[Body]
    ways: frozenset[str]


def fresh(call: Call, amount: int, **more: Any) -> Body:
    """A line of a note."""
    return {
        "id": call.new_id("cnli_"),
        "object": KIND,
        "amount": amount,
        "description": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": None,
        "tax_rates": [],
        "taxes": [],
        "type": "custom_line_item",
        "unit_amount": None,
        "unit_amount_decimal": None,
        **more,
    }


def make(call: Call, invoice: Body, given: dict[str, Any], name: str, sofar: list[Body]) -> Body:
    """The line that a parameter describes. `sofar`: the lines before it in the same note."""
    if given.get("tax_amounts"):
        raise not_imitated(f"{name}[tax_amounts]")
    custom = given["type"] == "custom_line_item"
    for wrong in ONLY_INVOICE if custom else ONLY_CUSTOM:
        if wrong in given:
            said = f"You cannot pass `{wrong}` for a credit note line of the type `{given['type']}`."
            raise Malformed(said, param=f"{name}[{wrong}]")
    line = _custom(call, invoice, given, name) if custom else _of_line(call, invoice, given, name, sofar)
    return line | {"metadata": common.merged({}, given.get("metadata", ""))}


def _custom(call: Call, invoice: Body, given: dict[str, Any], name: str) -> Body:
    for needed in ("description", "quantity"):
        if needed not in given:
            raise required(f"{name}[{needed}]")
    common.one_of(given, "unit_amount", "unit_amount_decimal", prefix=name)
    unit = given.get("unit_amount", given.get("unit_amount_decimal"))
    if unit is None:
        raise required(f"{name}[unit_amount]")
    amount = whole(Decimal(str(unit)) * given["quantity"])
    if amount < 1:
        raise Malformed("Invalid positive integer", param=f"{name}[unit_amount]")
    rates = tax_rates.chosen(call, given.get("tax_rates", []), f"{name}[tax_rates]")
    return fresh(
        call,
        amount,
        description=given["description"],
        quantity=given["quantity"],
        tax_rates=rates,
        taxes=taxes.on_line(amount, rates, invoice["customer_tax_exempt"]),
        unit_amount=given.get("unit_amount"),
        unit_amount_decimal=str(unit),
    )


def _of_line(call: Call, invoice: Body, given: dict[str, Any], name: str, sofar: list[Body]) -> Body:
    if "invoice_line_item" not in given:
        raise required(f"{name}[invoice_line_item]")
    if "amount" in given and "quantity" in given:
        raise only_one(f"{name}[amount]", "amount", "quantity")
    way = next((way for way in ("amount", "quantity") if way in given), None)
    if way is None:
        raise required(f"{name}[amount]")
    line = _line(call, invoice, given["invoice_line_item"], f"{name}[invoice_line_item]")
    before = credited(call, invoice, line["id"], sofar)
    if before.ways - {way}:
        raise Refusal(f"This line has been credited by {min(before.ways)} and cannot be credited by {way}.", param=name)
    amount = _amount(line, given, before, f"{name}[{way}]")
    return fresh(
        call,
        amount,
        description=line["description"],
        invoice_line_item=line["id"],
        quantity=given.get("quantity"),
        tax_rates=[call.get("tax_rate", tax["tax_rate_details"]["tax_rate"]) for tax in line["taxes"]],
        taxes=_share(line, amount, before),
        type="invoice_line_item",
    )


def _line(call: Call, invoice: Body, ident: str, name: str) -> Body:
    line = call.store.find("line_item", ident)
    if line is None or line["invoice"] != invoice["id"]:
        raise missing("invoice line item", ident, name, status=400)
    return line


def credited(call: Call, invoice: Body, line: str, sofar: list[Body]) -> Credited:
    """What has been credited of an invoice's line."""
    standing = [
        note["id"] for note in call.store.select("credit_note", ("invoice = ?", invoice["id"])) if _stands(note)
    ]
    held = call.store.select(KIND, ("invoice_line_item = ?", line), in_notes(standing)) if standing else []
    found = [*held, *(entry for entry in sofar if entry.get("invoice_line_item") == line)]
    return Credited(
        sum(entry["amount"] for entry in found),
        sum(entry["quantity"] or 0 for entry in found),
        [tax for entry in found for tax in entry["taxes"]],
        frozenset("amount" if entry["quantity"] is None else "quantity" for entry in found),
    )


def _stands(note: Body) -> bool:
    return note["status"] == "issued"


def in_notes(notes: list[str]) -> tuple[str, list[str]]:
    return f"credit_note IN ({', '.join('?' * len(notes))})", notes


def _amount(line: Body, given: dict[str, Any], before: Credited, name: str) -> int:
    """What is credited, which with all before it is not more than the line."""
    if "quantity" not in given:
        amount, most, used = given["amount"], line["amount"], before.amount
    else:
        amount, most, used = given["quantity"], line["quantity"], before.quantity
    sign = -1 if most < 0 else 1
    if amount * sign < 1:
        raise Malformed(f"Invalid {'negative' if sign < 0 else 'positive'} integer", param=name)
    if (used + amount) * sign > most * sign:
        said = f"The credit of this line would come to {used + amount}, which is more than the line's {most}."
        raise Refusal(said, param=name)
    if "quantity" not in given:
        return amount
    return whole(Decimal(line["amount"]) * (used + amount) / Decimal(line["quantity_decimal"])) - before.amount


def _share(line: Body, amount: int, before: Credited) -> list[Body]:
    """The part of the line's taxes that goes with the part of the line."""

    def part(tax: Body, field: str) -> int:
        rate = tax["tax_rate_details"]["tax_rate"]
        gone = sum(earlier[field] for earlier in before.taxes if earlier["tax_rate_details"]["tax_rate"] == rate)
        return whole(Decimal(tax[field]) * (before.amount + amount) / line["amount"]) - gone

    fields = ("amount", "taxable_amount")
    return [tax | {field: part(tax, field) for field in fields} for tax in line["taxes"]] if line["amount"] else []


def of_amount(call: Call, invoice: Body, amount: int) -> Body:
    """The one line behind a bare amount, tax included: it holds as much tax as the invoice does."""

    def part(value: int) -> int:
        return whole(Decimal(value) * amount / invoice["total"])

    shares = [
        tax | {field: part(tax[field]) for field in ("amount", "taxable_amount")} for tax in invoice["total_taxes"]
    ]
    net = amount - sum(tax["amount"] for tax in shares if tax["tax_behavior"] == "exclusive")
    return fresh(
        call,
        net,
        description=f"Credit for invoice {invoice['number']}",
        quantity=1,
        tax_rates=[call.get("tax_rate", tax["tax_rate_details"]["tax_rate"]) for tax in shares],
        taxes=shares,
        unit_amount=net,
        unit_amount_decimal=str(net),
    )
