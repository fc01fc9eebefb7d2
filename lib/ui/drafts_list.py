"""The list of drafts: searched, the old ones marked, one opened or several finalised."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib.context import Context
from lib.queries import drafts, rebills
from lib.ui import downloads, drafts_many, feedback, page, pickers, rebill_parts, tables
from lib.ui.tables import Column

_DRAFTS = (
    Column("payer_name", "Payer", width="medium"),
    Column("patient_name", "Patient", width="medium"),
    Column("total", "Total", "money"),
    Column("created", "Created", "day"),
    Column("days_old", "Days old", "whole"),
    Column("note", "Note", width="medium"),
)
_PLACE = "drafts.place"


def show(ctx: Context) -> None:
    """Filters, what was cut off, the list, and what can be done with the rows that are ticked."""
    for pair in rebills.unfinished(ctx)[:5]:
        rebill_parts.pair(ctx, "", pair)
    search, payer, oldest = _filters(ctx)
    place = tables.place(_PLACE, search, payer, oldest)
    found = drafts.table(ctx, search=search, payer=payer, oldest_first=oldest, place=place)
    rows = found.rows
    if rows.empty:
        feedback.empty(
            "There is no draft." if not (search or payer) else "No draft fits.",
            "What is saved and not yet finalised shows here.",
        )
        return
    rows["note"] = [_note(row) for row in rows.to_dict("records")]
    picked = tables.table(rows, _DRAFTS, ctx.settings.zone, key="drafts.table", pick="multi-row")
    tables.pages(_PLACE, found, "drafts")
    _with_picked(ctx, picked)
    downloads.csv_button(ctx, "drafts", search=search, payer=payer)


def _filters(ctx: Context) -> tuple[str, str, bool]:
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    with left:
        search = st.text_input("Search", key="drafts.search", placeholder="Name, email, postcode or reference")
    with middle:
        payer = pickers.pick(ctx, "Payer", "drafts.payer", find="Find a payer", placeholder="Every payer")
    with right:
        oldest = st.toggle("Oldest first", value=True, key="drafts.oldest")
    return search or "", payer, oldest


def _note(row: dict[str, Any]) -> str:
    """What somebody must know of a draft before it is finalised."""
    notes = (
        ("old", f"Old: over {drafts.OLD_AFTER} days"),
        ("subscription", "Membership"),
        ("empty", "Nothing on it"),
        ("payer_deleted", "Payer deleted in Stripe"),
    )
    found = [words for name, words in notes if row[name]]
    found += [] if row["sends"] else ["Charges a card"]
    return " · ".join(found + (["Re-billed"] if row["rebilled_from"] else []))


def _with_picked(ctx: Context, picked: list[str]) -> None:
    if not picked:
        st.caption("Tick a draft to open it, or several to finalise them together.")
        return
    with st.container(horizontal=True):
        if len(picked) == 1 and st.button("Open draft", icon=":material/open_in_full:", key="drafts.open"):
            page.go("invoice", id=picked[0])
        if page.may(ctx, "money"):
            many = "1 draft" if len(picked) == 1 else f"{len(picked)} drafts"
            st.button(
                f"Finalise {many}",
                type="primary",
                icon=":material/send:",
                key="drafts.finalise",
                on_click=drafts_many.open_for,
                args=(picked,),
            )
