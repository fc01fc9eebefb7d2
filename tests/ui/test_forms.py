"""A form keeps what was typed until it is done, says what is wrong, and keeps one key for one wish."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.errors import AskFirst, Changed, NotAllowed, NotConfirmed, Refused
from tests.support.drawn import labelled, said


def script() -> None:
    """A form with one field; the test says what becomes of it."""
    import streamlit as st

    from lib.ui.forms import Form

    form = Form("here")
    form.trouble()
    start = form.keep("start", st.session_state.get("now", ""))
    name = form.text("Name", "name", value=start)
    if form.asked:
        st.warning(form.asked.words)
    if st.button("Save"):
        st.session_state.setdefault("keys", []).append(form.key)
        with form.submitting(("name",), start_over=True):
            st.session_state["act"](name)
        form.finish()
        st.rerun()


@pytest.fixture
def drawn() -> AppTest:
    return AppTest.from_function(script).run()


def save(drawn: AppTest, act: Callable[[str], object], typed: str = "Acme") -> AppTest:
    drawn.session_state["act"] = act
    labelled(drawn.text_input, "Name").set_value(typed)
    return drawn.button[0].click().run()


def answer(no: Exception) -> Callable[[str], object]:
    def act(_name: str) -> None:
        raise no

    return act


def keys(drawn: AppTest) -> list[str]:
    """The key of each press."""
    return list(drawn.session_state["keys"])


def test_a_refusal_is_said_what_was_typed_stays_and_the_next_press_is_a_new_wish(drawn: AppTest) -> None:
    save(drawn, answer(Refused("Too short.", field="name")))
    assert [one.value for one in drawn.error] == ["Too short."]
    assert labelled(drawn.text_input, "Name").value == "Acme"
    save(drawn, answer(Refused("Too short.", field="name")))
    assert len(set(keys(drawn))) == 2


@pytest.mark.parametrize("no", [Refused("No.", field="elsewhere"), NotAllowed("No."), Refused("No.")])
def test_what_belongs_to_no_field_here_is_said_for_the_whole_form(drawn: AppTest, no: Exception) -> None:
    save(drawn, answer(no))
    kinds = [node.type for node in drawn.main if node.type in ("error", "text_input")]
    assert kinds == ["error", "text_input"]


def test_a_lost_answer_keeps_its_key_so_that_the_next_press_asks_for_the_same(drawn: AppTest) -> None:
    save(drawn, answer(NotConfirmed("Not confirmed yet.")))
    assert "Not confirmed yet." in said(drawn)
    save(drawn, len)
    first, second = keys(drawn)
    assert first == second


def test_when_somebody_was_first_the_form_starts_over_from_what_is_there_now(drawn: AppTest) -> None:
    drawn.session_state["now"] = "Bexley"
    save(drawn, answer(Changed("Somebody was first.")))
    assert "Somebody was first." in said(drawn)
    assert labelled(drawn.text_input, "Name").value == "Bexley"


def test_what_is_done_leaves_an_empty_form_with_a_key_of_its_own(drawn: AppTest) -> None:
    save(drawn, len)
    assert labelled(drawn.text_input, "Name").value == ""
    save(drawn, len)
    assert len(set(keys(drawn))) == 2


def test_a_question_stays_until_its_answer_has_been_carried_out(drawn: AppTest) -> None:
    save(drawn, answer(AskFirst("Really?")))
    assert [one.value for one in drawn.warning] == ["Really?"]
    seen: list[bool] = []
    save(drawn, lambda _name: seen.append(drawn.session_state["form.here"]["asked"] is not None))
    assert seen == [True]
    assert not drawn.warning


def test_an_error_in_our_own_code_is_not_taken_for_an_answer(drawn: AppTest) -> None:
    save(drawn, answer(KeyError("name")))
    assert drawn.exception
