"""Sharing a payment out over a payer's invoices: oldest due first, by hand, or by the payer's own list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from lib.actions.sharing import Owing, Share, oldest_first
from lib.context import Context
from lib.documents import remittance_list
from lib.errors import Refused
from lib.money import Money
from lib.queries import remittances
from lib.text import fold, shown
from lib.ui import feedback, tables
from lib.ui.forms import Form
from lib.ui.tables import Column

WAYS = ("Oldest due first", "By hand", "From a list")
# So many invoices have a field of their own at a time; the others are found by their number.
_FIELDS = 40
_COLUMNS = (
    Column("number", "Invoice"),
    Column("patient_name", "Patient", width="medium"),
    Column("due_at", "Due", "day"),
    Column("remaining", "Owes", "money"),
    Column("amount", "Gets", "money"),
    Column("left", "Stays to pay", "money"),
)
_WRONG = (Column("line", "Line", "whole"), Column("words", "Why it cannot be used", width="large"))


@dataclass(frozen=True)
class Sharing:
    """What each invoice gets, as far as the fields say; `wrong` keeps it from being carried out."""

    shares: tuple[Share, ...] = ()
    wrong: str = ""

    def checked(self) -> tuple[Share, ...]:
        """The shares. Raises Refused for the field `shares` or `list`."""
        if self.wrong:
            raise Refused(self.wrong, field="shares")
        return self.shares

    def total(self, currency: str) -> Money:
        """What the invoices get together."""
        return Money(sum(share.amount for share in self.shares), currency)


def draw(ctx: Context, form: Form, payer: str, amount: Money | None, currency: str, *, locked: bool) -> Sharing:
    """The fields, and a table of who gets what."""
    rows: pd.DataFrame = form.keep(f"owing.{payer}.{currency}", remittances.owing(ctx, payer, currency))
    if rows.empty:
        feedback.empty("This payer owes nothing.", "To keep the payment as credit, use Adjust balance.")
        return Sharing(wrong="This payer owes nothing.")
    way = st.radio("Share it out", WAYS, horizontal=True, key=form.field("way"), disabled=locked)
    if way == "By hand":
        found = _by_hand(ctx, form, rows, amount, locked=locked)
    elif way == "From a list":
        found = _listed(ctx, form, payer, currency, locked=locked)
    else:
        found = Sharing(oldest_first(_owing(rows), amount.minor) if amount else ())
    form.wrong("shares")
    if found.shares and way != "By hand":
        _table(ctx, rows, found.shares)
    return found


def _owing(rows: pd.DataFrame) -> list[Owing]:
    return [Owing(row.id, row.number, row.remaining) for row in rows.itertuples()]


def _table(ctx: Context, rows: pd.DataFrame, shares: tuple[Share, ...]) -> None:
    gets = {share.invoice: share.amount for share in shares}
    told = rows[[one in gets for one in rows["id"]]].copy()
    told["amount"] = [gets[one] for one in told["id"]]
    told["left"] = told["remaining"] - told["amount"]
    tables.table(told, _COLUMNS, ctx.settings.zone, key="remittance.shares")


def _by_hand(ctx: Context, form: Form, rows: pd.DataFrame, amount: Money | None, *, locked: bool) -> Sharing:
    """A field beside each invoice; what was typed stays, also while another part of the list is looked at."""
    typed: dict[str, str] = form.keep("typed", {})
    visible = rows
    if len(rows) > _FIELDS:
        words = st.text_input("Find an invoice", key=form.field("find"), placeholder="Number or patient", live=True)
        wanted = fold(words or "")
        match = [wanted in fold(f"{row.number} {row.patient_name}") for row in rows.itertuples()]
        visible = rows[match].head(_FIELDS)
        st.caption(f"{len(visible)} of {len(rows)} invoices are shown, oldest due first.")
    with st.container(horizontal=True):
        currency = rows["currency"].iloc[0]
        given = (form, _owing(rows), amount.minor if amount else 0, currency)
        st.button("Fill in oldest first", key=form.field("fill"), on_click=_fill, args=given, disabled=locked)
        st.button("Empty all", key=form.field("empty"), on_click=_fill, args=(form, [], 0, currency), disabled=locked)
    with st.container(height=420 if len(visible) > 8 else "content"):
        for row in visible.itertuples():
            _field(ctx, form, row, typed, locked=locked)
    return _read(rows, typed)


def _fill(form: Form, owing: list[Owing], amount: int, currency: str) -> None:
    """A button's callback."""
    typed: dict[str, str] = form.keep("typed", {})
    drawn = [key for key in st.session_state if str(key).startswith(f"{form.name}.share.")]
    typed.clear()
    for share in oldest_first(owing, amount):
        typed[share.invoice] = Money(share.amount, currency).plain
    for key in drawn:
        st.session_state[key] = typed.get(str(key).split(".")[2], "")


def _field(ctx: Context, form: Form, row: Any, typed: dict[str, str], *, locked: bool) -> None:
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="center")
    with left:
        st.text(" · ".join(part for part in (row.number, shown(row.patient_name or "", 60)) if part))
    with middle:
        st.text(f"owes {Money(row.remaining, row.currency)}")
    with right:
        key = form.field(f"share.{row.id}")
        st.session_state.setdefault(key, typed.get(row.id, ""))
        label = feedback.safe(f"Amount for {row.number}")
        given = st.text_input(label, key=key, label_visibility="collapsed", placeholder="0.00", disabled=locked)
        typed[row.id] = given or ""


def _read(rows: pd.DataFrame, typed: dict[str, str]) -> Sharing:
    shares, wrong = [], ""
    for row in rows.itertuples():
        text = typed.get(row.id, "").strip()
        if not text:
            continue
        try:
            gets = Money.parse(text, row.currency)
        except Refused as no:
            wrong = wrong or f"{row.number}: {no.words}"
            continue
        if gets.minor > row.remaining:
            owes = Money(row.remaining, row.currency)
            wrong = wrong or f"{row.number} owes {owes}; it cannot be given {gets}."
        shares.append(Share(row.id, row.number, row.remaining, gets.minor))
    if wrong:
        st.error(feedback.safe_sentence(wrong), icon=":material/error:")
    return Sharing(tuple(shares), wrong)


def _listed(ctx: Context, form: Form, payer: str, currency: str, *, locked: bool) -> Sharing:
    """What the payer wrote; every line is one of its invoices, or is named with the reason."""
    trouble = _uploaded(form, locked=locked)
    text = form.area(
        "Invoice numbers and amounts",
        "list",
        height=180,
        disabled=locked,
        placeholder="Invoice,Amount\nAB-0001,500.00\nAB-0002,400.00",
        help="One line an invoice. Columns parted by commas, semicolons or tabs, with or without a heading.",
    )
    if trouble or not text.strip():
        return Sharing(wrong=trouble or "Paste or upload the list of invoice numbers and amounts.")
    try:
        listing = remittance_list.read(text, currency)
    except Refused as no:
        st.error(feedback.safe_sentence(no.words), icon=":material/error:")
        return Sharing(wrong=no.words)
    rows = [(row.line, row.number, row.amount.minor) for row in listing.rows]
    found, unmatched = remittances.matched(ctx, payer, currency, rows)
    wrong = sorted([*unmatched, *((each.line, each.words) for each in listing.wrong)])
    if wrong:
        told = pd.DataFrame(wrong, columns=["line", "words"])
        tables.table(told, _WRONG, ctx.settings.zone, key="remittance.wrong")
    shares = tuple(Share(one.invoice, one.number, one.remaining, one.amount) for one in found)
    count = f"{len(wrong)} {'line' if len(wrong) == 1 else 'lines'}"
    return Sharing(shares, f"{count} of the list cannot be used. Correct or remove them first." if wrong else "")


def _uploaded(form: Form, *, locked: bool) -> str:
    """A file's text goes into the field, where it can be corrected; what is wrong with it is returned."""
    seen: dict[str, str] = form.keep("upload", {"id": "", "trouble": ""})
    file = st.file_uploader(
        "Upload a list", type=["csv", "txt", "tsv"], key=form.field("file"), disabled=locked, max_upload_size=1
    )
    if file is not None and file.file_id != seen["id"]:
        seen.update(id=file.file_id, trouble="")
        try:
            st.session_state[form.field("list")] = remittance_list.decoded(file.getvalue())
        except Refused as no:
            seen["trouble"] = no.words
    if seen["trouble"]:
        st.error(feedback.safe_sentence(seen["trouble"]), icon=":material/error:")
    return seen["trouble"]
