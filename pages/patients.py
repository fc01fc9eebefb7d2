"""Patients: who pays for them, and changing it for one or for many."""

import streamlit as st

from lib.queries import patients
from lib.ui import downloads, feedback, page, payer_form, payer_parts, pickers, tables
from lib.ui.tables import Column

COLUMNS = (
    Column("name", "Patient", width="medium"),
    Column("payer_name", "Default payer", width=260),
    Column("outstanding", "Outstanding", "money", help="What the patient's own account owes"),
    Column("balance", "On account", "account", width=110),
    Column("postcode", "Postcode"),
    Column("practitioner", "Practitioner"),
)
REFERENCE = Column("reference", "Hero reference")
ANYBODY = {"": "Anybody", "self": "The patient", "deleted": "Payer deleted in Stripe"}

ctx = page.begin("Patients")

if payer_form.is_open():
    payer_form.show(ctx)
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    search = st.text_input("Search", key="patients.search", placeholder="Name, email, postcode or reference", live=True)
    kept = [st.session_state.get("patients.payer") or ""]
    payers = ANYBODY | pickers.options(
        ctx, kinds=("organisation",), key="patients.payer", find="Find a payer", keep=set(kept) - ANYBODY.keys()
    )
    payer = st.selectbox("Paid by", list(payers), key="patients.payer", format_func=lambda one: payers.get(one, one))
    sort = st.selectbox("Sort by", list(patients.SORTS), key="patients.sort", width=160)
    descending = st.toggle("Largest first", key="patients.descending")

filters = {"search": search or "", "payer": payer or "", "sort": sort, "descending": descending}
found = patients.table(ctx, **filters, place=tables.place("patients.page", filters))
found.rows["payer_name"] = payer_parts.payers(found.rows)

if found.total == 0:
    narrowed = bool(search or payer)
    feedback.empty(
        "No patient matches." if narrowed else "No patient here yet.",
        "Try fewer words or another payer." if narrowed else "Patients come from Hero, as soon as it bills them.",
    )
    st.stop()

buttons = st.container(horizontal=True)
columns = (*COLUMNS, REFERENCE) if found.rows["reference"].any() else COLUMNS
picked = tables.table(found.rows, columns, ctx.settings.zone, key="patients.table", pick="multi-row")
tables.pages("patients.page", found, "patients")
downloads.csv_button(ctx, "patients", **filters)
with buttons:
    if page.may(ctx, "money"):
        st.button(
            "Change payer",
            type="primary",
            icon=":material/swap_horiz:",
            on_click=payer_form.open_for,
            args=(picked,),
            help="For the patients picked below, or for others that you name in the form",
        )
    if st.button("Open account", icon=":material/person:", disabled=len(picked) != 1, help="Pick one patient"):
        page.go("customer", id=picked[0])
