"""Whether a call to our door is Stripe's: its signature, over the body as it came, not older than five minutes."""

from __future__ import annotations

import json
from typing import Any

import stripe

_TOLERANCE = 300


def signed(body: bytes, signature: str, secret: str) -> dict[str, Any] | None:
    """The event that Stripe signed; None where the signature is wrong or too old, or there is no event in it."""
    try:
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, _TOLERANCE)
        found = json.loads(body)
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        return None
    return found if isinstance(found, dict) else None
