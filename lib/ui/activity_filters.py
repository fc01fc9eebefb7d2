"""The fields above the activity log: who, about which customer, what, and when."""

from __future__ import annotations

from datetime import date

import streamlit as st

from lib.context import Context
from lib.queries import activity, people
from lib.queries.activity import Filters
from lib.ui import pickers


def show(ctx: Context) -> Filters:
    """Draw them; returns what the log is narrowed to."""
    verbs, names = activity.verbs(), people.people(ctx)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        actor = st.selectbox(
            "Who",
            ["", *people.actors(ctx)],
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
    return pickers.pick(ctx, "About", "activity.customer", find="Find a customer", placeholder="Every customer")
