"""What is still billed to somebody else than the patient's payer, in one list: ticked, re-billed, told row by row
(scenario 24).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lib.actions import invoice_state, rebill_refusals, rebilling
from lib.billing import Preview, settled
from lib.context import Context
from lib.money import Money
from lib.queries import drafts, rebills
from lib.queries.customers import Account
from lib.text import shown
from lib.ui import feedback, page, pickers, rebill_parts, tables
from lib.ui.forms import Form
from lib.ui.invoice_form import as_shown
from lib.ui.tables import STATUS, Column

_MOST = 50
_RESULTS = (
    Column("patient_name", "Patient", width="medium"),
    Column("payer_name", "Was billed to", width="medium"),
    Column("total", "Total", "money"),
    Column("result", "Result", width="large"),
)


def show(ctx: Context, patients: Sequence[str], payer: str, *, key: str) -> None:
    """The list, or what came of it. `payer` is a customer id, or empty where each patient pays for themselves."""
    if not page.may(ctx, "money"):
        return
    at = f"rebill_many.{key}.done"
    if done := st.session_state.get(at):
        _results(ctx, *done)
    rows = rebills.work(ctx, list(patients), payer, _MOST)
    if not set(rows["status"]) & {"draft", "open"}:
        st.caption("No draft and no open invoice of theirs bills anybody else.")
        return
    to = {patient: pickers.living(ctx, payer or patient) for patient in dict.fromkeys(rows["patient"])}
    _list(ctx, rows, to, key, at)


def _list(ctx: Context, rows: pd.DataFrame, to: dict[str, Account | None], key: str, at: str) -> None:
    form = Form(f"rebill_many.{key}")
    bodies = drafts.bodies(ctx, list(rows["id"]))
    with st.container(border=True):
        st.markdown("**Work that is still billed to somebody else.** Tick what moves to the payer of now.")
        form.trouble()
        ticked = [row for row in rows.to_dict("records") if _row(form, row, bodies.get(row["id"]), to[row["patient"]])]
        if len(rows) == _MOST:
            st.caption(f"These are the first {_MOST}; the next ones come when these are done.")
        opened = [row for row in ticked if row["status"] == "open"]
        send = bool(opened) and st.checkbox("Send what was open to the new payer by email", key=form.field("send"))
        _consequences(ticked, to)
        asked = _asked_for(ticked, to)
        _on_account(ticked, to, asked)
        held = as_shown(form, f"held {list(asked)}", {one: figures.balance for one, figures in asked.items()})
        if st.button("Re-bill the ticked ones", type="primary", disabled=not ticked, key=form.field("go")):
            _carry_out(ctx, form, rows, ticked, to, at, held, send=send)


def _row(form: Form, row: dict[str, Any], body: dict[str, Any] | None, to: Account | None) -> bool:
    """One piece of work, and whether it is ticked; where it cannot move the reason stands beside it."""
    why = _why_not(row, body, to)
    word = STATUS.get(row["status"], (row["status"], ""))[0]
    label = f"{word} {row['number']} · {Money(int(row['total']), row['currency'])} · {shown(row['patient_name'])}"
    label = f"{label} · billed to {shown(row['payer_name'])}"
    if body is not None:
        as_shown(form, f"seen {row['id']}", invoice_state.signature(body))
    ticked = st.checkbox(
        feedback.safe_sentence(label),
        value=not why and row["status"] == "draft",
        disabled=bool(why),
        key=form.field(f"row.{row['id']}"),
    )
    said = why or (rebill_parts.returned(body, shown(row["payer_name"])) if body and row["status"] == "open" else "")
    if said:
        st.caption(feedback.safe_sentence(said))
    return ticked and not why


def _why_not(row: dict[str, Any], body: dict[str, Any] | None, to: Account | None) -> str:
    if to is None:
        return "Stays: the payer of now is not in Stripe any more."
    if body is None:
        return "Stays: it has not arrived from Stripe yet."
    words = rebill_refusals.why_not(body)
    if words or row["status"] != "open":
        return f"Stays. {words}" if words else ""
    return ""


def _consequences(ticked: list[dict[str, Any]], to: dict[str, Account | None]) -> None:
    """What one press will do, in figures."""
    for currency in dict.fromkeys(row["currency"] for row in ticked):
        mine = [row for row in ticked if row["currency"] == currency]
        total = Money(sum(int(row["total"]) for row in mine), currency)
        names = list(dict.fromkeys(shown(payer.name) for row in mine if (payer := to[row["patient"]])))
        old = sum(row["status"] == "draft" for row in mine)
        parts = [f"{old} old drafts are deleted" if old != 1 else "1 old draft is deleted"] if old else []
        parts += [f"{len(mine) - old} open invoices are voided and raised anew"] if len(mine) - old else []
        said = f"{total} in all goes to {', '.join(names[:3])}; {' and '.join(parts)}. They read every line."
        st.info(feedback.safe_sentence(said), icon=":material/visibility:")


def _asked_for(ticked: list[dict[str, Any]], to: dict[str, Account | None]) -> dict[str, Preview]:
    """What each open one will ask its new payer for: what one takes of a balance the next does not have."""
    now: dict[tuple[str, str], Money] = {}
    found: dict[str, Preview] = {}
    for row in ticked:
        payer, currency = to[row["patient"]], row["currency"]
        if row["status"] == "open" and payer:
            total, key = Money(int(row["total"]), currency), (payer.id, currency)
            before = now.get(key, payer.balance(currency))
            found[row["id"]] = settled(total, Money(0, currency), total, before)
            now[key] = found[row["id"]].balance_after
    return found


def _on_account(ticked: list[dict[str, Any]], to: dict[str, Account | None], asked: dict[str, Preview]) -> None:
    """What the new payers have on account goes into what is raised anew: said before it does (scenarios 3 to 5)."""
    told: dict[tuple[str, str], list[Preview]] = {}
    for row in ticked:
        if row["id"] in asked and (payer := to[row["patient"]]):
            told.setdefault((shown(payer.name) or payer.id, row["currency"]), []).append(asked[row["id"]])
    for (name, currency), each in told.items():
        if not (balance := each[0].balance):
            continue
        due = Money(sum(one.to_pay.minor for one in each), currency)
        way = "of credit on account is used" if balance.minor < 0 else "that is owed on account is asked for with it"
        moved = abs(each[-1].balance_after - balance)
        st.info(feedback.safe_sentence(f"{name}: {moved} {way}; {due} is to pay."), icon=":material/payments:")


def _carry_out(
    ctx: Context,
    form: Form,
    rows: pd.DataFrame,
    ticked: list[dict[str, Any]],
    to: dict[str, Account | None],
    at: str,
    held: dict[str, Money],
    *,
    send: bool,
) -> None:
    found: dict[str, str] = {}
    with form.submitting(()):
        bar = st.progress(0.0, "Re-billing…")
        for number, row in enumerate(ticked, 1):
            payer, seen = to[row["patient"]], form.keep("shown", {})[f"seen {row['id']}"]
            key = f"{form.key}.{payer.id if payer else ''}.{send}"
            to_whom, given = payer.id if payer else "", {"balances": held, "send": send, "form": key}
            for one in rebilling.rebill_many(ctx, {row["id"]: seen}, to_whom, **given):
                found[one.invoice] = one.words or "Re-billed"
            bar.progress(number / len(ticked), f"{number} of {len(ticked)}")
    form.finish()
    told = rows[rows["id"].isin(found)].reset_index(drop=True)
    told["result"] = [found[one] for one in told["id"]]
    st.session_state[at] = (told,)
    st.rerun()


def _results(ctx: Context, told: pd.DataFrame) -> None:
    done = int((told["result"] == "Re-billed").sum())
    if done:
        many = f"{done} of {len(told)} re-billed" if len(told) > 1 else "Re-billed"
        st.success(f"{many}. Set the default in Hero too.", icon=":material/check_circle:")
    if done < len(told):
        st.error("What was not re-billed has its reason beside it.", icon=":material/error:")
    tables.table(told, _RESULTS, ctx.settings.zone, key="rebill_many.results")


def forget(key: str) -> None:
    """What came of the last list is not shown any more. A button's callback."""
    st.session_state.pop(f"rebill_many.{key}.done", None)
