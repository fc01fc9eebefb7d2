"""A customer's ledger: every entry on their balance, newest first, with what the account stood at after it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from lib.context import Context
from lib.dates import say_day, say_moment
from lib.queries import balances, customers
from lib.ui import feedback, page, reversal, tables
from lib.ui.tables import Column

_COLUMNS = (
    Column("created", "Date", "moment"),
    Column("amount", "Amount", "account"),
    Column("running", "Balance after", "position"),
    Column("what", "What", width="medium"),
    Column("number", "Invoice"),
    Column("description", "Note", width="medium"),
)


def show(ctx: Context, customer: str) -> None:
    """The ledger of one customer, or that there is nothing on it yet. Who may move money can reverse an entry."""
    rows = customers.ledger(ctx, customer)
    if rows.empty and customers.ledger_to_come(ctx, customer):
        feedback.empty(
            "This ledger has not been read from Stripe yet.", "Ledgers are read one by one after a first copy."
        )
        return
    if rows.empty:
        feedback.empty("Nothing has been posted to this account yet.", "Credit and debit come with Adjust balance.")
        return
    answers = {row.corrects: row for row in rows.itertuples() if row.corrects}
    rows["what"] = _what(ctx, rows, answers)
    pick = "single-row" if page.may(ctx, "money") else ""
    picked = tables.table(rows, _COLUMNS, ctx.settings.zone, key=f"ledger.{customer}", pick=pick)
    if pick and not picked:
        st.caption("Pick an entry to reverse it.")
    asked = picked or ([reversal.being_asked()] if pick else [])
    for entry in rows[rows["id"].isin(asked)].itertuples():
        answer = answers.get(entry.id)
        reversal.show(ctx, customer, entry, answer.id if answer else "")
    if rows["currency"].nunique() > 1:
        st.caption("Each currency has a balance of its own; the two never mix.")


def _what(ctx: Context, rows: pd.DataFrame, answers: dict[str, Any]) -> list[str]:
    """What made each entry; of one that reverses another, or was reversed, which and when."""
    zone, made = ctx.settings.zone, dict(zip(rows["id"], rows["created"], strict=True))
    told = []
    for row in rows.itertuples():
        words = balances.TYPES.get(row.type, row.type)
        if row.corrects:
            words = f"Reverses the entry of {say_moment(made.get(row.corrects), zone) or row.corrects}"
        elif row.id in answers:
            words = f"{words}, reversed on {say_day(answers[row.id].created, zone)}"
        told.append(words)
    return told
