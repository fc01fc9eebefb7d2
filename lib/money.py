"""Money as Stripe counts it: integer minor units and a currency.

The only place that knows about decimals. Exponents are Stripe's own (docs.stripe.com/currencies, zero- and
three-decimal lists), not ISO's: UGX and ISK are sent in hundredths although nobody prints them so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel.numbers import get_currency_symbol

from lib.errors import Refused

ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
# Docs conflict on UGX between pages; Stripe's special-case list sends it in hundredths that must be whole.
WHOLE_ONLY = frozenset(["isk", "ugx"])

# Largest amount Stripe takes in one charge: eight digits of minor units.
LARGEST = 99_999_999

# docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
MINIMUM_CHARGE = {
    "aed": 200,
    "aud": 50,
    "brl": 50,
    "cad": 50,
    "chf": 50,
    "czk": 1500,
    "dkk": 250,
    "eur": 50,
    "gbp": 30,
    "hkd": 400,
    "huf": 17_500,
    "inr": 50,
    "jpy": 50,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "nzd": 50,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "sgd": 50,
    "thb": 1000,
    "usd": 50,
}

_PLAIN = re.compile(r"(\d{1,3}(,\d{3})+|\d+)(\.(\d+))?", re.ASCII)


def exponent(currency: str) -> int:
    """How many decimals Stripe counts for a currency: 2, 0 for yen and its like, 3 for dinars."""
    code = currency.lower()
    return 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2


def minimum_charge(currency: str) -> int:
    """The smallest amount Stripe asks anybody to pay, in minor units; 0 where none is known."""
    return MINIMUM_CHARGE.get(currency.lower(), 0)


@dataclass(frozen=True, order=False)
class Money:
    """An amount in minor units (pence, yen) of one currency (three lower-case letters)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError("an amount is a whole number of minor units")
        if not re.fullmatch(r"[a-z]{3}", self.currency):
            raise ValueError(f"not a currency code: {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.minor), self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        """As a manager reads it: £1,234.50, −£45.00, ¥12,000."""
        sign = "−" if self.minor < 0 else ""
        return f"{sign}{symbol(self.currency)}{abs(self.decimal):,.{exponent(self.currency)}f}"

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    @property
    def plain(self) -> str:
        """For CSV: a plain decimal with the currency's own number of places and a hyphen for minus."""
        return plain(self.minor, exponent(self.currency))

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added up")
        return other

    @classmethod
    def parse(cls, text: str, currency: str, *, field: str = "amount") -> Money:
        """Read what a person typed: 45, 45.0, £45.00, 1,045.00. Never a sign, a zero, 1.000,00 or 5e3.

        Raises Refused with a sentence for the field. Nobody types a sign: credit and debit are two different verbs.
        """
        money = cls(_minor(_typed(text, currency, field), currency, field), currency)
        if money.minor == 0:
            raise Refused("Enter an amount above zero.", field=field)
        if money.minor > LARGEST:
            raise Refused(f"The most Stripe takes at once is {cls(LARGEST, currency)}.", field=field)
        return money


def plain(minor: int, places: int) -> str:
    """Minor units as a plain decimal with so many places: 1234.50, -0.05."""
    digits = str(abs(minor)).rjust(places + 1, "0")
    sign = "-" if minor < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


@cache
def symbol(currency: str) -> str:
    """£, €, ¥; the code and a space where a currency has no sign of its own in British English."""
    sign = get_currency_symbol(currency.upper(), locale="en_GB")
    sign = {"JP¥": "¥", "US$": "US$"}.get(sign, sign)
    return f"{sign}\u00a0" if sign.isalpha() else sign


def round_half_up(amount: Decimal) -> int:
    """Stripe rounds each line's amount and tax to a whole minor unit, halves away from zero."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _typed(text: str, currency: str, field: str) -> tuple[str, str]:
    stripped = text.strip()
    if not stripped:
        raise Refused("Enter an amount, for example 45.00.", field=field)
    if re.search(r"[-+−–—()]", stripped):
        raise Refused("Enter the amount without a sign: the choice above it says which way it goes.", field=field)
    for sign in {symbol(currency).strip(), currency.upper()}:
        stripped = stripped.removeprefix(sign).strip()
    match = _PLAIN.fullmatch(stripped)
    if not match:
        raise Refused("Enter the amount in figures, like 45, 45.00 or 1,045.00.", field=field)
    return match.group(1).replace(",", ""), match.group(4) or ""


def _minor(typed: tuple[str, str], currency: str, field: str) -> int:
    whole, fraction = typed
    places = exponent(currency)
    if len(fraction) > places or (fraction.strip("0") and currency.lower() in WHOLE_ONLY):
        kept = "no decimals" if places == 0 or currency.lower() in WHOLE_ONLY else f"at most {places} decimals"
        raise Refused(f"{currency.upper()} has {kept}.", field=field)
    if len(whole) > 12:
        raise Refused("That amount is too large.", field=field)
    return int(whole + fraction.ljust(places, "0"))
