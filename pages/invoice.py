"""One invoice: where it stands, what it came to, every line, and what happened to it."""

import streamlit as st

from lib.actions import views
from lib.errors import NotFound
from lib.queries import invoices, rebills
from lib.ui import credit_note_list, draft_form, feedback, invoice_actions, invoice_view, page, rebill_parts, session

try:
    found = invoices.get(session.context(), st.query_params.get("id", ""))
except NotFound as none:
    page.begin("Invoice")
    feedback.empty(none.words, "Pick one from the list.")
    page.link("invoices", "Back to invoices", icon=":material/arrow_back:")
    st.stop()

ctx = page.begin("Invoice", name=f"Invoice {found.number}" if found.number else "Draft invoice")
views.invoice(ctx, found.id)
invoice_view.heading(ctx, found)
if invoice_actions.show(ctx, found):
    st.stop()
if cut_off := rebills.pair_of(ctx, found.id):
    rebill_parts.pair(ctx, found.id, cut_off)

left, right = st.columns([11, 9], gap="large")
with left:
    invoice_view.parties(found)
    invoice_view.facts(ctx, found)
with right, st.container(border=True):
    if found.status == "draft":
        draft_form.show(ctx, found)
    else:
        invoice_view.figures(found)

st.subheader("Lines", anchor=False)
invoice_view.lines(ctx, found)
credit_note_list.show(ctx, found)
st.subheader("What happened", anchor=False)
invoice_view.history(ctx, found)
page.link("invoices", "Back to invoices", icon=":material/arrow_back:")
