"""A payer's statement on the account's page: what is open now or was billed in a period, and taking it away."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from lib.context import Context
from lib.dates import month_start
from lib.documents.statement import AGES, Section, Statement, say_balance
from lib.money import Money
from lib.queries import statements
from lib.queries.customers import Account
from lib.ui import downloads, feedback, page, preview, tables
from lib.ui.tables import Column

_OPEN, _PERIOD = "What is open now", "Billed in a period"
# So many lines are drawn; the files have all.
_MOST = 100

_COLUMNS = (
    Column("number", "Invoice"),
    Column("issued", "Date", "day"),
    Column("about", "For", width="medium"),
    Column("total", "Total", "money"),
    Column("used", "From account", "money", help="Credit on account that went into it; a debit added is negative"),
    Column("credited", "Credit notes", "money"),
    Column("paid", "Paid", "money"),
    Column("remaining", "Remaining", "money"),
    Column("due_at", "Due", "day"),
    Column("overdue_days", "Days overdue", "whole"),
)


def show(ctx: Context, account: Account) -> None:
    """The statement as it would be sent, and its two files."""
    which = st.segmented_control("Statement", (_OPEN, _PERIOD), default=_OPEN, required=True, key="statement.which")
    first, last = _period(ctx) if which == _PERIOD else (None, None)
    if first and last and first > last:
        st.error("The first day lies after the last one.", icon=":material/error:")
        return
    by_stripe = st.toggle("Count from Stripe's due date", key="statement.by_stripe")
    if by_stripe:
        st.caption("Hero sets that to the day of issue. Files and reminders count from the payer's terms.")
    found = statements.get(ctx, account.id, first=first, last=last, by_stripe=by_stripe)
    if not found.sections:
        feedback.empty("Nothing is open, and nothing is on account." if first is None else "Nothing was billed then.")
        return
    for section in found.sections:
        _section(ctx, found, section)
    span = {"payer": account.id, "first": first.isoformat() if first else "", "last": last.isoformat() if last else ""}
    with st.container(horizontal=True):
        for kind in ("pdf", "csv"):
            with st.container(width="content"):
                downloads.csv_button(ctx, f"statement-{kind}", label=f"Download statement ({kind.upper()})", **span)


def _period(ctx: Context) -> tuple[date, date]:
    with st.container(horizontal=True):
        first = st.date_input("From", value=month_start(ctx.today), format="DD/MM/YYYY", key="statement.first")
        last = st.date_input("To", value=ctx.today, format="DD/MM/YYYY", key="statement.last")
    return first, last


def _section(ctx: Context, found: Statement, section: Section) -> None:
    if len(found.sections) > 1:
        st.subheader(section.currency.upper(), anchor=False)
    if section.lines:
        _lines(ctx, section)
    ages = [(age, str(Money(minor, section.currency))) for age, minor in zip(AGES, section.ages, strict=True)]
    net = f"{section.net} to pay" if section.net.minor > 0 else say_balance(section.net)
    told = [*ages, ("Outstanding", str(section.outstanding)), ("On account", say_balance(section.on_account))]
    preview.table([*told, ("Net", net)], strong=("Outstanding", "Net"))


def _lines(ctx: Context, section: Section) -> None:
    names = [column.field for column in _COLUMNS]
    drawn = section.lines[:_MOST]
    rows = pd.DataFrame([[getattr(line, name) for name in ("id", *names)] for line in drawn], columns=["id", *names])
    rows["currency"] = section.currency
    rows["overdue_days"] = rows["overdue_days"].replace(0, None)
    key = f"statement.lines.{section.currency}"
    picked = tables.table(rows.astype(object), _COLUMNS, ctx.settings.zone, key=key, pick="single-row")
    if len(section.lines) > _MOST:
        st.caption(f"The first {_MOST} of {len(section.lines):,} invoices; the files have all of them.")
    if picked:
        page.go("invoice", id=picked[0])
