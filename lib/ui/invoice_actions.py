"""What can be done with an invoice: a row of buttons on its page, each of which opens a form of its own.

A form that is open takes the place of the page; it closes through `close`, as a button's callback.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from lib.context import Context
from lib.queries.invoices import Invoice
from lib.ui import page

_OPEN = "invoice_actions.open"


@dataclass(frozen=True)
class Entry:
    """A button: when it is offered, and the form that it opens. `show` draws the form, its outcome and the way out."""

    name: str
    label: str
    icon: str
    offered: Callable[[Context, Invoice], bool]
    show: Callable[[Context, Invoice], None]


ENTRIES: tuple[Entry, ...] = ()


def show(ctx: Context, found: Invoice) -> bool:
    """The buttons, or the form that one of them opened: then True, and the page stops there."""
    if not page.may(ctx, "money"):
        return False
    if entry := _opened(found):
        entry.show(ctx, found)
        return True
    offered = [entry for entry in ENTRIES if entry.offered(ctx, found)]
    if offered:
        with st.container(horizontal=True):
            for entry in offered:
                key = f"invoice_actions.{entry.name}"
                st.button(entry.label, icon=entry.icon, key=key, on_click=open_for, args=(found.id, entry.name))
    return False


def open_for(invoice: str, name: str) -> None:
    """Open a form on an invoice's page. A button's callback, also from other pages, before they go there."""
    st.session_state[_OPEN] = (invoice, name)


def close() -> None:
    """Back to the invoice. A button's callback."""
    st.session_state[_OPEN] = None


def _opened(found: Invoice) -> Entry | None:
    """An invoice's page is about one invoice: a form that was left open there is not open on another's."""
    invoice, name = st.session_state.get(_OPEN) or ("", "")
    return next((entry for entry in ENTRIES if entry.name == name), None) if invoice == found.id else None
