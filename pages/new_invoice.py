"""A new invoice: for whom, to whom, what for; what it will come to; then a draft, or finalised and sent."""

import streamlit as st

from lib.actions.invoices import Wanted
from lib.money import Money
from lib.queries import catalogue
from lib.ui import feedback, invoice_form, invoice_preview, invoice_saving, page
from lib.ui.invoice_saving import Agreed
from lib.ui.line_editor import LineEditor

ctx = page.begin("New invoice")
if not page.may(ctx, "money"):
    feedback.empty("New invoices are for managers.", "You may look and take lists away; ask a manager to raise one.")
    page.link("invoices", "Back to invoices", icon=":material/arrow_back:")
    st.stop()

form = invoice_form.begin(ctx)
typing, paper = st.columns([11, 9], gap="large")

with typing:
    parties = invoice_form.parties(ctx, form)
    payer, patient = parties.payer, parties.patient
    currency = invoice_form.currency(ctx, payer)
    st.subheader("Lines", anchor=False)
    editor = LineEditor(form, catalogue.items(ctx, currency), catalogue.rates(ctx), currency)
    editor.draw()
    st.subheader("Terms and what is printed", anchor=False)
    terms = invoice_form.terms(ctx, form, payer)
    printed = invoice_form.printed(form, payer)

balance = payer.balance(currency) if payer else Money(0, currency)
agreed = Agreed(
    invoice_form.as_shown(form, f"balance {payer and payer.id}", balance),
    invoice_form.as_shown(form, f"default {patient and patient.id}", patient.payer if patient else ""),
)

with paper, st.container(border=True):
    invoice_preview.paper(editor, payer, patient, balance)
    form.trouble()
    form.reminder(*invoice_form.FIELDS)
    with st.container(horizontal=True):
        send = st.button("Finalise and send", type="primary", icon=":material/send:", key=form.field("send"))
        draft = st.button("Save draft", icon=":material/draft:", key=form.field("draft"))
    st.caption("A draft can still be changed or deleted; no balance moves before it is finalised.")


def wanted() -> Wanted:
    """What stands on the screen. Raises Refused where a line cannot be read."""
    who = (patient.id if patient else "", payer.id if payer else "")
    return Wanted(*who, editor.lines(), currency, terms, *printed)


if draft:
    invoice_saving.save_draft(ctx, form, parties, wanted, agreed)
if send:
    invoice_saving.finalise_and_send(ctx, form, parties, wanted, agreed)
