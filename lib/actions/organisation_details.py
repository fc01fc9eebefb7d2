"""What is known of an organisation: as a manager types it, as Stripe keeps it, and as two readings are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lib.actions import _checks
from lib.actions._intent import Object
from lib.errors import Together
from lib.text import fold

PURCHASE_ORDER = "Purchase order"
NEUTRAL = "pd_neutral_text"
_ADDRESS = ("line1", "line2", "city", "postal_code", "country")


@dataclass(frozen=True)
class Details:
    """What a manager types about an organisation. Address: line1, line2, city, postal_code, country (two letters).
    `neutral_text` stands in place of clinical wording on consolidated invoices and statements (B6).
    """

    name: str
    email: str
    address: tuple[str, str, str, str, str] = ("", "", "", "", "")
    phone: str = ""
    vat_number: str = ""
    terms_days: str = ""
    purchase_order: str = ""
    language: str = ""
    footer: str = ""
    neutral_text: str = ""

    def checked(self) -> Details:
        """The same, trimmed. Raises Refused with every field at fault."""
        with Together() as check:
            name = check(_checks.required, self.name, "Enter the organisation's name.", "name", 256)
            email = check(_checks.email, self.email)
            address = tuple(
                check(_checks.within, text, part, 200) for text, part in zip(self.address, _ADDRESS, strict=True)
            )
            phone = check(_checks.within, self.phone, "phone", 20)
            vat_number = check(_checks.vat_number, self.vat_number)
            terms = check(_checks.days, self.terms_days)
            purchase_order = check(_checks.within, self.purchase_order, "purchase_order", 140)
            footer = check(_checks.within, self.footer, "footer", 500)
            neutral = check(_checks.within, self.neutral_text, "neutral_text", 200)
        return Details(
            name,
            email,
            (*address[:4], address[4].upper()),
            phone,
            vat_number,
            "" if terms is None else str(terms),
            purchase_order,
            self.language,
            footer,
            neutral,
        )

    def params(self) -> dict[str, Any]:
        """As Stripe's customer parameters; an empty text clears what was there."""
        field = [{"name": PURCHASE_ORDER, "value": self.purchase_order}] if self.purchase_order else ""
        named = dict(zip(_ADDRESS, self.address, strict=True))
        return {
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "address": named,
            **({"preferred_locales": [self.language]} if self.language else {}),
            "invoice_settings": {"custom_fields": field, "footer": self.footer},
            "metadata": {
                "pd_kind": "organisation",
                "pd_terms_days": self.terms_days,
                NEUTRAL: self.neutral_text,
            },
        }


def details_of(obj: Object) -> Details:
    """What a form starts from: the details of a Stripe customer (as the mirror keeps it)."""
    address, settings = obj.get("address") or {}, obj.get("invoice_settings") or {}
    line1, line2, city, postal_code, country = (address.get(part) or "" for part in _ADDRESS)
    return Details(
        name=obj.get("name") or "",
        email=obj.get("email") or "",
        address=(line1, line2, city, postal_code, country),
        phone=obj.get("phone") or "",
        vat_number=next((tax["value"] for tax in tax_ids(obj) if tax["type"] == "gb_vat"), ""),
        terms_days=(obj.get("metadata") or {}).get("pd_terms_days", ""),
        purchase_order=next((field["value"] for field in printed(obj) if field["name"] == PURCHASE_ORDER), ""),
        language=next(iter(obj.get("preferred_locales") or []), ""),
        footer=settings.get("footer") or "",
        neutral_text=(obj.get("metadata") or {}).get(NEUTRAL, ""),
    )


def comparable(details: Details) -> dict[str, Any]:
    """Details as two readings of them are compared: an email's case says nothing."""
    return {
        "name": details.name,
        "email": fold(details.email),
        "address": list(details.address),
        "phone": details.phone,
        "vat": details.vat_number,
        "terms": details.terms_days,
        "po": details.purchase_order,
        "language": details.language,
        "footer": details.footer,
        "neutral": details.neutral_text,
    }


def printed(obj: Object) -> list[Object]:
    """The fields that Stripe prints on a customer's invoices, ours among them."""
    return (obj.get("invoice_settings") or {}).get("custom_fields") or []


def tax_ids(obj: Object) -> list[Object]:
    """A customer's tax ids, where they were asked for (expand tax_ids)."""
    return list((obj.get("tax_ids") or {}).get("data", []))
