"""The way every money form goes: fields, then what they come to said once more, one yes, and what came of it.

What is agreed to is frozen when "Continue" is pressed, and only that is ever sent; the fields stand still meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from lib.context import Context
from lib.errors import Changed, Refused, Waiting
from lib.money import Money
from lib.ui import feedback, invoice_open, page, preview, typed_twice
from lib.ui.forms import Form

Row = tuple[str, str]


@dataclass(frozen=True)
class Plan:
    """What is about to be done: its figures, what they mean, the words on the button, how it is sent (with the form's
    key, and whether in spite of a question), and what is said when it is done. `begun` says, by the form's key,
    whether a part of it was done although it ended with a no.
    """

    rows: tuple[Row, ...]
    words: str
    yes: str
    send: Callable[[Context, str, bool], object]
    done: str
    payer: str
    amount: Money | None = None
    invoice: str = ""
    begun: Callable[[Context, str], bool] = lambda _ctx, _key: False


@dataclass(frozen=True)
class Frame:
    """A form's name and title, its fields by name, how it is closed, and which fields stay when it has to start over
    because a part of it was done.
    """

    form: Form
    title: str
    names: tuple[str, ...]
    close: Callable[[], None]
    stays: tuple[str, ...] = ()

    def show(self, ctx: Context, draw: Callable[[bool], Callable[[], Plan]]) -> None:
        """`draw` draws the fields (locked or not) and returns what makes a plan of them, or raises Refused."""
        if done := st.session_state.get(self._done):
            self._outcome(ctx, *done)
            return
        plan = self._plan()
        st.subheader(self.title, anchor=False)
        self.form.trouble()
        make = draw(plan is not None)
        if plan:
            self._ask(ctx, plan)
            return
        with st.container(horizontal=True):
            pressed = st.button("Continue", type="primary", key=self.form.field("continue"))
            st.button("Cancel", key=self.form.field("cancel"), on_click=self._leave)
        if pressed:
            with self.form.submitting(self.names, waiting="Checking…"):
                st.session_state[self._wish] = make()
            st.rerun()

    def ask_at_once(self, ctx: Context, plan: Callable[[], Plan]) -> None:
        """Where there is nothing to fill in: what will be done, and the yes."""
        if done := st.session_state.get(self._done):
            self._outcome(ctx, *done)
            return
        st.subheader(self.title, anchor=False)
        self.form.trouble()
        self._ask(ctx, self.form.keep("plan", plan()))

    def over(self, offered: bool) -> bool:
        """Whether what it was opened for cannot be done any more: then it says why, as far as it knows."""
        if offered or st.session_state.get(self._done):
            return False
        st.subheader(self.title, anchor=False)
        self.form.trouble()
        st.text("This cannot be done with the invoice as it stands now.")
        st.button("Back", key=self.form.field("over"), on_click=self._leave)
        return True

    @property
    def _wish(self) -> str:
        return f"{self.form.name}.wish"

    @property
    def _done(self) -> str:
        return f"{self.form.name}.done"

    def _plan(self) -> Plan | None:
        """What waits for a yes. After a no, or when the fields were lost by leaving the page, it is back to them."""
        kept = any(self.form.field(name) in st.session_state for name in self.names)
        if self.form.failed or not kept:
            st.session_state[self._wish] = None
        found: Plan | None = st.session_state.get(self._wish)
        return found

    def _ask(self, ctx: Context, plan: Plan) -> None:
        question = self.form.asked
        with st.container(border=True):
            if question:
                st.warning(feedback.safe_sentence(question.words), icon=":material/group:")
            preview.table(plan.rows, strong=(), right=False)
            st.info(feedback.safe_sentence(plan.words), icon=":material/payments:")
            if plan.amount:
                typed_twice.second_person(ctx, plan.amount)
            yes = f"{plan.yes} anyway" if question else plan.yes
            with st.container(horizontal=True):
                key = self.form.field(f"yes.{bool(question)}")
                pressed = st.button(feedback.safe_sentence(yes), type="primary", key=key)
                st.button("Back", key=self.form.field("back"), on_click=self._back)
        if pressed:
            self._send(ctx, plan, despite=bool(question))

    def _send(self, ctx: Context, plan: Plan, *, despite: bool) -> None:
        waits = ""
        with self.form.submitting(self.names):
            try:
                plan.send(ctx, self.form.key, despite)
            except Waiting as waiting:
                waits = waiting.words
            except (Changed, Refused):
                if plan.begun(ctx, self.form.key):
                    self._start_over()
                raise
        self.form.finish()
        st.session_state.update({self._wish: None, self._done: (plan, waits)})
        st.rerun()

    def _start_over(self) -> None:
        """The amounts that were typed hold what is done already: nobody shall ask for them again by one press."""
        kept = [(name, st.session_state.get(self.form.field(name))) for name in self.stays]
        self.form.finish()
        st.session_state.update({self.form.field(name): value for name, value in kept})

    def _outcome(self, ctx: Context, plan: Plan, waits: str) -> None:
        """What came of it, and the ways on."""
        if waits:
            st.info(feedback.safe_sentence(waits), icon=":material/how_to_reg:")
        else:
            st.success(feedback.safe_sentence(plan.done), icon=":material/check_circle:")
        preview.table(plan.rows, strong=(), right=False)
        st.button("Done", type="primary", key=f"{self.form.name}.leave", on_click=self._leave)
        page.link("customer", "Open the payer's account", icon=":material/account_circle:", id=plan.payer)

    def _back(self) -> None:
        self.form.forget_question()
        if st.session_state.get(self._wish) is None:
            self._leave()
        st.session_state[self._wish] = None

    def _leave(self) -> None:
        self.form.finish()
        st.session_state.update({self._wish: None, self._done: None})
        self.close()


def of_invoice(name: str, title: str, names: tuple[str, ...], invoice: str) -> Frame:
    """The frame of a form that a button on an invoice's page opened."""
    return Frame(Form(f"{name}.{invoice}"), title, names, invoice_open.close)
