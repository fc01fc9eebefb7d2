"""The practice's own Stripe account, as far as a key's owner can see it."""

from __future__ import annotations

from typing import Any

from lib.sandbox import ids
from lib.sandbox.call import Call
from lib.sandbox.schema import Body

COUNTRY, CURRENCY, NAME = "GB", "gbp", "Harley Green Practice"


def retrieve(call: Call) -> Body:
    return {
        "id": ids.account(call.seed),
        "object": "account",
        "business_profile": {"name": NAME, "support_email": "accounts@harleygreen.example", "url": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": COUNTRY,
        "default_currency": CURRENCY,
        "details_submitted": True,
        "email": "accounts@harleygreen.example",
        "metadata": {},
        "payouts_enabled": True,
        "settings": _settings(),
        "type": "standard",
    }


def _settings() -> dict[str, Any]:
    """The parts that every account has; none of them changes what the sandbox does."""
    nothing = dict.fromkeys(("statement_descriptor", "statement_descriptor_kana", "statement_descriptor_kanji"))
    return {
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_payments": {"statement_descriptor_prefix": None},
        "dashboard": {"display_name": NAME, "timezone": "Europe/London"},
        "payments": nothing,
    }
