"""Identifiers that look like Stripe's and come out the same for the same seed and the same calls.

Stripe's begin with the moment of creation, so what is made one after another lies side by side in an index: seconds (of
customers and products minutes) since 1342389380, to the base of 62. So it is for everything whose id and `created`
stand together in recorded answers and in the examples of Stripe's API reference, whatever the account.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CAPITALS = ALPHABET[:36]
SHORT = ("cus_", "prod_")
EPOCH = 1_342_389_380


def letters(text: str, length: int, alphabet: str = ALPHABET) -> str:
    """A fixed scramble of the text, as long as asked for."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    out = []
    for _ in range(length):
        number, digit = divmod(number, len(alphabet))
        out.append(alphabet[digit])
    return "".join(out)


def account(seed: int) -> str:
    """The account's own identifier."""
    return f"acct_1{_digits(0, 5)}{_own(seed)}"


def make(prefix: str, seed: int, number: int | str, at: int = EPOCH) -> str:
    """Customers and products have short ids; everything else is marked with a version and its account."""
    since, chance = max(0, at - EPOCH), f"{seed}/{prefix}/{number}"
    if prefix in SHORT:
        return prefix + _digits(since // 60, 4) + letters(chance, 10)
    return f"{prefix}1{_digits(since, 5)}{_own(seed)}{letters(chance, 8)}"


@lru_cache(maxsize=8)
def _own(seed: int) -> str:
    """What an account's id and those of its objects have in common."""
    return letters(f"{seed}/account", 10)


def _digits(number: int, length: int) -> str:
    out = ""
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        out = ALPHABET[digit] + out
    return out


def invoice_prefix(seed: int, number: int | str) -> str:
    """The eight capitals in front of an invoice number."""
    return letters(f"{seed}/invoice prefix/{number}", 8, CAPITALS)
