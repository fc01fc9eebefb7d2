"""Names and sentences in places that read markdown: shown letter by letter, whatever somebody called themselves."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.text import shown
from lib.ui import feedback
from tests.support.drawn import plain
from tests.support.sinks import HOSTILE

NAMES = (
    HOSTILE,
    "# Acme",
    "1. Acme",
    "- Acme",
    "~~Acme~~ `x` :red[x] :material/home:",
    "<img src=x onerror=alert(1)>",
    "| a | b |",
    "&lt;b&gt; & Söhne",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_reads_as_it_was_typed(name: str) -> None:
    assert plain(feedback.safe(name)) == name
    assert plain(feedback.safe_sentence(name)) == name


@given(st.text(alphabet=st.characters(exclude_characters="\\\u2060"), max_size=100))
def test_nothing_of_a_name_is_lost_or_left_to_markdown(name: str) -> None:
    safe = feedback.safe(name)
    assert plain(safe) == shown(name)
    assert not re.search(r"(?<!\\)[`*_{}\[\]()<>#+.!|~$:@&^=/-]", safe)


@pytest.mark.parametrize("address", ["https://evil.example", "www.evil.example", "WWW.evil.example", "a@evil.example"])
def test_an_address_in_a_name_is_no_link(address: str) -> None:
    for safe in (feedback.safe(address), feedback.safe_sentence(f"Stripe refused this: {address}")):
        assert not re.search(r"://|www\\?\.|@\\?e", safe, re.IGNORECASE)
        assert plain(safe).endswith(address)


@pytest.mark.parametrize("words", ["- x", "+ x", "1. x", "12) x", "\n\n    x", "x\n\n# y"])
def test_a_sentence_begins_no_list_no_heading_and_no_block_of_code(words: str) -> None:
    safe = feedback.safe_sentence(words)
    assert not re.match(r"[-+] |\d+[.)]|\s|#", safe)
    assert "\n" not in safe


def test_a_name_that_turns_the_reading_direction_cannot_turn_the_page() -> None:
    assert plain(feedback.safe("\u202eAcme\u2066 Ltd\x07")) == "Acme Ltd"
    assert plain(feedback.safe("شركة النور 🏥")) == "شركة النور 🏥"


def test_a_name_without_an_end_is_cut() -> None:
    assert len(plain(feedback.safe("x" * 5000))) == 120
