"""What can be done with an invoice: a row of buttons on its page, each of which opens a form of its own.

A form that is open takes the place of the page; it closes through `invoice_open.close`, as a button's callback.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from lib.context import Context
from lib.queries.invoices import Invoice
from lib.ui import (
    credit_note_form,
    credit_note_keep,
    credit_note_list,
    drafts_edit,
    drafts_small,
    page,
    payment_form,
    rebill_form,
    void_form,
)
from lib.ui.invoice_open import CREDIT_NOTE, REBILL, open_for, opened


@dataclass(frozen=True)
class Entry:
    """A button: when it is offered, and the form that it opens. `show` draws the form, its outcome and the way out."""

    name: str
    label: str
    icon: str
    offered: Callable[[Context, Invoice], bool]
    show: Callable[[Context, Invoice], None]


# The forms import `lib.ui.invoice_open` to open and close themselves, never this.
ENTRIES: tuple[Entry, ...] = (
    Entry("edit", "Edit draft", ":material/edit:", drafts_edit.offered, drafts_edit.show),
    Entry(REBILL, "Re-bill", ":material/swap_horiz:", rebill_form.offered, rebill_form.show),
    Entry("pay", "Record payment", ":material/payments:", payment_form.offered, payment_form.show),
    Entry(CREDIT_NOTE, "Credit note", ":material/remove_circle:", credit_note_form.offered, credit_note_form.show),
    Entry("keep", "Keep as credit", ":material/savings:", credit_note_keep.offered, credit_note_keep.show),
    Entry("void_note", "Void a credit note", ":material/undo:", credit_note_list.can_void, credit_note_list.void),
    Entry("resend", "Send again", ":material/send:", void_form.can_resend, void_form.resend),
    Entry("write_off", "Write off", ":material/money_off:", void_form.can_write_off, void_form.write_off),
    Entry("void", "Void", ":material/block:", void_form.can_void, void_form.void),
    Entry("postage", "Debit for postage", ":material/local_shipping:", void_form.can_void, payment_form.postage),
    Entry("copy", "Duplicate", ":material/content_copy:", drafts_small.can_copy, drafts_small.copy),
    Entry("delete", "Delete draft", ":material/delete:", drafts_small.can_delete, drafts_small.delete),
)


def show(ctx: Context, found: Invoice) -> bool:
    """The buttons, or the form that one of them opened: then True, and the page stops there."""
    if not page.may(ctx, "money"):
        return False
    if entry := next((entry for entry in ENTRIES if entry.name == opened(found.id)), None):
        entry.show(ctx, found)
        return True
    offered = [entry for entry in ENTRIES if entry.offered(ctx, found)]
    if offered:
        with st.container(horizontal=True):
            for entry in offered:
                key = f"invoice_actions.{entry.name}"
                st.button(entry.label, icon=entry.icon, key=key, on_click=open_for, args=(found.id, entry.name))
    return False
