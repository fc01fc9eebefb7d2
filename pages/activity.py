"""Who did what and when, and what Stripe has not confirmed."""

import streamlit as st

from lib.queries import activity
from lib.ui import feedback, page, tables
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
OPEN = (
    Column("at", "Since", "moment"),
    Column("actor", "Who"),
    Column("what", "What"),
    Column("about", "About"),
    Column("outcome", "State"),
    Column("words", "Why", width="large"),
)

ctx = page.begin("Activity")

waiting = activity.unconfirmed(ctx)
if not waiting.empty:
    st.warning(
        "These changes are not confirmed by Stripe yet. They are looked up by themselves.", icon=":material/hourglass:"
    )
    tables.table(waiting, OPEN, ctx.settings.zone, key="activity.open", ids="seq")

with st.container(horizontal=True, vertical_alignment="bottom"):
    actor = st.selectbox(
        "Who", ["", *activity.actors(ctx)], format_func=lambda who: activity.who(who) or "Everybody", key="activity.who"
    )
    verb = st.selectbox(
        "What",
        ["", *activity.verbs()],
        format_func=lambda what: activity.verbs().get(what, "Everything"),
        key="activity.what",
    )

found = activity.table(ctx, actor=actor, verb=verb, place=tables.place("activity.page", actor, verb))
if len(found.rows):
    tables.table(found.rows, COLUMNS, ctx.settings.zone, key="activity.table", ids="seq")
    tables.pages("activity.page", found, "entries")
else:
    feedback.empty("Nothing has been done here yet.", "Every change, download and sign-in will be listed.")
