from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import Refused
from lib.people import passwords
from lib.people.passwords import check_rules, hash_password, matches


@pytest.mark.parametrize("short", ["", "a", "eleven chars"[:11], "12345678"])
def test_a_password_under_twelve_characters_is_refused(short: str) -> None:
    with pytest.raises(Refused, match="at least 12 characters") as refused:
        check_rules(short, "mira")
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "guessable",
    ["aaaaaaaaaaaaaa", "123456789012", "password1234!", "PasswordPassword", "mira-mira-2026", "Harbour2026!!",
     "HarbourStreetPractice", "payerdesk-2026", "abcdefghijklm", "abababababab"],
)  # fmt: skip
def test_a_password_that_anybody_would_try_is_refused(guessable: str) -> None:
    with pytest.raises(Refused, match="easy to guess"):
        check_rules(guessable, "mira", "Harbour Street Practice")


@pytest.mark.parametrize(
    "fine", ["four plain english words", "p" * 3 + "-odd-" + "x" * 300, "пароль из слов", "  spaces count  "]
)
def test_any_other_password_is_allowed_however_long_and_in_any_script(fine: str) -> None:
    check_rules(fine, "mira", "Harbour Street Practice")


def test_the_demo_passwords_keep_the_rules() -> None:
    from lib.people.demo import DEMO

    for username, _name, password in DEMO:
        check_rules(password, username, "Harbour Street Practice")


@given(st.text(max_size=100), st.text(max_size=100))
def test_a_password_matches_itself_to_the_byte_and_nothing_else(one: str, other: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 4)
        stored = hash_password(one)
    assert matches(one, stored)
    assert matches(other, stored) == (one == other)


def test_spaces_around_a_password_are_part_of_it() -> None:
    assert not matches("four plain words", hash_password(" four plain words "))


def test_everything_after_the_seventy_second_byte_counts() -> None:
    assert not matches("x" * 80 + "b", hash_password("x" * 80 + "a"))


def test_without_a_stored_password_no_password_is_right() -> None:
    assert not matches("", None)
    assert not matches("four plain english words", None)
