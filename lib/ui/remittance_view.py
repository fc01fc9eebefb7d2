"""One remittance: what arrived, and what each invoice got of it."""

from __future__ import annotations

from datetime import date

import streamlit as st

from lib.context import Context
from lib.dates import say_moment
from lib.queries import remittances
from lib.queries.remittances import Remittance
from lib.text import shown
from lib.ui import feedback, page, preview, tables
from lib.ui.tables import Column

LIST = (
    Column("received_on", "Received on"),
    Column("payer_name", "Payer", width="medium"),
    Column("reference", "Reference"),
    Column("method", "Method"),
    Column("amount", "Amount", "money"),
    Column("allocated", "Shared out", "money"),
    Column("surplus", "Kept as credit", "money"),
    Column("invoices", "Invoices", "whole"),
    Column("state", "State"),
    Column("actor", "Recorded by"),
    Column("at", "Recorded at", "moment"),
)
_LINES = (
    Column("number", "Invoice"),
    Column("patient_name", "Patient", width="medium"),
    Column("amount", "Got", "money"),
    Column("state", "In Stripe"),
    Column("status", "Status", "status"),
    Column("remaining", "Owes now", "money"),
)


def say_day(iso: str) -> str:
    """16 Nov 2026, from a day as it is stored."""
    return f"{date.fromisoformat(iso):%-d %b %Y}"


def show(ctx: Context, remittance: str) -> None:
    """Raises NotFound."""
    found = remittances.get(ctx, remittance)
    preview.table(_facts(ctx, found), strong=("Received",), right=False)
    if found.words:
        st.warning(feedback.safe_sentence(found.words), icon=":material/warning:")
    if found.state == "Partly recorded" and found.missing:
        words = f"{found.missing} was not recorded. Record it as another remittance once it is clear where it goes."
        st.warning(feedback.safe_sentence(words), icon=":material/payments:")
    page.link("customer", shown(found.payer_name) or found.payer, icon=":material/account_circle:", id=found.payer)
    _lines(ctx, found)


def _facts(ctx: Context, found: Remittance) -> list[tuple[str, str]]:
    return [
        ("Received", str(found.amount)),
        ("Reference", shown(found.reference, 140)),
        ("Method", found.method),
        ("Received on", say_day(found.received_on)),
        ("Shared out", str(found.allocated)),
        ("Became credit on account", str(found.surplus)),
        ("State", found.state),
        ("Recorded", f"{say_moment(found.at, ctx.settings.zone)}, {found.actor}"),
    ]


def _lines(ctx: Context, found: Remittance) -> None:
    rows = remittances.lines(ctx, found.id)
    if rows.empty:
        feedback.empty("No invoice got anything of it.")
        return
    rows["state"] = ["Recorded" if done else "Not yet" for done in rows["recorded"]]
    picked = tables.table(rows, _LINES, ctx.settings.zone, key="remittance.lines", pick="single-row")
    if picked:
        page.go("invoice", id=picked[0])
