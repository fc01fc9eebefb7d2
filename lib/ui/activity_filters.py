"""The fields above the activity log: who, about which customer, what, and when."""

from __future__ import annotations

from datetime import date

import streamlit as st

from lib.context import Context
from lib.queries import activity
from lib.queries.activity import Filters
from lib.ui import pickers


def show(ctx: Context) -> Filters:
    """Draw them; returns what the log is narrowed to."""
    verbs, names = activity.verbs(), activity.people(ctx)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        actor = st.selectbox(
            "Who",
            ["", *activity.actors(ctx)],
            format_func=lambda who: names.get(who, who) or "Everybody",
            key="activity.who",
        )
        verb = st.selectbox(
            "What", ["", *verbs], format_func=lambda what: verbs.get(what, "Everything"), key="activity.what"
        )
        since, until = _day("From", "activity.from"), _day("To", "activity.to")
    customer = _customer(ctx)
    views = st.toggle("Also what was looked at", key="activity.views")
    return Filters(actor or "", verb or "", customer, since, until, without_views=not views)


def _day(label: str, key: str) -> str:
    chosen = st.date_input(label, value=None, format="DD/MM/YYYY", key=key, width=150)
    return chosen.isoformat() if isinstance(chosen, date) else ""


def _customer(ctx: Context) -> str:
    key = "activity.customer"
    options = pickers.options(ctx, key=key, find="Find a customer", keep=[st.session_state.get(key) or ""])
    if st.session_state.get(key) not in options:
        st.session_state[key] = None
    chosen = st.selectbox(
        "About",
        list(options),
        index=None,
        format_func=lambda customer: options.get(customer, customer),
        placeholder="Every customer",
        filter_mode="contains",
        key=key,
    )
    return chosen or ""
