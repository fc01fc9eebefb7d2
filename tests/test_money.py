"""Amounts as people type and read them: a closed list of what is taken, and nothing lost on the way."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import money
from lib.errors import Refused
from lib.money import LARGEST, Money

TAKEN = {
    "45": 4500,
    "45.0": 4500,
    "45.00": 4500,
    "£45.00": 4500,
    "£ 45": 4500,
    " 45 ": 4500,
    "GBP 45": 4500,
    "0.01": 1,
    "19.99": 1999,
    "1,045.00": 104_500,
    "£1,045": 104_500,
    "999,999.99": LARGEST,
    "045": 4500,
}

REFUSED = """
-45 −45 –45 +45 (45) 45- 0 0.00 £0 £ 45.001 45,5 1,00 1.000,00 1,0,00 10,00.00 ,100 1,,000 5e3 1E2 0x1F 45p 45£ $45 €45
EUR45 forty nan inf 1_000 ４５ ٤٥ 45.5.5 45. .50 1,000,000.00 1000000 999999999999999 ½ 45% =45 45;45
"""


@pytest.mark.parametrize(("typed", "minor"), TAKEN.items())
def test_what_is_taken_for_an_amount(typed: str, minor: int) -> None:
    assert Money.parse(typed, "gbp") == Money(minor, "gbp")


@pytest.mark.parametrize("typed", ["", "  ", "4 5", *REFUSED.split()])
def test_what_is_no_amount_is_refused_in_words_for_its_field(typed: str) -> None:
    with pytest.raises(Refused) as no:
        Money.parse(typed, "gbp", field="price")
    assert no.value.field == "price"
    assert no.value.words.endswith((".", "00"))


@pytest.mark.parametrize("typed", ["-45", "−45", "(45)", "+45"])
def test_a_sign_is_told_to_be_unneeded(typed: str) -> None:
    with pytest.raises(Refused, match="without a sign"):
        Money.parse(typed, "gbp")


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("12,000", "jpy", 12_000),
        ("¥12,000", "jpy", 12_000),
        ("1.234", "kwd", 1234),
        ("1.5", "kwd", 1500),
        ("100", "isk", 10_000),
        ("100.00", "ugx", 10_000),
    ],
)
def test_each_currency_has_its_own_decimals(typed: str, currency: str, minor: int) -> None:
    """Scenario 20."""
    assert Money.parse(typed, currency).minor == minor


@pytest.mark.parametrize(("typed", "currency"), [("120.00", "jpy"), ("1.2345", "kwd"), ("1.50", "isk"), ("£45", "jpy")])
def test_decimals_and_signs_that_a_currency_does_not_have_are_refused(typed: str, currency: str) -> None:
    with pytest.raises(Refused):
        Money.parse(typed, currency)


@pytest.mark.parametrize(
    ("amount", "said", "plain"),
    [
        (Money(123_450, "gbp"), "£1,234.50", "1234.50"),
        (Money(-4500, "gbp"), "−£45.00", "-45.00"),
        (Money(12_000, "jpy"), "¥12,000", "12000"),
        (Money(1234, "kwd"), "KWD\u00a01.234", "1.234"),
        (Money(0, "eur"), "€0.00", "0.00"),
        (Money(-1, "gbp"), "−£0.01", "-0.01"),
    ],
)
def test_how_an_amount_is_said_and_written_to_a_file(amount: Money, said: str, plain: str) -> None:
    assert (str(amount), amount.plain) == (said, plain)


def test_currencies_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="gbp and jpy"):
        Money(1, "gbp") + Money(1, "jpy")


@pytest.mark.parametrize("minor", [1.0, "1", True, None, Decimal(1)])
def test_an_amount_is_a_whole_number_and_nothing_else(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "gbp")  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["GBP", "gb", "pounds", "", "£££"])
def test_a_currency_is_three_small_letters(code: str) -> None:
    with pytest.raises(ValueError, match="not a currency"):
        Money(1, code)


CURRENCIES = sorted({*money.ZERO_DECIMAL, *money.THREE_DECIMAL, *money.MINIMUM_CHARGE, "zar", "try", "ils", "kes"})


@given(st.integers(1, LARGEST), st.sampled_from(CURRENCIES))
def test_what_is_said_can_be_typed_back_in_every_currency(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert Money.parse(str(amount), currency) == amount
    assert Money.parse(amount.plain, currency) == amount


@given(st.text(max_size=12), st.sampled_from(["gbp", "jpy", "kwd"]))
def test_whatever_is_typed_is_an_amount_above_zero_or_a_refusal(typed: str, currency: str) -> None:
    with suppress(Refused):
        assert Money.parse(typed, currency).minor > 0


@given(st.integers(-LARGEST, LARGEST), st.integers(-LARGEST, LARGEST))
def test_adding_and_taking_away_lose_nothing(one: int, other: int) -> None:
    assert Money(one, "gbp") + Money(other, "gbp") - Money(other, "gbp") == Money(one, "gbp")


@pytest.mark.parametrize(("amount", "whole"), [("0.5", 1), ("-0.5", -1), ("2.4999", 2), ("1250.5", 1251)])
def test_halves_are_rounded_away_from_nothing(amount: str, whole: int) -> None:
    assert money.round_half_up(Decimal(amount)) == whole
