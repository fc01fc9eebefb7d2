"""Whether the money on the screen is real: in the sidebar, at the sign-in, and on every page, whose sidebar may be
folded away.
"""

from __future__ import annotations

import streamlit as st

from lib.settings import Settings

_MODES = {
    "sandbox": ("Sandbox – demo data", "#1d5fa8", "blue"),
    "test": ("Stripe test mode", "#9a4d00", "orange"),
    "elsewhere": ("Test server, not Stripe", "#9a4d00", "orange"),
    "live": ("LIVE – real money", "#b3261e", "red"),
}


def banner(settings: Settings) -> None:
    """The loud one."""
    words, colour, _ = _MODES[_which(settings)]
    style = (
        f"background:{colour};color:#fff;font-weight:650;padding:.35rem .7rem;border-radius:.375rem;text-align:center"
    )
    st.html(f'<div role="status" style="{style}">{words}</div>')


def badge(settings: Settings) -> None:
    """The small one beside a page's title."""
    words, _, colour = _MODES[_which(settings)]
    st.badge(words, color=colour)


def _which(settings: Settings) -> str:
    """What a key has reached, which is Stripe only where no other server is named."""
    return "elsewhere" if settings.stripe_base else settings.mode
