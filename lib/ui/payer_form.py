"""The form that changes who pays for patients: who will see their invoices, and what stays behind, stands beside the
button that saves.

The payer that each patient had when the form was drawn is kept and sent along: a patient whose payer somebody else has
changed meanwhile is left alone, and said so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lib.actions import patients as payer_actions
from lib.context import Context
from lib.errors import Refused
from lib.queries import patients
from lib.ui import payer_parts, pickers, rebill_many
from lib.ui.forms import Form

_OPEN, _DONE = "payer.open", "payer.done"
_SELF = payer_actions.SELF


def is_open() -> bool:
    """Whether somebody is changing payers on this page (on this account, where the page is about one)."""
    return st.session_state.get(_OPEN) == _place()


def open_for(chosen: Sequence[str] = ()) -> None:
    """Show an empty form for these patients, or for some still to be chosen. A button's callback."""
    form = Form("payer")
    form.finish()
    rebill_many.forget("payer")
    st.session_state.update({_OPEN: _place(), _DONE: None})
    st.session_state[form.field("patients")] = list(chosen)


def close() -> None:
    """Back to the page. A button's callback."""
    st.session_state.update({_OPEN: None, _DONE: None})


def show(ctx: Context, chosen: Sequence[str] = ()) -> None:
    """The form, or what came of it; `chosen` are the patients when nobody has chosen any yet."""
    if done := st.session_state.get(_DONE):
        _result(ctx, *done)
        return
    form = Form("payer")
    st.subheader("Change payer", anchor=False)
    form.trouble()
    rows = _patients(ctx, form, chosen)
    payer = _payer(ctx, form)
    payer = _SELF if [payer] == list(rows["id"]) else payer
    seen = {row["id"]: row["payer"] for row in rows.to_dict("records")}
    moving = {patient: was for patient, was in seen.items() if was != _own(payer, patient)}
    if payer and len(rows):
        payer_parts.confirm(ctx, rows, payer, moving)
    with st.container(horizontal=True):
        pressed = st.button("Save payer", type="primary", key=form.field("save"))
        st.button("Cancel", key=form.field("close"), on_click=close)
    if pressed:
        _save(ctx, form, seen, moving, payer)


def _place() -> str:
    """An account's page is about one customer: a form that was left open there is not open on another's."""
    return st.query_params.get("id", "")


def _own(payer: str, patient: str) -> str:
    return patient if payer == _SELF else payer


def _patients(ctx: Context, form: Form, chosen: Sequence[str]) -> pd.DataFrame:
    """The patients chosen, with the payer each had when it was first drawn on this form."""
    key = form.field("patients")
    have = st.session_state.get(key, list(chosen))
    options = pickers.options(ctx, kinds=("patient",), key=key, find="Find patients", keep=have)
    if key not in st.session_state or not set(have) <= set(options):
        st.session_state[key] = [patient for patient in have if patient in options]
    picked = st.multiselect(
        "Patients",
        list(options),
        key=key,
        format_func=lambda patient: options.get(patient, patient),
        placeholder="Name, email, postcode or reference",
        filter_mode="contains",  # a loose match could put the wrong patient on somebody's account
        select_all=False,
    )
    form.wrong("patients")
    rows = patients.some(ctx, picked)
    rows["payer_name"] = payer_parts.payers(rows)
    kept = [form.keep(f"seen.{row['id']}", (row["payer"], row["payer_name"])) for row in rows.to_dict("records")]
    rows["payer"], rows["payer_name"] = [payer for payer, _ in kept], [name for _, name in kept]
    return rows


def _payer(ctx: Context, form: Form) -> str:
    payer = pickers.pick(
        ctx,
        "Default payer",
        form.field("payer"),
        find="Find a payer",
        first={_SELF: payer_parts.THEMSELVES},
        placeholder="An organisation, another patient, or the patient",
    )
    form.wrong("payer")
    return payer


def _save(ctx: Context, form: Form, seen: dict[str, str], moving: dict[str, str], payer: str) -> None:
    with form.submitting(("patients", "payer")):
        if payer and seen and not moving:
            raise Refused("Nothing to change: this is who pays already.", field="payer")
        # The payer is part of the key: the outcome for one is never shown for another.
        results = payer_actions.change_payer(ctx, moving, payer, form=f"{form.key}.{payer}")
    form.finish()
    st.session_state[_DONE] = (results, payer)
    st.rerun()


def _result(ctx: Context, results: list[Any], payer: str) -> None:
    payer_parts.result(ctx, results, payer)
    failed = [one.patient for one in results if one.words and not one.pending]
    with st.container(horizontal=True):
        st.button("Done", type="primary", key="payer.close", on_click=close)
        if failed:
            st.button("Look at the others again", key="payer.again", on_click=open_for, args=(failed,))
