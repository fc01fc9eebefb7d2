"""An invoice's credit notes on its page, and voiding one."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.actions import credit_notes
from lib.context import Context
from lib.errors import Refused
from lib.money import Money
from lib.queries import credit_notes as queries
from lib.queries.invoices import Invoice
from lib.ui import payment_frame, tables
from lib.ui.forms import Form
from lib.ui.payment_frame import Plan
from lib.ui.tables import Column

_COLUMNS = (
    Column("number", "Number"),
    Column("state", "State"),
    Column("amount", "Amount", "money"),
    Column("pre_payment", "Off what is to pay", "money"),
    Column("post_payment", "Had been paid", "money"),
    Column("outside", "Given back outside Stripe", "money"),
    Column("why", "Reason", width="medium"),
    Column("created", "Issued", "day"),
    Column("voided_at", "Voided", "day"),
)
_STATES = {"issued": "Issued", "void": "Void"}


def show(ctx: Context, found: Invoice) -> None:
    """All of them, with their state; nothing where there is none."""
    rows = queries.of_invoice(ctx, found.id)
    if rows.empty:
        return
    rows["state"] = [_STATES.get(status, status) for status in rows["status"]]
    rows["why"] = [credit_notes.REASONS.get(reason, reason) for reason in rows["reason"]]
    st.subheader("Credit notes", anchor=False)
    tables.table(rows, _COLUMNS, ctx.settings.zone, key="invoice.credit_notes")


def can_void(ctx: Context, found: Invoice) -> bool:
    """Whether one of them can be voided."""
    return found.status in ("open", "uncollectible") and bool(_voidable(ctx, found))


def _voidable(ctx: Context, found: Invoice) -> dict[str, tuple[str, Money]]:
    rows = queries.of_invoice(ctx, found.id)
    some = rows[[bool(can) for can in rows["can_void"]]]
    return {row.id: (row.number, Money(row.amount, row.currency)) for row in some.itertuples()}


def void(ctx: Context, found: Invoice) -> None:
    """Choose one, say yes, and what it took off is asked for again (scenario 15)."""
    frame = payment_frame.of_invoice("void_note", "Void a credit note", ("note",), found.id)
    if not frame.over(can_void(ctx, found)):
        frame.show(ctx, lambda locked: _fields(ctx, frame.form, found, locked))


def _fields(ctx: Context, form: Form, found: Invoice, locked: bool) -> Callable[[], Plan]:
    known: dict[str, tuple[str, Money]] = form.keep("notes", _voidable(ctx, found))
    says = {note: f"{number} · {amount}" for note, (number, amount) in known.items()}
    usual = 0 if len(says) == 1 else None
    note = form.choice("Credit note", "note", list(says), format_func=says.__getitem__, index=usual, disabled=locked)

    def plan() -> Plan:
        if note is None:
            raise Refused("Choose the credit note.", field="note")
        return _plan(found, note, *known[note])

    return plan


def _plan(found: Invoice, note: str, number: str, amount: Money) -> Plan:
    def send(ctx: Context, key: str, _despite: bool) -> object:
        return credit_notes.void_credit_note(ctx, note, invoice=found.id, payer=found.payer, amount=amount, form=key)

    rows = (("Invoice", found.number), ("Credit note", number), ("Asked for again", str(amount)))
    words = f"{amount} is added to what is to pay again. A voided credit note stays void."
    return Plan(rows, words, "Yes, void it", send, f"Credit note {number} was voided.", found.payer)
