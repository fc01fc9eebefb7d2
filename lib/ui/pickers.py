"""Picking a customer from many: by name, email, postcode, Hero's reference or the end of the id."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from lib.context import Context
from lib.queries import customers
from lib.queries.customers import Choice

# A list that is longer is narrowed by a search first: every option travels to the browser.
MOST = 300
_SOME = 100


def choices(ctx: Context, *, kinds: tuple[str, ...] = (), key: str, find: str = "Find", keep: str = "") -> list[Choice]:
    """What to pick from; above MOST a search field called `find` is drawn to narrow it.

    `keep` is the customer that is picked already: it stays in the list, whatever is searched for and whatever its kind.
    """
    if customers.more_than(ctx, MOST, kinds):
        text = st.text_input(find, key=f"{key}.find", placeholder="Name, email, postcode or reference", live=True)
        found = customers.choices(ctx, kinds=kinds, text=text or "", limit=_SOME)
    else:
        found = customers.choices(ctx, kinds=kinds, limit=MOST)
    if keep and keep not in {choice.id for choice in found}:
        found = [*customers.chosen(ctx, [keep]), *found]
    return found


def labels(found: list[Choice]) -> dict[str, str]:
    """Ids and how they read."""
    return {choice.id: choice.label for choice in found}


def options(
    ctx: Context, *, kinds: tuple[str, ...] = (), key: str, find: str = "Find", keep: Iterable[str] = ()
) -> dict[str, str]:
    """Ids and labels for a select; all of `keep` stay in it although a search narrowed the rest, while Stripe has
    them.
    """
    found = labels(choices(ctx, kinds=kinds, key=key, find=find))
    return {**labels(customers.chosen(ctx, [one for one in keep if one and one not in found])), **found}
