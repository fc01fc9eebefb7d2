"""A Stripe object becomes a row: plain functions, one a table. What the row means is said in tables.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from lib import hero
from lib.dates import month_of, noon_of
from lib.mirror.pauses import paused_until
from lib.mirror.search import spaced
from lib.settings import Settings
from lib.text import fold, match_name

Row = dict[str, Any]
Labels = Mapping[str, str]
# To be raised with every change of what a column says under the same name, here, in resolved.py or in parties.py: what
# is stored is shaped anew then. (Ledgers are kept without their bodies: they would have to be read again.)
_VERSION = 1
# Longer terms than a year are a slip, in whatever hand they were written.
_LONGEST_TERMS = 365


def made_with(settings: Settings) -> str:
    """A name for what rows are made with, besides what Stripe says: another one means that stored rows would be written
    otherwise today.
    """
    parts = [_VERSION, settings.zone.key, dict(settings.hero_labels)]
    return blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=8).hexdigest()


def customer(obj: Row, labels: Labels) -> Row:
    """A customer, whose kind is our marker, or Hero's labels where we have not marked it."""
    tags = obj.get("metadata") or {}
    known = hero.read(tags, labels)
    name = (
        obj.get("name")
        or known.get("full_name")
        or " ".join(filter(None, (known.get("first_name"), known.get("last_name"))))
    )
    email = obj.get("email") or ""
    postcode = known.get("postcode") or (obj.get("address") or {}).get("postal_code") or ""
    reference = known.get("reference", "")
    return {
        "id": obj["id"],
        "name": name,
        "email": email,
        "phone": obj.get("phone") or "",
        "kind": _kind(tags, labels),
        "default_payer": tags.get("pd_default_payer", ""),
        "terms_days": _days(tags.get("pd_terms_days", "")),
        "currency": obj.get("currency") or "",
        "balance": obj.get("balance") or 0,
        "postcode": postcode,
        "practitioner": known.get("registered_practitioner", ""),
        "reference": reference,
        "created": obj["created"],
        "deleted": False,
        "search": spaced(
            fold(
                " ".join(
                    (name, email, known.get("email", ""), postcode, postcode.replace(" ", ""), reference, obj["id"])
                )
            )
        ),
        "order_name": fold(name),
        "match_name": match_name(name),
        "match_email": fold(email),
        "paused_until": paused_until(tags),
        "intent": tag(obj),
    }


def balances(obj: Row) -> list[Row]:
    """A customer's balance in each currency, as Stripe signs `balance`: negative is credit.

    `invoice_credit_balance` (only there when expanded) has the opposite sign; the customer's own currency is taken
    from `balance`.
    """
    found = {code: -amount for code, amount in (obj.get("invoice_credit_balance") or {}).items()}
    if obj.get("currency"):
        found[obj["currency"]] = obj.get("balance") or 0
    return [{"customer": obj["id"], "currency": code, "balance": amount} for code, amount in found.items()]


def invoice(obj: Row, settings: Settings) -> tuple[Row, str]:
    """An invoice, and what is written on it of its payer and patient (folded, a line each). The patient is our tag, or
    else only a name that Hero wrote.
    """
    tags = obj.get("metadata") or {}
    known = hero.read(tags, settings.hero_labels)
    moments = obj["status_transitions"]
    payer, patient = obj.get("customer_name") or "", known.get("patient_name", "")
    number = obj.get("number") or ""
    issued = noon_of(moments.get("finalized_at") or obj["created"], settings.zone)
    folded = fold(number)
    written = _written(obj, known)
    row = {
        "id": obj["id"],
        "number": number,
        "status": obj["status"],
        "customer": id_of(obj.get("customer")),
        "customer_name": payer,
        "patient": tags.get("pd_patient", ""),
        "patient_name": patient,
        "currency": obj["currency"],
        "subtotal": obj["subtotal"],
        "net": _or(obj.get("total_excluding_tax"), obj["total"]),
        "tax": sum(tax["amount"] for tax in obj.get("total_taxes") or []),
        "total": obj["total"],
        "amount_due": obj["amount_due"],
        "amount_paid": obj["amount_paid"],
        "amount_remaining": obj["amount_remaining"],
        "starting_balance": obj["starting_balance"],
        "ending_balance": obj.get("ending_balance"),
        "created": obj["created"],
        "due_date": obj.get("due_date"),
        "issued_day": issued,
        "due_day": noon_of(obj["due_date"], settings.zone) if obj.get("due_date") else None,
        "finalized_at": moments.get("finalized_at"),
        "paid_at": moments.get("paid_at"),
        "paid_day": noon_of(moments["paid_at"], settings.zone) if moments.get("paid_at") else None,
        "voided_at": moments.get("voided_at"),
        "uncollectible_at": moments.get("marked_uncollectible_at"),
        "practitioner": known.get("practitioner") or known.get("patient_practitioner") or "",
        "location": known.get("location", ""),
        "memo": obj.get("description") or "",
        "hosted_url": obj.get("hosted_invoice_url") or "",
        "pdf_url": obj.get("invoice_pdf") or "",
        "owed": obj["status"] == "open" and obj["amount_remaining"] > 0,
        "month": month_of(obj["created"], settings.zone),
        "number_key": folded,
        "number_end": folded[::-1],
        "intent": tag(obj),
        "deleted": False,
    }
    return row, written


def _written(obj: Row, known: Mapping[str, str]) -> str:
    """What an invoice says of the names and whereabouts of its payer and its patient: folded, a line each."""
    postcode = known.get("patient_postcode", "")
    parts = (
        obj.get("customer_name"),
        obj.get("customer_email"),
        known.get("patient_name"),
        known.get("patient_email"),
        postcode,
        postcode.replace(" ", ""),
    )
    return "\n".join(dict.fromkeys(fold(part) for part in parts if part))


def ledger(transactions: list[Row]) -> list[Row]:
    """A customer's whole ledger, as Stripe lists it (newest first), numbered from the oldest."""
    return [
        {
            "id": obj["id"],
            "customer": id_of(obj["customer"]),
            "position": position,
            "created": obj["created"],
            "type": obj["type"],
            "amount": obj["amount"],
            "currency": obj["currency"],
            "ending_balance": obj["ending_balance"],
            "description": obj.get("description") or "",
            "invoice": id_of(obj.get("invoice")),
            "credit_note": id_of(obj.get("credit_note")),
            "corrects": (obj.get("metadata") or {}).get("pd_corrects", ""),
            "intent": tag(obj),
        }
        for position, obj in enumerate(reversed(transactions))
    ]


def credit_note(obj: Row) -> Row:
    """What was taken off an invoice, before and after it was paid."""
    return {
        "id": obj["id"],
        "number": obj["number"],
        "invoice": id_of(obj["invoice"]),
        "customer": id_of(obj.get("customer")),
        "currency": obj["currency"],
        "amount": obj["total"],
        "pre_payment": obj["pre_payment_amount"],
        "post_payment": obj["post_payment_amount"],
        "outside": obj.get("out_of_band_amount") or 0,
        "status": obj["status"],
        "reason": obj.get("reason") or "",
        "memo": obj.get("memo") or "",
        "pdf_url": obj.get("pdf") or "",
        "created": obj["created"],
        "voided_at": obj.get("voided_at"),
        "intent": tag(obj),
        "deleted": False,
    }


def product(obj: Row) -> Row:
    """An entry of the catalogue."""
    return {"id": obj["id"], "name": obj["name"], "active": obj["active"]}


def price(obj: Row) -> Row:
    """A price of a product; its nickname is what tells a member's tariff from an employer's."""
    return {
        "id": obj["id"],
        "product": id_of(obj["product"]),
        "nickname": obj.get("nickname") or "",
        "currency": obj["currency"],
        "unit_amount": str(obj.get("unit_amount_decimal") or ""),
        "recurring": obj["type"] != "one_time",
        "active": obj["active"],
    }


def tax_rate(obj: Row) -> Row:
    """A rate of VAT."""
    return {
        "id": obj["id"],
        "name": obj["display_name"],
        "percentage": f"{obj['percentage']:g}",
        "inclusive": obj["inclusive"],
        "active": obj["active"],
    }


def tag(obj: Row) -> str:
    """The change of ours that made an object; empty for what others made."""
    return ((obj.get("metadata") or {}).get("pd_intent") or "").partition(":")[0]


def id_of(reference: Any) -> str:
    """The id behind a reference that may be expanded, or missing."""
    if isinstance(reference, dict):
        return str(reference["id"])
    return reference or ""


def _kind(tags: Mapping[str, str], labels: Labels) -> str:
    marked = tags.get("pd_kind", "")
    if marked in ("organisation", "patient"):
        return marked
    return "patient" if hero.is_patient(tags, labels) else ""


def _days(text: str) -> int | None:
    plain = text.isascii() and text.isdigit() and len(text) <= 3
    return int(text) if plain and int(text) <= _LONGEST_TERMS else None


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
