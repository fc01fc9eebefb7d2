"""Invoices: every one of them, narrowed down to those that matter, with what they add up to."""

import streamlit as st

from lib.queries import invoices
from lib.ui import downloads, feedback, invoice_filters, invoice_sums, page, tables
from lib.ui.tables import Column

COLUMNS = (
    Column("number", "Number"),
    Column("status", "Status", "status"),
    Column("payer_name", "Payer", width=165),
    Column("patient_name", "Patient", width=165),
    Column("total", "Total", "money"),
    Column("due", "Due", "money", help="What was asked for, after the balance on account"),
    Column("remaining", "Remaining", "money"),
    Column("created", "Created", "day"),
    Column("due_at", "Due date", "day", help="By the payer's own terms"),
    Column("overdue_days", "Days overdue", "whole"),
    Column("practitioner", "Practitioner"),
    Column("location", "Location"),
)

ctx = page.begin("Invoices")
filters = invoice_filters.show(ctx)

with st.container(horizontal=True, vertical_alignment="bottom"):
    sort = st.selectbox("Sort by", list(invoices.SORTS), key="invoices.sort", width=170)
    descending = st.toggle("Newest or largest first", value=True, key="invoices.descending")
    st.button(
        "Clear filters",
        icon=":material/filter_alt_off:",
        disabled=not invoice_filters.narrowed(),
        on_click=invoice_filters.clear,
    )
    if page.may(ctx, "money") and st.button("New invoice", type="primary", icon=":material/note_add:"):
        page.go("new_invoice", **({"patient": filters.patient} if filters.patient else {}))

order = {"sort": sort, "descending": descending}
sums = invoice_sums.add_up(ctx, filters)
found = invoices.table(ctx, filters, **order, place=tables.place("invoices.page", filters, order), counted=sums)
rows = found.rows
rows["overdue_days"] = rows["overdue_days"].replace(0, None)
rows.loc[rows["status"].isin(["draft", "void"]), "due_at"] = None
rows["payer_name"] = tables.with_state(rows, "payer_name", "payer_deleted")

if rows.empty:
    if invoice_filters.narrowed():
        feedback.empty("No invoice matches.", "Clear the filters to see every invoice.")
    else:
        feedback.empty("No invoice yet.", "Raise one with New invoice; those that Hero raises arrive by themselves.")
    st.stop()

invoice_sums.show(sums, filters)
picked = tables.table(rows, COLUMNS, ctx.settings.zone, key="invoices.table", pick="single-row")
tables.pages("invoices.page", found, "invoices")
downloads.csv_button(ctx, "invoices", filters=filters, **order)
if picked:
    page.go("invoice", id=picked[0])
