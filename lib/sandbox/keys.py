"""Who may call, and what: test keys only. A live key is refused, so that it can never be used here by mistake.

Any other test key may do everything, until it is revoked or given permissions of its own; a strict ring knows only the
keys that were put on it. What is on the ring belongs to the running sandbox and is not kept in its file.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from lib.sandbox.errors import Malformed, Refusal

NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we "
    "can help at https://support.stripe.com/."
)
LACKS = (
    "The provided key '{key}' does not have the required permissions for this endpoint on account '{account}'. Having "
    "the 'rak_{permission}' permission would allow this request to continue."
)
TEST_KEY = re.compile(r"(sk|rk)_test_\w+", re.ASCII)
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.\w+)?")
DIRECT = "sk_test_direct"  # of a call past the door, which needs no permission
PINNED = "2026-10-28.endive"
LEVELS = ("none", "read", "write")
LONG = 100  # Stripe shows six characters of its long keys and four of the others
RESOURCES = {"invoiceitems": "invoice", "prices": "plan"}


class Keyring:
    """The keys that are known, what the restricted ones may do, and those that were revoked."""

    def __init__(self) -> None:
        self.strict = False
        self._permissions: dict[str, dict[str, str]] = {}
        self._known: set[str] = set()
        self._revoked: set[str] = set()

    def add(self, key: str, permissions: Mapping[str, str] | None = None) -> None:
        """A key, or what it may do from now on: `{"customer": "read", "invoice": "write", "*": "none"}`; what is not
        named it may not. Without permissions it may do everything.
        """
        if not TEST_KEY.fullmatch(key):
            raise ValueError("Only a key that begins with sk_test_ or rk_test_ can be used here.")
        if permissions is not None and (not key.startswith("rk_") or {*permissions.values()} - {*LEVELS}):
            raise ValueError(f"Permissions are {', '.join(LEVELS)}, and only for a key that begins with rk_test_.")
        self._known.add(key)
        self._revoked.discard(key)
        self._permissions.pop(key, None)
        if permissions is not None:
            self._permissions[key] = dict(permissions)

    def revoke(self, key: str) -> None:
        """From now on it has expired."""
        self._revoked.add(key)

    def shown(self) -> dict[str, object]:
        """What is on the ring; the keys themselves only by their tails."""
        found = {masked(key): self._permissions.get(key, {"*": "write"}) for key in sorted(self._known)}
        return {"strict": self.strict, "keys": found, "revoked": sorted(map(masked, self._revoked))}

    def check(self, headers: Mapping[str, str]) -> str:
        """The key of a call, or a refusal."""
        key = _given(headers.get("authorization", ""))
        if not key:
            raise Malformed(NO_KEY, status=401)
        if key in self._revoked:
            raise expired(key)
        if not TEST_KEY.fullmatch(key) or (self.strict and key not in {*self._known, DIRECT}):
            raise Malformed(f"Invalid API Key provided: {masked(key)}", status=401)
        return key

    def allow(self, key: str, method: str, path: str, account: str) -> None:
        """Refuse what a restricted key may not do. Who may write may read."""
        held = self._permissions.get(key)
        if held is None:
            return
        resource, needed = wanted(method, path)
        level = held.get(resource, held.get("*", "none"))
        if LEVELS.index(level) < LEVELS.index(needed):
            raise forbidden(key, method, path, account)


def wanted(method: str, path: str) -> tuple[str, str]:
    """The resource and the level that a call needs."""
    first = path.removeprefix("/v1/").partition("/")[0]
    return RESOURCES.get(first, first.removesuffix("s")), "read" if method == "GET" else "write"


def forbidden(key: str, method: str, path: str, account: str) -> Refusal:
    permission = "_".join(wanted(method, path))
    return Malformed(LACKS.format(key=masked(key), account=account, permission=permission), status=403)


def expired(key: str) -> Refusal:
    return Malformed(f"Expired API Key provided: {masked(key)}", status=401, code="api_key_expired")


def _given(header: str) -> str:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        return rest.strip()
    try:
        return base64.b64decode(rest).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def masked(key: str) -> str:
    """All but the beginning and the tail is hidden."""
    head = re.match(r"([a-z]+_[a-z]+_)?", key)
    start = head.group() if head else ""
    tail = 6 if len(key) >= LONG else 4
    hidden = len(key) - len(start) - tail
    return f"{start}{'*' * hidden}{key[-tail:]}" if hidden > 0 else f"{start}****"


def version(headers: Mapping[str, str]) -> str:
    said = headers.get("stripe-version") or PINNED
    if not VERSION.fullmatch(said):
        raise Malformed(f"Invalid Stripe API version: {said}")
    return said
