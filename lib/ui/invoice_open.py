"""Which form is open on an invoice's page. An invoice's page is about one invoice: a form that was left open there is
not open on another's.
"""

from __future__ import annotations

import streamlit as st

# Entries of lib/ui/invoice_actions.py that one form offers in place of another.
REBILL, CREDIT_NOTE = "rebill", "credit_note"

_OPEN = "invoice_actions.open"


def open_for(invoice: str, name: str) -> None:
    """Open a form on an invoice's page. A button's callback, also from other pages, before they go there."""
    st.session_state[_OPEN] = (invoice, name)


def close() -> None:
    """Back to the invoice. A button's callback."""
    st.session_state[_OPEN] = None


def opened(invoice: str) -> str:
    """The name of the form that is open on this invoice's page, or empty."""
    of, name = st.session_state.get(_OPEN) or ("", "")
    return name if of == invoice else ""
