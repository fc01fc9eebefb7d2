"""One customer's account: organisation or patient, what they owe, what is held for them, who pays."""

import streamlit as st

from lib.actions import views
from lib.errors import NotFound
from lib.money import Money
from lib.queries import customers
from lib.ui import (
    account,
    adjust_form,
    consolidate_form,
    feedback,
    ledger,
    organisation_form,
    page,
    payer_form,
    reminder_log,
    reminder_pause,
    session,
    statement_view,
)

wanted = st.query_params.get("id", "")
try:
    found = customers.get(session.context(), wanted)
except NotFound as none:
    page.begin("Account")
    feedback.empty(none.words, "Pick one under Organisations or Patients.")
    st.stop()

ctx = page.begin("Account", name=found.name or "No name")
views.account(ctx, found.id)
account.heading(ctx, found)

if adjust_form.is_open():
    adjust_form.show(ctx)
    st.stop()
if payer_form.is_open():
    payer_form.show(ctx, [found.id])
    st.stop()
if organisation_form.is_changing(found.id):
    organisation_form.change(ctx, found)
    st.stop()
if consolidate_form.is_open(found.id):
    consolidate_form.show(ctx, found)
    st.stop()

account.actions(ctx, found)
with st.container(horizontal=True):
    account.sums("Outstanding", found.outstanding, found.currency)
    account.sums("Overdue", found.overdue, found.currency)
    for balance in found.balances or (Money(0, found.currency),):
        st.metric("On account", account.say(balance), border=True)
    if found.kind == "organisation":
        st.metric("Patients covered", found.covers, border=True)

# The server knows which tab is open, so that it stays open when what stands above it changes.
COVER = "Patients covered" if found.kind == "organisation" else "Who pays"
TABS = ["Invoices", "Ledger", COVER, "Details", "Statement"]
invoices, entries, people, details, statement = st.tabs(TABS, key=f"account.tab.{found.id}", on_change="rerun")
with invoices:
    account.invoices(ctx, found)
with entries:
    ledger.show(ctx, found.id)
with people:
    account.people(ctx, found)
with details:
    account.details(ctx, found)
with statement:
    statement_view.show(ctx, found)
    st.subheader("Reminders", anchor=False)
    reminder_pause.show(ctx, found)
    reminder_log.show(ctx, found.id)
