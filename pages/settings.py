"""People, what the program was told at start, and how the records stand: for admins."""

import pandas as pd
import streamlit as st

from lib import people
from lib.queries import freshness
from lib.queries import settings as told
from lib.ui import books_view, page, people_form, tables
from lib.ui.tables import Column

COLUMNS = (
    Column("username", "Username"),
    Column("name", "Name", width="medium"),
    Column("role", "Role"),
    Column("state", "May sign in"),
    Column("last_seen", "Last seen", "moment"),
)

ctx = page.begin("Settings")
TABS = ["People", "Practice", "Books", "Audit log"]
everybody, practice, books, log = st.tabs(TABS, key="settings.tab", on_change="rerun")

with everybody:
    found = people.table(ctx)
    found["state"] = ["Yes" if active else "No, switched off" for active in found["active"]]
    picked = tables.table(found, COLUMNS, ctx.settings.zone, key="people", pick="single-row", ids="username")
    if picked:
        people_form.change(ctx, found[found["username"] == picked[0]].iloc[0])
    else:
        st.caption("Pick a person to change their role or password, or to switch them off.")
    with st.expander("Add person"):
        people_form.add(ctx)

with practice:
    rows = pd.DataFrame(told.known(ctx), columns=["name", "value", "meaning"])
    columns = (
        Column("name", "Setting"),
        Column("value", "Now", width="medium"),
        Column("meaning", "What it does", width="large"),
    )
    tables.table(rows, columns, ctx.settings.zone, key="settings", ids="name")
    st.caption("Set in the environment or in .streamlit/secrets.toml; read when the program starts.")
    reads = freshness.get(ctx).reads
    st.caption(
        f"Questions put to Stripe this month to keep the copy up to date: {reads:,}. What pages and changes ask is not "
        "counted. Stripe allows about 500 a transaction, 10,000 at least."
    )
    st.subheader("Hero's labels", anchor=False)
    labels = pd.DataFrame(ctx.settings.hero_labels.items(), columns=["word", "label"])
    tables.table(
        labels,
        (Column("word", "Here"), Column("label", "Hero's label in Stripe")),
        ctx.settings.zone,
        key="labels",
        ids="word",
    )

with books:
    books_view.standing(ctx)
    books_view.differences(ctx)

if log.open:  # every entry may be read: not on every click
    with log:
        books_view.records(ctx)
