"""Idempotency keys: a POST that is repeated with its key is answered from memory and not done again."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qsl

from lib.sandbox.errors import Malformed
from lib.sandbox.store import Store

DAY, LONGEST = 24 * 3600, 255
MISMATCH = (
    "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key "
    "other than '{key}' if you meant to execute a different request."
)
IN_USE = (
    "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
    "twice, and the other request is still going through): {key}. Please try again later."
)


def fingerprint(path: str, form: str) -> str:
    """What must be the same; the order of the fields does not matter."""
    fields = sorted(parse_qsl(form, keep_blank_values=True))
    return hashlib.sha256(repr((path, fields)).encode()).hexdigest()


def check_length(key: str) -> None:
    if len(key) > LONGEST:
        raise Malformed(f"Idempotency keys can be at most {LONGEST} characters long.", kind="idempotency_error")


def in_use(key: str) -> Malformed:
    return Malformed(IN_USE.format(key=key), status=409, kind="idempotency_error", code="idempotency_key_in_use")


def replay(store: Store, key: str, mark: str, since: int) -> tuple[int, str] | None:
    """The answer that was given before, if it was this question. What is older than `since` is forgotten."""
    store.forget_keys(since)
    held: Any = store.key(key)
    if held is None:
        return None
    if held[0] != mark:
        raise Malformed(MISMATCH.format(key=key), kind="idempotency_error")
    return held[1], held[2]


def keep(store: Store, key: str, mark: str, now: int, status: int, body: str) -> None:
    store.keep_key(key, mark, now, status, body)
