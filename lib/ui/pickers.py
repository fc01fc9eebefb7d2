"""Picking a customer from many: by name, email, postcode, Hero's reference or the end of the id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from lib.context import Context
from lib.errors import NotFound
from lib.queries import customers
from lib.queries.customers import Account, Choice

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


def pick(
    ctx: Context,
    label: str,
    key: str,
    *,
    find: str = "Find",
    first: dict[str, str] | None = None,
    without: str = "",
    **more: Any,
) -> str:
    """A select of one customer: its id, or empty. Whoever is picked stays while Stripe has them; a near miss in what is
    typed is the wrong person and finds nobody. `first`: what stands above all customers, `without`: who is left out.
    """
    found = {**(first or {}), **options(ctx, key=key, find=find, keep=[st.session_state.get(key) or ""])}
    found.pop(without, None)
    if st.session_state.get(key) not in found:
        st.session_state[key] = None
    how = {"index": None, "filter_mode": "contains", **more}
    return st.selectbox(label, list(found), key=key, format_func=lambda one: found.get(one, one), **how) or ""


def living(ctx: Context, customer: str) -> Account | None:
    """A customer that Stripe still has, or nobody."""
    try:
        found = customers.get(ctx, customer) if customer else None
    except NotFound:
        return None
    return None if found is None or found.deleted else found
