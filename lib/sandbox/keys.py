"""Who may call: test keys only. A live key is refused, so that it can never be used here by mistake."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from lib.sandbox.errors import Malformed

NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we "
    "can help at https://support.stripe.com/."
)
TEST_KEY = re.compile(r"(sk|rk)_test_\w+")
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.\w+)?")
PINNED = "2026-10-28.endive"


def check(headers: Mapping[str, str]) -> None:
    """Refuse a call without a test key."""
    key = _given(headers.get("authorization", ""))
    if not key:
        raise Malformed(NO_KEY, status=401)
    if not TEST_KEY.fullmatch(key):
        raise Malformed(f"Invalid API Key provided: {_masked(key)}", status=401)


def _given(header: str) -> str:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        return rest.strip()
    try:
        return base64.b64decode(rest).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _masked(key: str) -> str:
    """All but the beginning and the tail is hidden."""
    head = re.match(r"([a-z]+_[a-z]+_)?", key)
    start = head.group() if head else ""
    return f"{start}****{key[-4:]}" if len(key) > len(start) + 4 else "****"


def version(headers: Mapping[str, str]) -> str:
    said = headers.get("stripe-version") or PINNED
    if not VERSION.fullmatch(said):
        raise Malformed(f"Invalid Stripe API version: {said}")
    return said
