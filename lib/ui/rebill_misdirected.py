"""Invoices that went to the patient although an organisation pays: shown on the overview, each with *Re-bill*."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib.context import Context
from lib.money import Money
from lib.queries import misdirected
from lib.text import shown
from lib.ui import downloads, feedback, page
from lib.ui.invoice_open import REBILL, open_for
from lib.ui.tables import STATUS

_FIRST, _MOST, _ALL = 3, 100, "misdirected.all"


def show(ctx: Context) -> None:
    """Nothing, where there is none."""
    found = misdirected.sums(ctx)
    if not found.count:
        return
    with st.container(border=True):
        many = "1 invoice went" if found.count == 1 else f"{found.count:,} invoices went"
        sums = ", ".join(str(amount) for amount in found.remaining)
        st.warning(
            feedback.safe_sentence(f"{many} to the patient although an organisation pays for them: {sums} remaining."),
            icon=":material/wrong_location:",
        )
        every = st.session_state.get(_ALL, False)
        for row in misdirected.first(ctx, _MOST if every else _FIRST).to_dict("records"):
            _row(ctx, row)
        with st.container(horizontal=True):
            if found.count > _FIRST:
                st.button(
                    "Show fewer" if every else "See all", key="misdirected.more", on_click=_turn, args=(not every,)
                )
            downloads.csv_button(ctx, "misdirected")
        if every and found.count > _MOST:
            st.caption(f"These are the oldest {_MOST}; the list as CSV has all {found.count:,}.")


def _row(ctx: Context, row: dict[str, Any]) -> None:
    """In columns, so that amounts and buttons stand in line; whoever is billed is named once."""
    word = STATUS.get(row["status"], (row["status"], ""))[0]
    remaining = Money(int(row["remaining"]), row["currency"])
    patient, billed, usual = (shown(row[name]) for name in ("patient_name", "payer_name", "default_name"))
    who = patient if row["payer"] == row["patient"] else f"{patient}, billed to {billed}"
    number, amount, whose, action = st.columns([3, 2, 9, 2], vertical_alignment="center")
    with number:
        page.link("invoice", f"{word} {row['number']}".strip(), id=row["id"])
    amount.text(str(remaining))
    whose.text(f"{who} · {usual} pays by default")
    with action:
        if page.may(ctx, "money") and st.button("Re-bill", key=f"misdirected.{row['id']}", width="stretch"):
            open_for(row["id"], REBILL)
            page.go("invoice", id=row["id"])


def _turn(every: bool) -> None:
    st.session_state[_ALL] = every
