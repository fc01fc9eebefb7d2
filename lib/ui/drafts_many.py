"""Finalising many drafts: what each will ask for and what needs attention, one yes, and a result a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from lib.actions import drafts_finalise as actions
from lib.actions.drafts_finalise import Ready, Row
from lib.actions.invoice_state import signature
from lib.billing import Preview, settled
from lib.context import Context
from lib.errors import NotFound
from lib.money import Money
from lib.queries import customers, drafts
from lib.queries import invoices as lists
from lib.queries.invoices import Invoice
from lib.text import shown
from lib.ui import endings, feedback, preview, tables
from lib.ui.endings import End
from lib.ui.forms import Form
from lib.ui.tables import Column

_CHOSEN, _DONE = "drafts_many.chosen", "drafts_many.done"
_ROWS = (
    Column("payer_name", "Payer", width=190),
    Column("patient_name", "Patient", width=160),
    Column("total", "Total", "money"),
    Column("to_pay", "To pay", "money"),
    Column("words", "Attention", width="large"),
)
_RESULTS = (
    Column("payer_name", "Payer", width=190),
    Column("patient_name", "Patient", width=160),
    Column("number", "Number"),
    Column("status", "Status", "status"),
    Column("due", "To pay", "money"),
    Column("result", "Result", width="large"),
)


@dataclass(frozen=True)
class Look:
    """What the screen showed: the drafts that can go, the payers' balances, and every row with what it says."""

    ready: list[Ready] = field(default_factory=list)
    balances: dict[str, Money] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)


def is_open() -> bool:
    """Whether somebody is finalising several drafts on this screen."""
    return bool(st.session_state.get(_CHOSEN) or st.session_state.get(_DONE))


def open_for(chosen: Sequence[str]) -> None:
    """Look at these drafts before they are finalised. A button's callback, also from other pages."""
    Form("drafts_many").finish()
    st.session_state.update({_CHOSEN: list(chosen), _DONE: None})


def close() -> None:
    """Back to the list. A button's callback."""
    st.session_state.update({_CHOSEN: None, _DONE: None})


def show(ctx: Context) -> None:
    """The question, or what came of it."""
    if done := st.session_state.get(_DONE):
        _results(ctx, done)
        return
    form = Form("drafts_many")
    st.subheader("Finalise drafts", anchor=False)
    form.trouble()
    # What the person agrees to is what stood here when they came, until something is answered with a no.
    kept: dict[str, Look] = form.keep("looks", {})
    look = kept["look"] = kept.get("look") or _look(ctx, st.session_state[_CHOSEN])
    tables.table(pd.DataFrame(look.rows), _ROWS, ctx.settings.zone, key="drafts_many.rows")
    _sums(look)
    send = st.checkbox("Send each to its payer by email", value=True, key=form.field("send"))
    with st.container(horizontal=True):
        many = "1 draft" if len(look.ready) == 1 else f"{len(look.ready)} drafts"
        pressed = st.button(
            f"Finalise {many}", type="primary", icon=":material/send:", disabled=not look.ready, key=form.field("go")
        )
        st.button("Cancel", key=form.field("close"), on_click=close)
    if pressed:
        _carry_out(ctx, form, look, send=send)


def _look(ctx: Context, chosen: Sequence[str]) -> Look:
    """Each in its turn: what one takes of a payer's credit the next one does not have."""
    look, bodies = Look(), drafts.bodies(ctx, list(chosen))
    now: dict[str, Money] = {}
    for one in chosen:
        try:
            found = lists.get(ctx, one)
        except NotFound:
            continue
        told = {"id": one, "payer_name": found.payer_name, "patient_name": found.patient_name}
        told |= {"currency": found.total.currency, "total": found.total.minor, "to_pay": None}
        words = _why_not(found, bodies.get(one))
        if not words:
            ready = Ready(one, found.payer, found.subtotal, found.tax, found.total, signature(bodies[one]))
            key = actions.balance_key(ready)
            if key not in now:
                now[key] = look.balances[key] = customers.get(ctx, found.payer).balance(found.total.currency)
            figures = settled(found.subtotal, found.tax, found.total, now[key])
            now[key], words = figures.balance_after, _attention(ctx, found, figures)
            told["to_pay"] = figures.to_pay.minor
            look.ready.append(ready)
        look.rows.append({**told, "words": words})
    return look


def _why_not(found: Invoice, body: dict[str, Any] | None) -> str:
    if found.status != "draft":
        return "Left out: it is not a draft any more."
    if found.payer_deleted:
        return "Left out: the payer was deleted in Stripe."
    if found.collection_method != "send_invoice":
        return "Left out: it is set to charge a card. Finish it where it was raised."
    if body is None or not body["lines"]["data"]:
        return "Left out: there is nothing on it."
    return ""


def _attention(ctx: Context, found: Invoice, figures: Preview) -> str:
    if figures.nothing_to_pay or figures.credit_used or figures.debit_added:
        return preview.words(figures)
    return "" if customers.get(ctx, found.payer).email else "The payer has no email address: it cannot be sent."


def _sums(look: Look) -> None:
    """How many go, and what they come to, a line a currency."""
    for currency in dict.fromkeys(one.total.currency for one in look.ready):
        mine = [one for one in look.ready if one.total.currency == currency]
        asked = sum(row["to_pay"] or 0 for row in look.rows if row["currency"] == currency)
        total = Money(sum(one.total.minor for one in mine), currency)
        many = "1 draft" if len(mine) == 1 else f"{len(mine)} drafts"
        said = f"{many}, {total} in all; {Money(asked, currency)} is asked for after what is on account."
        st.info(feedback.safe_sentence(said), icon=":material/functions:")
    if left := len(look.rows) - len(look.ready):
        many = "1 stays a draft" if left == 1 else f"{left} stay drafts"
        st.warning(f"{many}: the reason stands beside.", icon=":material/warning:")


def _carry_out(ctx: Context, form: Form, look: Look, *, send: bool) -> None:
    rows: list[Row] = []
    with form.submitting(()):
        bar = st.progress(0.0, f"0 of {len(look.ready)}")
        key = f"{form.key}.{send}"
        for number, row in enumerate(actions.finalise_many(ctx, look.ready, look.balances, send=send, form=key), 1):
            rows.append(row)
            bar.progress(number / len(look.ready), f"{number} of {len(look.ready)}")
    form.finish()
    st.session_state[_DONE] = endings.of(ctx, rows, "Finalised")
    st.rerun()


def _results(ctx: Context, ends: dict[str, End]) -> None:
    if done := sum(end.done for end in ends.values()):
        many = "1 draft was" if done == 1 else f"{done} drafts were"
        st.success(f"{many} finalised.", icon=":material/check_circle:")
    endings.say(ends.values(), "finalised")
    tables.table(_told(ctx, ends), _RESULTS, ctx.settings.zone, key="drafts_many.results")
    with st.container(horizontal=True):
        st.button("Done", type="primary", key="drafts_many.close", on_click=close)
        if again := [one for one, end in ends.items() if end.again]:
            st.button("Look at the others again", key="drafts_many.again", on_click=open_for, args=(again,))


def _told(ctx: Context, ends: dict[str, End]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for one, end in ends.items():
        try:
            found = lists.get(ctx, one)
        except NotFound:
            rows.append({"id": one, "payer_name": "", "patient_name": "", "number": "", "status": "", "due": None,
                         "currency": ctx.settings.currency, "result": end.words})  # fmt: skip
            continue
        told = {"id": one, "payer_name": shown(found.payer_name), "patient_name": shown(found.patient_name)}
        told |= {"number": found.number, "status": found.status, "due": found.due.minor}
        rows.append({**told, "currency": found.total.currency, "result": end.words})
    return pd.DataFrame(rows)
