"""An invoice that cannot be re-billed: why, and the way that is left."""

from __future__ import annotations

import streamlit as st

from lib.context import Context
from lib.queries import rebills
from lib.queries.invoices import Invoice
from lib.queries.rebills import Pair
from lib.text import shown
from lib.ui import feedback, invoice_open, page


def show(ctx: Context, found: Invoice, words: str) -> None:
    """The reason; then the new one, where a re-billing that stopped has left one, and nothing that would bill again."""
    st.info(feedback.safe_sentence(f"This cannot be re-billed. {words}"), icon=":material/info:")
    left = rebills.made_for(ctx, found.id)
    if left:
        said = f"A new {left.new_status} invoice of {left.new_total} for {shown(left.payer_name)}"
        st.warning(feedback.safe_sentence(f"{said} was made in its place and stands."), icon=":material/sync_problem:")
    with st.container(horizontal=True):
        _to_the_new_one(left) if left else _instead(found)
        st.button("Back", on_click=invoice_open.close)


def _to_the_new_one(left: Pair) -> None:
    if st.button("Open the new one", type="primary", key="rebill.left"):
        page.go("invoice", id=left.new)


def _instead(found: Invoice) -> None:
    if found.status == "paid":
        st.button(
            "Issue a credit note",
            type="primary",
            icon=":material/assignment_return:",
            on_click=invoice_open.open_for,
            args=(found.id, invoice_open.CREDIT_NOTE),
        )
    if found.patient and st.button("New invoice for the right payer", key="rebill.new"):
        page.go("new_invoice", patient=found.patient)
