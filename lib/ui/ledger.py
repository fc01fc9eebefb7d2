"""A customer's ledger: every entry on their balance, newest first, with what the account stood at after it."""

from __future__ import annotations

import streamlit as st

from lib.context import Context
from lib.queries import balances, customers
from lib.ui import feedback, tables
from lib.ui.tables import Column

_COLUMNS = (
    Column("created", "Date", "moment"),
    Column("amount", "Amount", "account"),
    Column("running", "Balance after", "position"),
    Column("type", "What", width="medium"),
    Column("number", "Invoice"),
    Column("description", "Note", width="medium"),
)


def show(ctx: Context, customer: str) -> None:
    """The ledger of one customer, or that there is nothing on it yet."""
    rows = customers.ledger(ctx, customer)
    if rows.empty and customers.ledger_to_come(ctx, customer):
        feedback.empty(
            "This ledger has not been read from Stripe yet.", "Ledgers are read one by one after a first copy."
        )
        return
    if rows.empty:
        feedback.empty("Nothing has been posted to this account yet.", "Credit and debit come with Adjust balance.")
        return
    rows["type"] = [balances.TYPES.get(word, word) for word in rows["type"]]
    tables.table(rows, _COLUMNS, ctx.settings.zone, key=f"ledger.{customer}")
    if rows["currency"].nunique() > 1:
        st.caption("Each currency has a balance of its own; the two never mix.")
