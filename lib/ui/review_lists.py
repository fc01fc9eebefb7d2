"""The lists of Needs your eye: what waits for a second person, what is parked, what is not confirmed yet."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.context import Context
from lib.queries import activity, review
from lib.queries.review import PARKED, WAITING, Change
from lib.ui import feedback, review_parts, review_ways, tables
from lib.ui.tables import Column

_COLUMNS = (
    Column("at", "Asked", "moment"),
    Column("actor", "Who"),
    Column("what", "What", width="medium"),
    Column("about", "About", width="medium"),
    Column("amount", "Amount", width=120),
    Column("words", "Why", width="large"),
)


def show(ctx: Context) -> None:
    """All three, or that nothing waits."""
    review_parts.decided(ctx)
    waiting = review.counts(ctx)
    still_open = activity.unconfirmed(ctx, parked=False)
    if not waiting and still_open.empty:
        feedback.empty("Nothing needs your eye.", "What Stripe does not confirm, and large amounts, wait here.")
        return
    if waiting.waiting:
        st.subheader(f"Waiting for a second person ({waiting.waiting:,})", anchor=False)
        st.caption("Stored, and not sent. Pick one to approve or to decline it.")
        _list(ctx, WAITING, review_ways.waiting)
    if waiting.parked:
        st.subheader(f"Outcome not known ({waiting.parked:,})", anchor=False)
        st.caption("Stripe's answer was lost, and it is too late to ask by itself. Pick one to say what happened.")
        _list(ctx, PARKED, review_ways.parked)
    if not still_open.empty:
        st.subheader("Not yet confirmed", anchor=False)
        st.caption("These are looked up by themselves; nothing needs to be done.")
        tables.table(still_open, review_parts.UNCONFIRMED, ctx.settings.zone, key="review.open", ids="seq")


def _list(ctx: Context, state: str, panel: Callable[[Context, Change], None]) -> None:
    key = f"review.{state}"
    found = review.table(ctx, state, place=tables.place(key))
    picked = tables.table(found.rows, _COLUMNS, ctx.settings.zone, key=f"{key}.table", pick="single-row")
    tables.pages(key, found, "changes")
    for one in picked:
        with st.container(border=True):
            panel(ctx, review.get(ctx, one))
