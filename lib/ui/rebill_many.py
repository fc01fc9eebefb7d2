"""What is still billed to somebody else than the patient's payer, in one list: ticked, re-billed, told row by row
(scenario 24).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from lib.actions import rebilling
from lib.actions.rebilling import Row
from lib.context import Context
from lib.money import Money
from lib.text import shown
from lib.ui import endings, feedback, page, rebill_sums, rebill_work, tables
from lib.ui.endings import End
from lib.ui.forms import Form
from lib.ui.rebill_work import Piece
from lib.ui.tables import STATUS, Column

_RESULTS = (
    Column("patient_name", "Patient", width="medium"),
    Column("payer_name", "Was billed to", width="medium"),
    Column("total", "Total", "money"),
    Column("result", "Result", width="large"),
)


@dataclass(frozen=True)
class _Agreed:
    """What one press is for: what is ticked, the new payers' balances that it was shown with, and whether to send."""

    ticked: Sequence[Piece]
    balances: dict[str, Money]
    send: bool


def show(ctx: Context, patients: Sequence[str], payer: str, *, key: str) -> None:
    """The list, or what came of it. `payer` is a customer id, or empty where each patient pays for themselves."""
    if not page.may(ctx, "money"):
        return
    at = _done(key)
    if done := st.session_state.get(at):
        _results(ctx, *done)
    form = Form(f"rebill_many.{key}")
    work = rebill_work.look(ctx, form, patients, payer)
    if not {one.status for one in work} & {"draft", "open"}:
        st.caption("No draft and no open invoice of theirs bills anybody else.")
        return
    if agreed := _list(form, work):
        _carry_out(ctx, form, agreed, at)


def forget(key: str) -> None:
    """What came of the last list is not shown any more. A button's callback."""
    st.session_state.pop(_done(key), None)


def _done(key: str) -> str:
    return f"rebill_many.{key}.done"


def _list(form: Form, work: Sequence[Piece]) -> _Agreed | None:
    """What can be ticked and what that will do; once it is pressed, what for."""
    with st.container(border=True):
        st.markdown("**Work that is still billed to somebody else.** Tick what moves to the payer of now.")
        form.trouble()
        ticked = [one for one in work if _row(form, one)]
        if len(work) == rebill_work.MOST:
            st.caption(f"These are the first {len(work)}; the next ones come when these are done.")
        opened = any(one.status == "open" for one in ticked)
        send = opened and st.checkbox("Send what was open to the new payer by email", key=form.field("send"))
        balances = rebill_sums.show(ticked)
        pressed = st.button("Re-bill the ticked ones", type="primary", disabled=not ticked, key=form.field("go"))
    return _Agreed(ticked, balances, send) if pressed else None


def _row(form: Form, one: Piece) -> bool:
    """One piece of work, and whether it is ticked; where it cannot move the reason stands beside it."""
    word = STATUS.get(one.status, (one.status, ""))[0]
    label = f"{word} {one.row['number']} · {one.total} · {shown(one.row['patient_name'])}"
    ticked = st.checkbox(
        feedback.safe_sentence(f"{label} · billed to {shown(one.row['payer_name'])}"),
        value=not one.stays and one.status == "draft",
        disabled=bool(one.stays),
        key=form.field(f"row.{one.id}"),
    )
    if said := one.stays or one.back:
        st.caption(feedback.safe_sentence(said))
    return ticked and not one.stays


def _carry_out(ctx: Context, form: Form, agreed: _Agreed, at: str) -> None:
    rows: list[Row] = []
    with form.submitting(()):
        bar, many = st.progress(0.0, "Re-billing…"), len(agreed.ticked)
        for number, one in enumerate(agreed.ticked, 1):
            payer = one.to.id if one.to else ""
            key = f"{form.key}.{payer}.{agreed.send}"
            given = {"balances": agreed.balances, "send": agreed.send, "form": key}
            rows += rebilling.rebill_many(ctx, {one.id: one.seen}, payer, **given)
            bar.progress(number / many, f"{number} of {many}")
    form.finish()
    st.session_state[at] = agreed.ticked, endings.of(ctx, rows, "Re-billed")
    st.rerun()


def _results(ctx: Context, asked: Sequence[Piece], ends: dict[str, End]) -> None:
    if done := sum(end.done for end in ends.values()):
        moved = f"{done} of {len(asked)} re-billed" if len(asked) > 1 else "Re-billed"
        st.success(f"{moved}. Set the default in Hero too.", icon=":material/check_circle:")
    endings.say(ends.values(), "re-billed")
    told = pd.DataFrame([{**one.row, "result": ends[one.id].words} for one in asked])
    tables.table(told, _RESULTS, ctx.settings.zone, key="rebill_many.results")
