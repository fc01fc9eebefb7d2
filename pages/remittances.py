"""Remittances: payments that cover several invoices, found again, and recording one."""

import streamlit as st

from lib.errors import NotFound
from lib.queries import remittances
from lib.ui import downloads, feedback, page, remittance_form, remittance_view, tables

ctx = page.begin("Remittances")
one, payer = st.query_params.get("id", ""), st.query_params.get("payer", "")

if one:
    try:
        remittance_view.show(ctx, one)
    except NotFound as none:
        feedback.empty(none.words, "Pick one from the list.")
    page.link("remittances", "All remittances", icon=":material/arrow_back:")
    st.stop()

may = page.may(ctx, "money")
if may and payer:
    remittance_form.arrive(payer)
if may and remittance_form.is_open():
    remittance_form.show(ctx)
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    search = st.text_input("Search", key="remittances.search", placeholder="Reference, payer, amount or day", live=True)
    if may:
        st.button("Record a remittance", type="primary", icon=":material/add:", on_click=remittance_form.open_for)

found = remittances.table(ctx, search=search or "", place=tables.place("remittances.page", search))
if not found.keys:
    words = "No remittance matches." if search else "No remittance has been recorded yet."
    feedback.empty(words, "A remittance is one payment of a payer that covers several invoices.")
    st.stop()
found.rows["received_on"] = [remittance_view.say_day(iso) for iso in found.rows["received_on"]]
picked = tables.table(found.rows, remittance_view.LIST, ctx.settings.zone, key="remittances.table", pick="single-row")
tables.pages("remittances.page", found, "remittances")
downloads.csv_button(ctx, "remittances", search=search or "")
if picked:
    page.go("remittances", id=picked[0])
