"""Copying an invoice to a new draft, and deleting a draft: what it does, one yes, and where it leads."""

from __future__ import annotations

import streamlit as st

from lib.actions import drafts as actions
from lib.actions import drafts_copy, invoice_state
from lib.context import Context
from lib.queries import drafts
from lib.queries.invoices import Invoice
from lib.text import shown
from lib.ui import feedback, invoice_open, page
from lib.ui.forms import Form
from lib.ui.invoice_form import as_shown


def can_copy(_ctx: Context, found: Invoice) -> bool:
    """Whoever is billed must still be in Stripe."""
    return not found.payer_deleted


def copy(ctx: Context, found: Invoice) -> None:
    """The same lines on a new draft for the same payer."""
    form = Form(f"duplicate.{found.id}")
    st.subheader("Duplicate", anchor=False)
    form.trouble()
    count = len(drafts.body(ctx, found.id)["lines"]["data"])
    lines = "1 line" if count == 1 else f"{count} lines"
    said = (
        f"A new draft for {shown(found.payer_name)} gets the same {lines}, VAT, memo and printed fields: "
        f"{found.total}. "
        "This one stays as it is, no balance moves, and nobody is written to."
    )
    st.info(feedback.safe_sentence(said), icon=":material/content_copy:")
    if _asked(form, "Make the copy"):
        with form.submitting(()):
            made = drafts_copy.duplicate(ctx, found.id, form=form.key)
        _leave(form, "This is the copy: a new draft.", made.result)


def can_delete(_ctx: Context, found: Invoice) -> bool:
    """Only a draft can be deleted; what was finalised is voided."""
    return found.status == "draft"


def delete(ctx: Context, found: Invoice) -> None:
    """Gone for good: nothing of a draft is left in Stripe."""
    form = Form(f"delete.{found.id}")
    st.subheader("Delete draft", anchor=False)
    body = drafts.body(ctx, found.id)
    if invoice_state.is_of_subscription(body):
        st.info("A membership made this draft: Stripe deletes it with the subscription only.", icon=":material/info:")
        st.button("Back", on_click=invoice_open.close)
        return
    form.trouble()
    said = (
        f"The draft of {found.total} for {shown(found.payer_name)} is deleted with all its lines. It cannot be brought "
        "back. No balance moves, and nobody is written to."
    )
    st.warning(feedback.safe_sentence(said), icon=":material/delete:")
    seen = as_shown(form, "seen", invoice_state.signature(body))
    if _asked(form, "Delete it"):
        with form.submitting(()):
            actions.delete(ctx, found.id, seen=seen, form=form.key)
        _leave(form, f"The draft of {found.total} was deleted.", "")


def _asked(form: Form, yes: str) -> bool:
    with st.container(horizontal=True):
        pressed = st.button(yes, type="primary", key=form.field("yes"))
        st.button("Cancel", key=form.field("no"), on_click=invoice_open.close)
    return pressed


def _leave(form: Form, words: str, invoice: str) -> None:
    form.finish()
    invoice_open.close()
    feedback.flash(words)
    if invoice:
        page.go("invoice", id=invoice)
    page.go("drafts")
