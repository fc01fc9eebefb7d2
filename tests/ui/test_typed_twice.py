"""A large amount has a second field, which says at once when the two differ."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.errors import Refused
from lib.money import Money
from lib.settings import Settings
from tests.support.drawn import labelled, said

AGAIN = "Type the amount once more"


def script() -> None:
    """A form that asks for one amount twice; the test says which."""
    from types import SimpleNamespace

    import streamlit as st

    from lib.ui import typed_twice
    from lib.ui.forms import Form

    form = Form("here")
    ctx = SimpleNamespace(settings=st.session_state["settings"])
    st.session_state["told"] = typed_twice.field(ctx, form, st.session_state["amount"])
    if st.button("Save"):
        with form.submitting((typed_twice.FIELD,)):
            st.session_state["act"]()


def drawn(amount: Money | None, above: Decimal | None = Decimal(1000)) -> AppTest:
    page = AppTest.from_function(script)
    page.session_state["settings"] = Settings(mode="sandbox", data=Path("data"), type_twice_above=above)
    page.session_state["amount"] = amount
    return page.run()


@pytest.mark.parametrize("amount", [None, Money(100_000, "gbp"), Money(100_000, "jpy"), Money(-100_000, "gbp")])
def test_up_to_the_threshold_nothing_is_asked(amount: Money | None) -> None:
    page = drawn(amount)
    assert not page.text_input
    assert page.session_state["told"] is None


def test_a_practice_without_a_threshold_is_never_asked() -> None:
    assert not drawn(Money(10**9, "gbp"), above=None).text_input


@pytest.mark.parametrize("amount", [Money(100_001, "gbp"), Money(100_001, "jpy"), Money(-100_001, "gbp")])
def test_above_the_threshold_it_is_typed_once_more(amount: Money) -> None:
    page = drawn(amount)
    labelled(page.text_input, AGAIN).set_value(abs(amount).plain).run()
    assert page.session_state["told"] == abs(amount)
    assert not page.error


@pytest.mark.parametrize(
    ("typed", "words", "told"),
    [
        ("1001", "above it says £1,000.01", Money(100_100, "gbp")),
        ("lots", "amount", None),
        ("-1000.01", "without a sign", None),
    ],
)
def test_what_differs_or_is_no_amount_is_said_beside_it(typed: str, words: str, told: Money | None) -> None:
    page = drawn(Money(100_001, "gbp"))
    labelled(page.text_input, AGAIN).set_value(typed).run()
    assert len(page.error) == 1
    assert words in said(page)
    assert page.session_state["told"] == told


def test_what_the_action_says_of_it_stands_beside_it_while_it_is_empty() -> None:
    page = drawn(Money(100_001, "gbp"))

    def refuse() -> None:
        raise Refused("Type it once more.", field="retyped")

    page.session_state["act"] = refuse
    page.button[0].click().run()
    assert [one.value for one in page.error] == ["Type it once more."]
