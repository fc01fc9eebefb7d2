"""Forms that keep what was typed, say beside the field what is wrong, and are carried out once.

A form has a key of its own from the moment it is drawn until what it asked for has ended; a second click, a reload of
the message or a rerun carries the same key and finds the first one's outcome. After an end (done, refused, changed)
the next press is a new wish with a new key.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from lib.errors import AskFirst, Changed, NotConfirmed, PayerdeskError, Refused, Waiting
from lib.ui import feedback, page


class Form:
    """One form on a page, kept in the session under its name."""

    def __init__(self, name: str) -> None:
        self._at = f"form.{name}"
        self._state = st.session_state.setdefault(self._at, _fresh(0))
        self.name = name

    @property
    def key(self) -> str:
        """The idempotency key of what this form asks for."""
        return self._state["key"]

    @property
    def asked(self) -> AskFirst | None:
        """What must be answered with an explicit second yes."""
        return self._state["asked"]

    @property
    def failed(self) -> bool:
        """Whether the last press was answered with a no."""
        return bool(self._state["errors"])

    def field(self, name: str) -> str:
        """The widget key of a field: a new one after each completed form, so that the next one starts empty."""
        return f"{self.name}.{name}.{self._state['round']}"

    def text(self, label: str, name: str, **options: Any) -> str:
        """A line of text with its error beneath."""
        typed = st.text_input(label, key=self.field(name), **options)
        self.wrong(name)
        return typed or ""

    def area(self, label: str, name: str, **options: Any) -> str:
        """Several lines of text with their error beneath."""
        typed = st.text_area(label, key=self.field(name), **options)
        self.wrong(name)
        return typed or ""

    def choice(self, label: str, name: str, options: Any, **more: Any) -> Any:
        """One of a list, with its error beneath. What is typed must stand in the option: a near miss is the wrong
        person.
        """
        chosen = st.selectbox(label, options, key=self.field(name), **{"filter_mode": "contains", **more})
        self.wrong(name)
        return chosen

    def keep(self, name: str, value: Any) -> Any:
        """What was on the screen when this form was first drawn, however often it is drawn since."""
        return self._state["kept"].setdefault(name, value)

    def wrong(self, *names: str) -> None:
        """The error of a field, beside it. Its place is always there: if it came and went, a button further down would
        be made anew between press and release, and the press be lost.
        """
        with st.container():
            for name in names:
                if words := self._state["errors"].get(name):
                    st.error(feedback.safe_sentence(words), icon=":material/error:")

    def mend(self) -> None:
        """The person is correcting a field: what was wrong with fields is not said again. A widget's `on_change`."""
        self._state["errors"] = {name: words for name, words in self._state["errors"].items() if not name}

    def trouble(self) -> None:
        """What is wrong with the whole form, or with a field that is not drawn; or that a second person is awaited."""
        with st.container():
            if words := self._state["waiting"]:
                st.info(feedback.safe_sentence(words), icon=":material/how_to_reg:")
                page.link("needs_your_eye", "Needs your eye", icon=":material/visibility:")
            if words := self._state["errors"].get(""):
                st.error(feedback.safe_sentence(words), icon=":material/error:")

    def reminder(self, *names: str) -> None:
        """Beside the button of a long form: there is something to correct further up."""
        with st.container():
            if not any(self._state["errors"].get(name) for name in names):
                return
            st.error("Something above needs to be corrected. Nothing was saved.", icon=":material/arrow_upward:")

    def finish(self) -> None:
        """It is done: the next form starts empty, with a key of its own."""
        st.session_state[self._at] = self._state = _fresh(self._state["round"] + 1)

    def forget_question(self) -> None:
        """The person thought better of it."""
        self._state["asked"] = None

    @contextmanager
    def submitting(
        self, fields: tuple[str, ...], *, waiting: str = "Asking Stripe…", start_over: bool = False
    ) -> Iterator[None]:
        """Carry out an action; what goes wrong is kept for the next drawing of the form, with everything that was
        typed.

        `fields` are the names this form draws: an error for another one is shown for the whole form. `start_over`: when
        somebody else was first, the form is filled anew with what is there now; what was typed over the old would undo
        their change. What waits for a second person is stored: the form starts empty and `trouble` says so.
        """
        # The question stays until the answer to it has been carried out: a second press must find its button.
        asked, self._state["errors"], self._state["waiting"] = None, {}, ""
        try:
            with st.spinner(waiting, show_time=False):
                yield
        except AskFirst as question:
            asked = question
        except Waiting as stored:
            self.finish()
            self._state["waiting"] = stored.words
            st.rerun()
        except NotConfirmed as lost:
            self._state.update({"errors": {"": lost.words}, "asked": None})
            st.rerun()
        except Changed as first:
            if start_over:
                self.finish()
            self._state["kept"] = {}
            self._state["errors"] = {"": first.words}
        except PayerdeskError as no:
            also = no.also if isinstance(no, Refused) else {}
            self._state["errors"] = {**also, no.field if no.field in fields else "": no.words}
        else:
            return
        self._state.update({"key": uuid.uuid4().hex, "asked": asked})
        st.rerun()


def _fresh(turn: int) -> dict[str, Any]:
    return {"key": uuid.uuid4().hex, "round": turn, "errors": {}, "asked": None, "waiting": "", "kept": {}}
