"""The paper beside the form for a new invoice: the lines so far, what they come to, what will be asked for."""

from __future__ import annotations

import streamlit as st

from lib.billing import preview
from lib.money import Money, round_half_up
from lib.queries.customers import Account
from lib.text import shown
from lib.ui import feedback
from lib.ui import preview as figures
from lib.ui.line_editor import Entry, LineEditor, say_rate

NO_EMAIL = "This payer has no email address: Stripe cannot send an invoice there."


def paper(editor: LineEditor, payer: Account | None, patient: Account | None, balance: Money) -> None:
    """Exactly what would be saved now."""
    st.subheader("Preview", anchor=False)
    st.text(f"To {shown(payer.name) or payer.id}" if payer else "To nobody yet: choose who pays.")
    whose = f"For {shown(patient.name)}" if patient else "Not for a patient: none is chosen."
    st.caption(feedback.safe_sentence(whose))
    entries = editor.entries()
    for entry in entries:
        _line(editor, entry)
    if editor.unfinished:
        st.caption("The line that is being typed does not count yet.")
    if not entries:
        st.caption("No line yet. A description and a unit price are enough.")
        return
    if any(entry.currency != balance.currency for entry in entries):
        words = f"This payer is billed in {balance.currency.upper()}. Remove the lines that are in another currency."
        st.error(words, icon=":material/error:")
        return
    found = preview([entry.line for entry in entries], balance)
    if payer:
        figures.show(found)
        if not payer.email:
            st.warning(NO_EMAIL, icon=":material/alternate_email:")
        st.caption(_reader(payer, patient), help="Descriptions are printed on the invoice and in its email.")
    else:
        figures.table(figures.rows(found)[:-1])


def _line(editor: LineEditor, entry: Entry) -> None:
    line = entry.line
    price = Money(round_half_up(line.unit_amount), entry.currency)
    parts = [f"{line.quantity} × {price}", say_rate(line.rate), "" if entry.number else "being typed"]
    with st.container(horizontal=True, gap="small", wrap=False):
        with st.container(gap=None):
            st.text(shown(line.description, 500))
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.caption(feedback.safe_sentence(" · ".join(part for part in parts if part)), width="content")
                st.button(
                    "Remove" if entry.number else "Clear",
                    key=f"new_invoice.remove.{entry.number}",
                    type="tertiary",
                    icon=":material/close:",
                    on_click=editor.remove,
                    args=(entry.number,),
                )
        st.text(str(Money(line.amount, entry.currency)), width="content")


def _reader(payer: Account, patient: Account | None) -> str:
    """Who gets to read the lines: an employer should learn no more than it must."""
    name = shown(payer.name) or "The payer"
    if patient is None or patient.id == payer.id:
        return feedback.safe_sentence(f"{name} reads these descriptions.")
    return feedback.safe_sentence(
        f"{name} reads these descriptions: say no more of {shown(patient.name)}'s care than the payer may know."
    )
