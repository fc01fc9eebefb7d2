"""Names as they are compared and shown: people and impostors write them in many ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.text import fold, like, match_name, shown


@pytest.mark.parametrize(
    "alike",
    [
        ("ACME LIMITED", "Acme Ltd", "acme ltd.", "  Acme   Ltd ", "Ácme Ltd", "ＡＣＭＥ Ltd"),
        ("Byrne & Sons", "Byrne and Sons", "BYRNE&SONS"),
        ("Société Générale", "Societe Generale"),
        ("Straße Company", "STRASSE CO"),
    ],
)
def test_names_that_are_the_same_organisation(alike: tuple[str, ...]) -> None:
    assert len({match_name(name) for name in alike}) == 1


@pytest.mark.parametrize(("one", "other"), [("Acme Ltd", "Acme Holdings Ltd"), ("Acme", "Akme"), ("شركة", "بنك")])
def test_names_that_are_not(one: str, other: str) -> None:
    assert match_name(one) != match_name(other)


def test_case_accents_and_width_do_not_matter_to_a_search() -> None:
    assert fold("Siân  ÓNEILL ｃｏ") == "sian oneill co"


@pytest.mark.parametrize(
    ("name", "screen"),
    [
        ("Ada\u202ebyrne", "Adabyrne"),
        ("Ada\u200b\u0000 Byrne\n", "Ada Byrne"),
        ("👩\u200d⚕️ Osei", "👩\u200d⚕️ Osei"),
        ("شركة النور", "شركة النور"),
        ("x" * 200, "x" * 119 + "…"),
        ("", ""),
    ],
)
def test_what_may_stand_on_a_screen(name: str, screen: str) -> None:
    assert shown(name) == screen


@given(st.text())
def test_a_shown_name_is_short_and_has_nothing_that_turns_the_line_around(name: str) -> None:
    told = shown(name)
    assert len(told) <= 120
    assert not set(told) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\x00\r\n\x1b")


@given(st.text())
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)


def test_sqls_wildcards_are_taken_literally() -> None:
    assert like("50%_a\\b") == "%50\\%\\_a\\\\b%"
