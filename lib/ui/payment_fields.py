"""The fields of money received: how it came, under which reference, and when."""

from __future__ import annotations

from datetime import date

import streamlit as st

from lib.actions.received import METHODS, Received
from lib.context import Context
from lib.errors import Refused
from lib.money import Money
from lib.ui.forms import Form

NAMES = ("method", "reference", "received_on")


def received(ctx: Context, form: Form, *, locked: bool) -> Received:
    """How it came, as typed so far; checked when it is carried out."""
    left, middle, right = st.columns(3)
    with left:
        method = form.choice("Method", "method", METHODS, index=None, disabled=locked, placeholder="How it came")
    with middle:
        reference = form.text("Reference", "reference", disabled=locked, placeholder="As on the bank statement")
    with right:
        key = form.field("received_on")
        st.session_state.setdefault(key, ctx.today)
        on = st.date_input("Received on", key=key, format="DD/MM/YYYY", disabled=locked)
        form.wrong("received_on")
    return Received(method or "", reference, on if isinstance(on, date) else None)


def amount_of(form: Form, label: str, name: str, usual: str, currency: str, *, locked: bool) -> Money | None:
    """An amount, filled in with the usual one; None while it cannot be read. `parsed` says why it cannot."""
    key = form.field(name)
    st.session_state.setdefault(key, usual)
    typed = st.text_input(label, key=key, live=True, on_change=form.mend, disabled=locked)
    form.wrong(name)
    try:
        return Money.parse(typed or "", currency, field=name)
    except Refused:
        return None


def parsed(form: Form, name: str, currency: str) -> Money:
    """The amount of a field. Raises Refused for it."""
    return Money.parse(st.session_state.get(form.field(name)) or "", currency, field=name)


def told(received: Received) -> tuple[tuple[str, str], ...]:
    """For the question before it is sent."""
    on = f"{received.on:%-d %b %Y}" if received.on else ""
    return (("Method", received.method), ("Reference", received.reference), ("Received on", on))
