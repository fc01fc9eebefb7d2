"""Organisations: who they are, whom they cover, what they owe; and adding one."""

import streamlit as st

from lib.queries import organisations
from lib.ui import downloads, feedback, organisation_form, page, tables
from lib.ui.tables import Column

COLUMNS = (
    Column("name", "Organisation", width=256),
    Column("patients", "Patients", "whole"),
    Column("drafts", "Drafts", "whole"),
    Column("outstanding", "Outstanding", "money"),
    Column("overdue", "Overdue", "money", help="Past the payer's own terms, not only past Stripe's due date"),
    Column("balance", "On account", "account", width=108),
    Column("last_invoice", "Last invoice", "day"),
    Column("terms_days", "Terms", "whole", help="Payment terms, in days"),
    Column("email", "Invoice email", width=243),  # last: where larger sums need the room, it is the one to be cut
)

BY_HAND = (
    Column("name", "Customer", width="medium"),
    Column("email", "Email", width="medium"),
    Column("created", "Created", "day"),
)

ctx = page.begin("Organisations")

if organisation_form.is_open():
    organisation_form.add(ctx)
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    search = st.text_input("Search", key="organisations.search", placeholder="Name or email", live=True)
    sort = st.selectbox("Sort by", list(organisations.SORTS), key="organisations.sort", width=220)
    descending = st.toggle("Largest first", key="organisations.descending", value=False)
    if page.may(ctx, "money"):
        st.button("Add organisation", type="primary", icon=":material/add:", on_click=organisation_form.open_form)

filters = {"search": search or "", "sort": sort, "descending": descending}
found = organisations.table(ctx, **filters, place=tables.place("organisations.page", filters))
found.rows["name"] = tables.with_state(found.rows)

if found.total == 0:
    feedback.empty(
        "No organisation here." if not search else "No organisation matches.",
        "Add one, or mark a customer that was made by hand in Stripe.",
    )
else:
    picked = tables.table(found.rows, COLUMNS, ctx.settings.zone, key="organisations.table", pick="single-row")
    tables.pages("organisations.page", found, "organisations")
    downloads.csv_button(ctx, "organisations", **filters)
    if picked:
        page.go("customer", id=picked[0])

others = organisations.unmarked(ctx, place=tables.place("organisations.unmarked.page"))
if others.total and page.may(ctx, "money"):
    with st.expander(f"Customers in Stripe that are neither organisation nor patient: {others.total:,}"):
        st.caption("Made by hand, perhaps. Open one to mark it as an organisation.")
        chosen = tables.table(others.rows, BY_HAND, ctx.settings.zone, key="organisations.unmarked", pick="single-row")
        tables.pages("organisations.unmarked.page", others, "customers")
        if chosen:
            page.go("customer", id=chosen[0])
