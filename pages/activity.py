"""Who did what and when, and what Stripe has not confirmed."""

from dataclasses import asdict

import streamlit as st

from lib.queries import activity
from lib.ui import activity_filters, downloads, feedback, page, review_parts, tables
from lib.ui.tables import Column

COLUMNS = (
    Column("at", "When", "moment"),
    Column("actor", "Who"),
    Column("what", "What", width="medium"),
    Column("about", "About", width="medium"),
    Column("amount", "Amount", width=120),
    Column("outcome", "Outcome"),
    Column("words", "Why", width="large"),
)

ctx = page.begin("Activity")

review_parts.notice(ctx)
waiting = activity.unconfirmed(ctx, parked=False)
if not waiting.empty:
    st.warning(
        "These changes are not confirmed by Stripe yet. They are looked up by themselves.", icon=":material/hourglass:"
    )
    tables.table(waiting, review_parts.UNCONFIRMED, ctx.settings.zone, key="activity.open", ids="seq")

filters = activity_filters.show(ctx)
found = activity.table(ctx, filters=filters, place=tables.place("activity.page", filters))
if len(found.rows):
    tables.table(found.rows, COLUMNS, ctx.settings.zone, key="activity.table", ids="seq")
    tables.pages("activity.page", found, "entries")
    downloads.csv_button(ctx, "activity", **asdict(filters))
else:
    feedback.empty("No entry matches.", "Choose other days, another person or everything.")
