"""Picking a customer from many: by name, email, postcode, Hero's reference or the end of the id."""

from __future__ import annotations

import streamlit as st

from lib.context import Context
from lib.queries import customers
from lib.queries.customers import Choice

# A list that is longer is narrowed by a search first: every option travels to the browser.
MOST = 2000


def choices(ctx: Context, *, kinds: tuple[str, ...] = (), key: str) -> list[Choice]:
    """What to pick from; above MOST a search field is drawn to narrow it."""
    if customers.count(ctx, kinds) <= MOST:
        return customers.choices(ctx, kinds=kinds, limit=MOST)
    text = st.text_input("Find", key=f"{key}.find", placeholder="Name, email, postcode or reference", live=True)
    return customers.choices(ctx, kinds=kinds, text=text or "", limit=100)


def labels(found: list[Choice]) -> dict[str, str]:
    """Ids and how they read."""
    return {choice.id: choice.label for choice in found}
