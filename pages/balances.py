"""Balances: every customer with a credit or a debit, and posting one."""

import streamlit as st

from lib.queries import balances
from lib.ui import adjust_form, downloads, feedback, page, tables
from lib.ui.tables import Column

COLUMNS = (
    Column("name", "Customer", width="medium"),
    Column("balance", "On account", "account", help="Credit is what we owe them, debit what they owe us"),
    Column("last_entry", "Last entry", "day"),
    Column("kind", "Kind"),
    Column("email", "Email", width="large"),
)
KINDS = {"organisation": "Organisation", "patient": "Patient"}
SIDES = ("Both", "Credit", "Debit")

ctx = page.begin("Balances")

if adjust_form.is_open():
    adjust_form.show(ctx)
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    search = st.text_input("Search", key="balances.search", placeholder="Name, email or postcode", live=True)
    side = st.segmented_control("Show", SIDES, key="balances.side", default="Both", required=True)
    sort = st.selectbox("Sort by", list(balances.SORTS), key="balances.sort", width=220)
    descending = st.toggle("Largest first", key="balances.descending")
    if page.may(ctx, "money"):
        st.button(
            "Adjust balance", type="primary", icon=":material/account_balance_wallet:", on_click=adjust_form.open_for
        )

filters = {"search": search or "", "side": "" if side == "Both" else side, "sort": sort, "descending": descending}
found = balances.table(ctx, **filters, place=tables.place("balances.page", filters))
found.rows["name"] = tables.with_state(found.rows)
found.rows["kind"] = [KINDS.get(kind, "Customer") for kind in found.rows["kind"]]

if not found.total:
    feedback.empty(
        "No balance matches." if search or side != "Both" else "Nobody has a credit or a debit.",
        "Credit or debit comes from Adjust balance, and from what invoices leave over.",
    )
else:
    picked = tables.table(found.rows, COLUMNS, ctx.settings.zone, key="balances.table", pick="single-row")
    tables.pages("balances.page", found, "balances")
    downloads.csv_button(ctx, "balances", **filters)
    if picked:
        page.go("customer", id=picked[0])
