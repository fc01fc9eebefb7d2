"""What was sent to payers about what is overdue, and in the demo the messages that went to nobody."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lib import mail
from lib.context import Context
from lib.dates import say_moment
from lib.mail import capture
from lib.queries import people, reminder_log
from lib.text import shown
from lib.ui import downloads, feedback, page, tables
from lib.ui.tables import Column

STATES = {
    "sending": "Being sent",
    "sent": "Sent",
    "refused": "Not sent",
    "unknown": "May have gone out",
}
_WHAT = (
    Column("at", "When", "moment"),
    Column("stage", "Stage (days)", "whole"),
    Column("amount", "Amount", "money"),
    Column("count", "Invoices", "whole"),
    Column("email", "Sent to", width="medium"),
    Column("told", "State"),
    Column("actor", "Sent by"),
    Column("words", "Why", width="large"),
)


def show(ctx: Context, payer: str = "") -> None:
    """The log of one payer or of all, newest first."""
    key = f"reminders.log.{payer}"
    found = reminder_log.log(ctx, payer, place=tables.place(key))
    if not found.total:
        feedback.empty("No reminder has been sent yet.")
        return
    rows = found.rows
    rows["told"] = [STATES.get(state, state) for state in rows["state"]]
    names = people.people(ctx)
    rows["actor"] = [names.get(actor, actor) for actor in rows["actor"]]
    rows["count"] = [len(str(ids).split()) for ids in rows["invoices"]]
    columns = _WHAT if payer else (Column("name", "Payer", width="medium"), *_WHAT)
    picked = tables.table(rows, columns, ctx.settings.zone, key=f"log.{payer}", pick="" if payer else "single-row")
    tables.pages(key, found, "reminders")
    if not payer:
        downloads.csv_button(ctx, "reminders")
    if picked:
        page.go("customer", id=_payer_of(rows, picked[0]))


def said_demo(ctx: Context) -> None:
    """In the demo: that what is called sent went to nobody."""
    if mail.is_demo(ctx.settings):
        words = "This is the demo: no message leaves this machine. Each is kept here, and was sent to nobody."
        st.info(words, icon=":material/inbox:")


def captured(ctx: Context) -> None:
    """In the demo: the messages as they were written, marked as sent to nobody."""
    if not mail.is_demo(ctx.settings):
        return
    for each in capture.latest(ctx.settings.data):
        when = say_moment(int(each.at), ctx.settings.zone)
        with st.expander(feedback.safe_sentence(f"Not sent to anybody · {when} · {each.to} · {each.subject}")):
            st.text(_paragraphs(each.text))
            st.text("Attached: " + ", ".join(shown(name) for name in each.attachments))


def _paragraphs(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def _payer_of(rows: pd.DataFrame, reminder: str) -> str:
    return str(rows.loc[rows["id"] == reminder, "payer"].iloc[0])
