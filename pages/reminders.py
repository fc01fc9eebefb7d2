"""Chasing: who owes what is overdue, who is to be reminded now, and what was sent."""

import streamlit as st

from lib.queries import reminders
from lib.ui import feedback, page, reminder_list, reminder_log, reminder_send, tables

ctx = page.begin("Chasing")

if reminder_send.is_open():
    reminder_send.show(ctx)
    st.stop()

overdue, sent = st.tabs(["Overdue", "What was sent"])
with overdue:
    reminder_list.road(ctx)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.segmented_control(
            "Show", ("Due now", "Everything overdue"), default="Due now", required=True, key="reminders.which"
        )
        kinds = (reminders.ORGANISATIONS, reminders.PATIENTS)
        whose = st.segmented_control("Whom", kinds, default=kinds[0], required=True, key="reminders.whose")
        sort = st.selectbox("Sort by", list(reminders.SORTS), key="reminders.sort", width=220)
        descending = st.toggle("Largest first", key="reminders.descending", value=True)
    filters = {"whose": whose, "due_only": which == "Due now", "sort": sort, "descending": descending}
    found = reminders.table(ctx, **filters, place=tables.place("reminders.page", filters))
    if not found.total:
        feedback.empty(
            "Nobody is to be reminded now." if which == "Due now" else "Nothing is overdue.",
            f"A reminder is due at {reminder_list.stages(ctx)} days overdue by the payer's terms.",
        )
    else:
        reminder_list.show(ctx, found)
with sent:
    reminder_log.said_demo(ctx)
    reminder_log.show(ctx)
    reminder_log.captured(ctx)
