"""What stands around the change of a payer: what it means before it is saved, what came of it, and what Hero needs."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import pandas as pd
import streamlit as st

from lib.actions.patients import SELF, Result
from lib.context import Context
from lib.queries import customers, patients
from lib.text import shown
from lib.ui import feedback, rebill_many, tables
from lib.ui.tables import Column

THEMSELVES = "The patient pays"

_CHANGE = (
    Column("name", "Patient", width="medium"),
    Column("payer_name", "Pays until now", width="medium"),
    Column("then", "Pays from now on", width="medium"),
)
_OPEN_WORK = (
    Column("number", "Number"),
    Column("status", "Status", "status"),
    Column("patient_name", "Patient", width="medium"),
    Column("payer_name", "Billed to", width="medium"),
    Column("total", "Total", "money"),
    Column("remaining", "Remaining", "money"),
)
_STEPS = """
1. Open the patient in Hero.
2. Under invoicing, choose the same payer as here as the patient's default, and save.
3. Hero's next invoice then goes to the right payer too.
"""


def payers(rows: pd.DataFrame) -> list[str]:
    """Who pays, in words: the patient, a name, or a name that Stripe has no more."""
    names = tables.with_state(rows, "payer_name", "payer_deleted")
    pairs = zip(rows["id"], rows["payer"], names, strict=True)
    return [THEMSELVES if patient == payer else name for patient, payer, name in pairs]


def confirm(ctx: Context, rows: pd.DataFrame, payer: str, moving: dict[str, str]) -> None:
    """What saving will mean: old and new, who will see what, and the open work that does not move."""
    with st.container(border=True):
        st.info(feedback.safe_sentence(_who_sees(ctx, payer, len(rows))), icon=":material/visibility:")
        rows["then"] = _named(ctx, payer)
        tables.table(rows, _CHANGE, ctx.settings.zone, key="payer.change")
        if not moving:
            st.caption("This is who pays already.")
        elif len(moving) < len(rows):
            st.caption(f"{len(rows) - len(moving)} of {len(rows)} have this payer already and are left alone.")
        _open_work(ctx, rows, payer)


def result(ctx: Context, results: Sequence[Result], payer: str) -> None:
    """Patient by patient, then what is left to do in Hero."""
    rows = patients.some(ctx, [one.patient for one in results])
    words = {one.patient: one.words for one in results}
    rows["result"] = [words[patient] or "Saved" for patient in rows["id"]]
    saved = rows[[not words[patient] for patient in rows["id"]]].reset_index(drop=True)
    if pending := sum(one.pending for one in results):
        st.info(
            f"{'1 patient is' if pending == 1 else f'{pending} patients are'} stored and being done: see Activity.",
            icon=":material/hourglass:",
        )
    if missing := len(results) - len(saved) - pending:
        st.error(
            "1 patient was not saved; the reason stands beside them."
            if missing == 1
            else f"{missing} patients were not saved; the reason stands beside each.",
            icon=":material/error:",
        )
    if len(saved):
        many = "1 patient" if len(saved) == 1 else f"{len(saved)} patients"
        who = "The patient" if payer == SELF else _named(ctx, payer)
        said = f"Saved for {many}. {who} pays from now on."
        st.success(feedback.safe_sentence(said), icon=":material/check_circle:")
    columns = (Column("name", "Patient", width="medium"), Column("result", "Result", width="large"))
    tables.table(rows, columns, ctx.settings.zone, key="payer.results")
    if len(saved):
        rebill_many.show(ctx, list(saved["id"]), "" if payer == SELF else payer, key="payer")
        _hero(ctx, saved, payer)


def _who_sees(ctx: Context, payer: str, count: int) -> str:
    whose = "this patient" if count == 1 else f"these {count} patients"
    if payer == SELF:
        return f"From now on new invoices for {whose} go to the patient. Nobody else sees them."
    account = customers.get(ctx, payer)
    kind = account.kind or "customer"
    reach = f", {account.email}" if account.email else ""
    return (
        f"From now on new invoices for {whose} go to {shown(account.name)} ({kind}{reach}, …{payer[-6:]}). "
        f"They will see {'the' if count == 1 else 'each'} patient's name and the description of every line: "
        "which appointment, which treatment."
    )


def _named(ctx: Context, payer: str) -> str:
    return THEMSELVES if payer == SELF else customers.name_of(ctx, payer)


def _open_work(ctx: Context, rows: pd.DataFrame, payer: str) -> None:
    """Work that bills somebody else than the new payer: shown, not moved."""
    names = dict(zip(rows["id"], rows["name"], strict=True))
    work = patients.open_work(ctx, list(names))
    elsewhere = [billed != (patient if payer == SELF else payer) for billed, patient in _billed(work)]
    work = work[elsewhere].reset_index(drop=True)
    if work.empty:
        st.caption("No draft and no open invoice of theirs bills anybody else.")
        return
    work["remaining"] = work["remaining"].where(work["status"] == "open")
    work["patient_name"] = [names.get(patient, "") for patient in work["patient"]]
    what = "1 draft or open invoice" if len(work) == 1 else f"{len(work)} drafts and open invoices"
    st.markdown(
        f"**{what} still {'bills' if len(work) == 1 else 'bill'} another payer.** "
        "Saving does not move this: afterwards it is offered to be re-billed, in one list."
    )
    tables.table(work, _OPEN_WORK, ctx.settings.zone, key="payer.open_work")


def _billed(work: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(work["payer"], work["patient"], strict=True))


def _hero(ctx: Context, saved: pd.DataFrame, payer: str) -> None:
    """Hero's own choice cannot be set from outside: the steps, and the way to each patient."""
    with st.container(border=True):
        st.markdown("#### :material/sync_problem: Now set it in Hero too")
        st.text(
            "Hero keeps a default payer of its own and uses it for the invoices raised there. "
            "Only you can change it, in Hero:"
        )
        st.markdown(_STEPS)
        st.text(f"Payer to choose: {_named(ctx, payer)}")
        if saved["reference"].any():
            _references(ctx, saved)


def _references(ctx: Context, saved: pd.DataFrame) -> None:
    told = pd.DataFrame({"Patient": [shown(name) for name in saved["name"]], "Hero reference": saved["reference"]})
    if link := ctx.settings.hero_link:
        quoted = [quote(reference, safe="") for reference in saved["reference"]]
        told["Hero"] = [link.replace("{reference}", reference) if reference else None for reference in quoted]
    column = st.column_config.LinkColumn("Hero", display_text="Open in Hero")
    st.dataframe(told, hide_index=True, key="payer.hero", placeholder="", column_config={"Hero": column})
