"""Identifiers that look like Stripe's and come out the same for the same seed and the same calls."""

from __future__ import annotations

import hashlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CAPITALS = ALPHABET[:36]
SHORT = ("cus_", "prod_")


def letters(text: str, length: int, alphabet: str = ALPHABET) -> str:
    """A fixed scramble of the text, as long as asked for."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    out = []
    for _ in range(length):
        number, digit = divmod(number, len(alphabet))
        out.append(alphabet[digit])
    return "".join(out)


def make(prefix: str, seed: int, number: int | str) -> str:
    """Customers and products have short ids; everything else is marked with a version, as Stripe's are."""
    if prefix in SHORT:
        return prefix + letters(f"{seed}/{prefix}/{number}", 14)
    return f"{prefix}1{letters(f'{seed}/{prefix}/{number}', 23)}"


def invoice_prefix(seed: int, number: int | str) -> str:
    """The eight capitals in front of an invoice number."""
    return letters(f"{seed}/invoice prefix/{number}", 8, CAPITALS)
