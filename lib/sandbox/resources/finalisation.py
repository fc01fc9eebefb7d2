"""The arithmetic of finalising: what the balance does to an invoice, to the penny.

Signs as Stripe's: a negative balance is a credit to the customer. `total` is never changed by it.
"""

from __future__ import annotations

from dataclasses import dataclass

MINIMUM = {
    "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400,
    "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200,
    "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip

MAXIMUM = {"idr": 999_999_999_999, "inr": 999_999_999}
"""The greatest charge: eight digits, but for these."""


@dataclass(frozen=True)
class Settlement:
    """The outcome: what is asked for, what stays on the balance, and the ledger entries that get it there."""

    amount_due: int
    ending_balance: int
    applied: int
    too_small: int
    paid: bool
    too_large: int = 0


def settle(total: int, starting_balance: int, currency: str) -> Settlement:
    """Apply the whole balance, as finalising does."""
    raw = total + starting_balance
    if raw <= 0:
        return Settlement(0, raw, applied=total, too_small=0, paid=True)
    if raw < MINIMUM.get(currency, 50):
        return Settlement(0, raw, applied=-starting_balance, too_small=raw, paid=True)
    if raw > MAXIMUM.get(currency, 99_999_999):
        return Settlement(0, raw, applied=-starting_balance, too_small=0, paid=True, too_large=raw)
    return Settlement(raw, 0, applied=-starting_balance, too_small=0, paid=False)
