"""The form that makes one invoice of many patients' drafts for an organisation, with every line as it will read."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from lib.actions import consolidated, consolidating, invoice_state
from lib.actions.consolidated import NAME, REFERENCE, Part, Wording
from lib.actions.organisation_details import details_of
from lib.context import Context
from lib.errors import Changed
from lib.money import Money
from lib.queries import drafts
from lib.queries import invoices as lists
from lib.queries.customers import Account
from lib.queries.invoices import Filters
from lib.text import shown
from lib.ui import drafts_many, feedback, page, preview, tables
from lib.ui.forms import Form
from lib.ui.invoice_form import as_shown
from lib.ui.tables import Column

_OPEN = "consolidate.open"
_ONE, _EACH = "One invoice, grouped by patient", "One invoice for each draft"
_MOST = 250
_LINES = (
    Column("patient", "Patient", width="medium"),
    Column("text", "The line as it will read", width="large"),
    Column("tax", "VAT", "money"),
    Column("amount", "Amount", "money"),
)


def is_open(customer: str) -> bool:
    """Whether somebody is putting this organisation's drafts together on this screen."""
    return st.session_state.get(_OPEN) == customer


def open_for(customer: str) -> None:
    """Show the form. A button's callback."""
    Form(f"consolidate.{customer}").finish()
    st.session_state[_OPEN] = customer


def close() -> None:
    """Back to the account. A button's callback."""
    st.session_state[_OPEN] = None


def show(ctx: Context, found: Account) -> None:
    """Period, what is left out, how the lines read; then one invoice, or each draft by itself."""
    form = Form(f"consolidate.{found.id}")
    st.subheader("Consolidated invoice", anchor=False)
    form.trouble()
    rows = _period(ctx, form, found)
    if rows.empty:
        feedback.empty(
            "There is no draft for this organisation in this period.",
            "Choose other days, or raise a draft for one of its patients first.",
        )
        st.button("Back", on_click=close)
        return
    how = st.radio("What to make", (_ONE, _EACH), horizontal=True, key=form.field("how"))
    rows = _left_in(form, rows)
    form.wrong("rows")
    if how == _EACH:
        _each(form, rows)
    else:
        _one(ctx, form, found, rows)


def _period(ctx: Context, form: Form, found: Account) -> pd.DataFrame:
    """The drafts that were raised in the days chosen, oldest first."""
    left, right = st.columns(2)
    with left:
        first = st.date_input("Raised from", value=None, key=form.field("from"), format="DD/MM/YYYY")
    with right:
        last = st.date_input("Raised until", value=None, key=form.field("to"), format="DD/MM/YYYY")
    wanted = Filters(statuses=("draft",), payer=found.id, created_from=first, created_to=last)
    shown_rows = lists.table(ctx, wanted, sort="Created", descending=False, size=_MOST)
    if shown_rows.after:
        st.warning(f"There are more than {_MOST} drafts: these are the oldest. Choose a shorter period.")
    return shown_rows.rows


def _left_in(form: Form, rows: pd.DataFrame) -> pd.DataFrame:
    """All of them go in but those that somebody takes out."""
    names = {row.id: _label(row) for row in rows.itertuples()}
    out = st.multiselect(
        f"Leave out ({'1 draft' if len(rows) == 1 else f'{len(rows)} drafts'} in this period)",
        list(names),
        format_func=lambda draft: names.get(draft, draft),
        key=form.field("out"),
        filter_mode="contains",
        select_all=False,
    )
    return rows[~rows["id"].isin(out)].reset_index(drop=True)


def _label(row: Any) -> str:
    return f"{shown(row.patient_name) or 'No patient'} · {Money(int(row.total), row.currency)} · …{row.id[-6:]}"


def _each(form: Form, rows: pd.DataFrame) -> None:
    st.text("Each draft is finalised by itself; what each will ask for is shown first.")
    with st.container(horizontal=True):
        pressed = st.button("Look at them", type="primary", disabled=rows.empty, key="consolidate.each")
        st.button("Cancel", key=form.field("close"), on_click=close)
    if pressed:
        close()
        drafts_many.open_for(list(rows["id"]))
        page.go("drafts")


def _one(ctx: Context, form: Form, found: Account, rows: pd.DataFrame) -> None:
    wording = _wording(form, details_of(found.object).neutral_text)
    left, right = st.columns(2)
    with left:
        reference = form.text("Reference", "reference")
    with right:
        memo = form.text("Memo", "memo")
    bodies = drafts.bodies(ctx, list(rows["id"]))
    parts = _parts(ctx, rows, bodies)
    read = as_shown(form, "paper", (parts, wording))
    _paper(ctx, parts, bodies, wording)
    if words := consolidated.too_many([len(bodies[part.draft]["lines"]["data"]) for part in parts]):
        st.error(feedback.safe_sentence(words), icon=":material/error:")
    with st.container(horizontal=True):
        pressed = st.button("Make one draft of them", type="primary", key=form.field("go"))
        st.button("Cancel", key=form.field("close"), on_click=close)
    if pressed:
        with form.submitting(("reference", "memo", "rows"), waiting="Putting them together…"):
            _agreed(read, (parts, wording))
            made = consolidating.consolidate(
                ctx, found.id, read[0], wording=wording, reference=reference, memo=memo, form=form.key
            )
        _done(form, len(parts), made.result)


def _wording(form: Form, neutral: str) -> Wording:
    """The organisation's neutral text where it asks for one; the name or the reference before each line otherwise."""
    if neutral:
        label = f"Say “{shown(neutral)} – ref …” in place of what was done"
        if st.checkbox(feedback.safe_sentence(label), value=True, key=form.field("neutral")):
            return Wording(neutral=neutral)
    else:
        st.caption("To hide what was done from this organisation, give it a neutral text under Edit details.")
    words = {NAME: "The patient's name", REFERENCE: "The patient's reference"}
    prefix = st.radio(
        "Before each line", list(words), format_func=lambda one: words[one], horizontal=True, key=form.field("prefix")
    )
    return Wording(prefix=prefix)


def _parts(ctx: Context, rows: pd.DataFrame, bodies: dict[str, dict[str, Any]]) -> list[Part]:
    known = drafts.references(ctx, list(rows["patient"]))
    return consolidated.grouped(
        [
            Part(
                row.id,
                invoice_state.signature(bodies[row.id]),
                row.patient,
                row.patient_name,
                known.get(row.patient, ""),
            )
            for row in rows.itertuples()
            if row.id in bodies
        ]
    )


def _paper(ctx: Context, parts: list[Part], bodies: dict[str, dict[str, Any]], wording: Wording) -> None:
    """Every line as the organisation will read it, and what they come to."""
    told = [
        (
            shown(part.name) or "No patient",
            wording.of(part, line.get("description") or ""),
            sum(tax["amount"] for tax in line.get("taxes") or []),
            line["amount"],
            line["currency"],
        )
        for part in parts
        for line in bodies[part.draft]["lines"]["data"]
    ]
    rows = pd.DataFrame(told, columns=["patient", "text", "tax", "amount", "currency"], dtype=object)
    st.caption("They read the text, never the first column, which is for you.")
    tables.table(rows, _LINES, ctx.settings.zone, key="consolidate.lines")
    for currency in dict.fromkeys(rows["currency"]):
        _sums([bodies[part.draft] for part in parts if bodies[part.draft]["currency"] == currency], currency)
    lines = "its 1 line" if len(rows) == 1 else f"all {len(rows)} lines"
    old = "the old draft is" if len(parts) == 1 else f"the {len(parts)} old drafts are"
    st.info(
        f"One new draft is made; when it has {lines} and comes to the same to the penny, {old} deleted. "
        "Memos and references of the old do not come along. No balance moves.",
        icon=":material/visibility:",
    )


def _sums(bodies: list[dict[str, Any]], currency: str) -> None:
    subtotal, total = (Money(sum(body[name] for body in bodies), currency) for name in ("subtotal", "total"))
    tax = Money(sum(part["amount"] for body in bodies for part in body.get("total_taxes") or []), currency)
    preview.table([("Subtotal", str(subtotal)), ("VAT", str(tax)), ("Total", str(total))])


def _agreed(read: tuple[list[Part], Wording], now: tuple[list[Part], Wording]) -> None:
    """Raises Changed where another draft, or other words, came between what the person read and the press."""
    (were, theirs), (are, ours) = read, now
    if ([part.draft for part in were], theirs) != ([part.draft for part in are], ours):
        raise Changed("What goes in is no longer what you read. Nothing was changed; please look through it again.")


def _done(form: Form, count: int, made: str) -> None:
    form.finish()
    close()
    feedback.flash(f"{count} drafts became this one. Look through it, then finalise it.")
    page.go("invoice", id=made)
