"""What stands above the list of invoices: how many there are and what they add up to, a line a currency."""

from __future__ import annotations

import streamlit as st

from lib.context import Context
from lib.money import Money
from lib.queries import MOST, invoices
from lib.queries.invoices import Filters, Sums

_WHOLE = "invoices.add_up"


def add_up(ctx: Context, filters: Filters) -> Sums:
    """The sums of these filters; where that takes long, only once somebody has asked for them."""
    return invoices.sums(ctx, filters, whole=st.session_state.get(_WHOLE) == filters)


def show(sums: Sums, filters: Filters) -> None:
    """Draw them, or the button that asks for them."""
    if not sums.known:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"Not added up yet: more than {MOST:,} invoices would have to be looked through.")
            st.button("Add them up", icon=":material/functions:", on_click=_ask, args=(filters,))
        return
    with st.container(gap=None):
        for one in sums.rows.itertuples():
            said = {
                name: Money(int(getattr(one, name)), one.currency) for name in ("total", "remaining", "outstanding")
            }
            count = f"{int(one.invoices):,} {'invoice' if one.invoices == 1 else 'invoices'} in {one.currency.upper()}"
            st.text(
                f"{count}: total {said['total']}, remaining {said['remaining']}, "
                f"of it outstanding {said['outstanding']}"
            )


def _ask(filters: Filters) -> None:
    st.session_state[_WHOLE] = filters
