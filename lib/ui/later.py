"""What the browser draws slowly comes when the rest of the page stands on the screen.

Plotly's script takes a browser most of a second, and nothing that came with it shows before it is there: decision 0015.
"""

from __future__ import annotations

import streamlit as st

# The browser asks again when it has drawn what it was sent, and not before: it counts and draws with the same hands.
_SOON = 0.2


def ready(key: str) -> bool:
    """Whether to draw what is slow: not at the first look of a session, whose page then draws itself again."""
    if not st.session_state.get(key):
        _look_again(key)
    return bool(st.session_state.get(key))


@st.fragment(run_every=_SOON)
def _look_again(key: str) -> None:
    if key in st.session_state:
        st.session_state[key] = True
        st.rerun()
    st.session_state[key] = False
