"""Passwords: what is allowed, and how they are kept.

At least 12 characters, no maximum, no required kinds of characters, the exact bytes that were typed. bcrypt reads 72
bytes and stops at a zero byte, so it is given the base64 of a SHA-256, which is always 44 plain characters.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

import bcrypt

from lib.errors import Refused

MINIMUM = 12
COST = 12

_COMMON = {
    *(
        "password",
        "passphrase",
        "changeme",
        "letmein",
        "welcome",
        "iloveyou",
        "secret",
        "default",
        "qwerty",
        "qwertyuiop",
    ),
    *(
        "administrator",
        "admin",
        "manager",
        "viewer",
        "practice",
        "invoice",
        "payerdesk",
        "stripe",
        "hero",
        "qwertyuiop",
    ),
}
_RUNS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")


def check_rules(password: str, username: str, practice: str = "") -> None:
    """Raise Refused when a new password is too short or too easy to guess."""
    if len(password) < MINIMUM:
        raise Refused(
            f"Use at least {MINIMUM} characters. Several words in a row are easy to remember.", field="password"
        )
    if _too_common(password.casefold(), [username, practice, *re.split(r"\W+", practice)]):
        raise Refused(
            "This password is easy to guess. Use several words that have nothing to do with the practice.",
            field="password",
        )


def hash_password(password: str) -> str:
    """What is stored in place of a password."""
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(COST)).decode()


def matches(password: str, stored: str | None) -> bool:
    """Whether a password is the stored one. Without a stored one the answer is no, after the same work."""
    found = bcrypt.checkpw(_digest(password), (stored or _nobody()).encode())
    return found and stored is not None


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())


def _nobody() -> str:
    return f"$2b${COST:02d}${'.' * 22}{'.' * 31}"


def _too_common(password: str, own_words: Iterable[str]) -> bool:
    if len(set(password)) < 4 or any(password in run or password[:12] in run for run in _RUNS):
        return True
    letters = "".join(c for c in password if c.isalpha())
    words = _COMMON | {"".join(c for c in word.casefold() if c.isalpha()) for word in own_words}
    return any(word and letters and not letters.replace(word, "") for word in words)
