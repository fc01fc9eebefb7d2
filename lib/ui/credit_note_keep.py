"""A paid appointment that was cancelled late: what was paid stays with the practice as credit, in one step."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.actions import credit_notes
from lib.actions.credit_notes import Wanted
from lib.context import Context
from lib.money import Money
from lib.queries import credit_notes as queries
from lib.queries.credit_notes import Standing
from lib.queries.invoices import Invoice
from lib.ui import feedback, payment_fields, payment_frame, typed_twice
from lib.ui.forms import Form
from lib.ui.payment_frame import Plan

_NAMES = ("amount", "memo", typed_twice.FIELD)


def offered(ctx: Context, found: Invoice) -> bool:
    """A paid invoice, until all of it is credited."""
    return found.status == "paid" and bool(queries.standing(ctx, found).most)


def show(ctx: Context, found: Invoice) -> None:
    """Fields, question and outcome."""
    frame = payment_frame.of_invoice("keep", "Keep as credit", _NAMES, found.id)
    if not frame.over(offered(ctx, found)):
        frame.show(ctx, lambda locked: _fields(ctx, frame.form, found, locked))


def _fields(ctx: Context, form: Form, found: Invoice, locked: bool) -> Callable[[], Plan]:
    standing: Standing = form.keep("standing", queries.standing(ctx, found))
    st.text("For a paid appointment that was cancelled: the next invoice uses what is kept here.")
    most = standing.most
    amount = payment_fields.amount_of(form, "Amount to keep", "amount", most.plain, most.currency, locked=locked)
    if amount:
        words = f"{amount} becomes credit on the account. The invoice stays paid, and nobody is written to."
        st.caption(feedback.safe_sentence(words))
    memo = form.text("Printed on the credit note", "memo", disabled=locked, placeholder="Cancelled late")
    again = typed_twice.field(ctx, form, amount, locked=locked)

    def plan() -> Plan:
        kept = payment_fields.parsed(form, "amount", most.currency)
        return _plan(ctx, found, standing, kept, memo, again)

    return plan


def _plan(ctx: Context, found: Invoice, standing: Standing, kept: Money, memo: str, again: Money | None) -> Plan:
    nothing = Money(0, kept.currency)
    wanted = Wanted(kept, "order_change", kept, nothing, memo=memo).checked(standing)
    typed_twice.check(ctx, kept, again)

    def send(ctx: Context, key: str, _despite: bool) -> object:
        return credit_notes.create_credit_note(ctx, standing, wanted, form=key, retyped=again)

    rows = (("Invoice", found.number), ("Becomes credit on account", str(kept)))
    words = "A credit note is issued to the account's balance. The invoice stays paid, and nobody is written to."
    done = f"{kept} of {found.number} is credit on the account now."
    return Plan(rows, words, f"Yes, keep {kept}", send, done, found.payer, kept)
