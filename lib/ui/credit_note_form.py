"""Issuing a credit note: how much, why, and where what had been paid goes."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.actions import credit_notes
from lib.actions.credit_notes import REASONS, Wanted
from lib.context import Context
from lib.errors import Refused
from lib.money import Money
from lib.queries import credit_notes as queries
from lib.queries.credit_notes import Standing
from lib.queries.invoices import Invoice
from lib.text import shown
from lib.ui import feedback, payment_fields, payment_frame, typed_twice
from lib.ui.forms import Form
from lib.ui.payment_frame import Plan

_NAMES = ("amount", "lines", "reason", "memo", "to_account", "outside", typed_twice.FIELD)
_PARTS = ("All that is left of it", "An amount", "Whole lines")
_WAYS = ("Credit on account", "Given back outside Stripe", "Some of each")


def offered(ctx: Context, found: Invoice) -> bool:
    """What was finalised and not voided, until all of it is credited."""
    return found.status in ("open", "paid", "uncollectible") and bool(queries.standing(ctx, found).most)


def show(ctx: Context, found: Invoice) -> None:
    """Fields, question and outcome."""
    frame = payment_frame.of_invoice("credit", "Credit note", _NAMES, found.id)
    if not frame.over(offered(ctx, found)):
        frame.show(ctx, lambda locked: _fields(ctx, frame.form, found, locked))


def _fields(ctx: Context, form: Form, found: Invoice, locked: bool) -> Callable[[], Plan]:
    standing: Standing = form.keep("standing", queries.standing(ctx, found))
    amount, lines = _how_much(ctx, form, standing, locked)
    kept, outside = _where(form, standing, amount, locked)
    reason = form.choice(
        "Reason", "reason", list(REASONS), format_func=REASONS.__getitem__, index=None, disabled=locked
    )
    memo = form.text("Printed on the credit note", "memo", disabled=locked, placeholder="Optional; the payer reads it")
    email = st.checkbox("Email the credit note to the payer", key=form.field("email"), disabled=locked)
    again = typed_twice.field(ctx, form, amount, locked=locked)

    def plan() -> Plan:
        if amount is None:
            raise _unread(form, standing)
        wanted = Wanted(amount, reason or "", kept, outside, lines, memo, email)
        return _plan(ctx, found, standing, wanted, again)

    return plan


def _unread(form: Form, standing: Standing) -> Refused:
    if st.session_state.get(form.field("part")) == "Whole lines":
        return Refused("Choose the lines that are credited.", field="lines")
    try:
        payment_fields.parsed(form, "amount", standing.currency)
    except Refused as no:
        return no
    return Refused("Enter an amount.", field="amount")


def _how_much(
    ctx: Context, form: Form, standing: Standing, locked: bool
) -> tuple[Money | None, tuple[tuple[str, int], ...]]:
    """The amount with its VAT, and the lines it is made of where it is."""
    part = st.radio("What is credited", _PARTS, horizontal=True, key=form.field("part"), disabled=locked)
    if part == "An amount":
        label = f"Amount, at most {standing.most}, VAT included"
        key = feedback.safe_sentence(label)
        return payment_fields.amount_of(form, key, "amount", "", standing.currency, locked=locked), ()
    if part == "All that is left of it":
        form.wrong("amount")
        return standing.most, ()
    rows = queries.lines(ctx, standing.invoice).set_index("id")
    says = {line: f"{shown(row.description)} · {Money(row.whole, standing.currency)}" for line, row in rows.iterrows()}
    chosen = st.multiselect("Lines", list(says), key=form.field("lines"), format_func=says.__getitem__, disabled=locked)
    form.wrong("lines", "amount")
    amount = Money(sum(int(rows.loc[line, "whole"]) for line in chosen), standing.currency)
    return amount or None, tuple((line, int(rows.loc[line, "quantity"])) for line in chosen)


def _where(form: Form, standing: Standing, amount: Money | None, locked: bool) -> tuple[Money, Money]:
    """What the note lowers, and where what had been paid goes (scenario 17)."""
    nothing = Money(0, standing.currency)
    if amount is None:
        return nothing, nothing
    before, after = standing.split(amount)
    st.caption(feedback.safe_sentence(explained(standing, before, after)))
    if not after:
        return nothing, nothing
    label = feedback.safe_sentence(f"Where the {after} that had been paid goes")
    way = st.radio(label, _WAYS, horizontal=True, key=form.field("way"), disabled=locked)
    if way != "Some of each":
        form.wrong("to_account")
        return (after, nothing) if way == "Credit on account" else (nothing, after)
    left, right = st.columns(2)
    with left:
        kept = payment_fields.amount_of(form, "Credit on account", "to_account", "", after.currency, locked=locked)
    with right:
        gone = payment_fields.amount_of(form, "Given back", "outside", "", after.currency, locked=locked)
    return kept or nothing, gone or nothing


def explained(standing: Standing, before: Money, after: Money) -> str:
    """What a note does, in words."""
    said = []
    if before:
        left = Money(standing.remaining, standing.currency) - before
        said.append(f"{before} comes off what is to pay; {left} stays to pay.")
    if after:
        said.append(f"{after} had been paid already, by money or by credit, and goes where you say.")
    return " ".join([*said, _carried(standing)]).strip()


def _carried(standing: Standing) -> str:
    """Why an invoice may still owe something when all of it is credited (scenario 16)."""
    if not standing.carried or standing.status == "paid":
        return ""
    carried = Money(standing.carried, standing.currency)
    return f"{carried} came over from the account: a credit note cannot take that off, and it stays owed."


def _plan(ctx: Context, found: Invoice, standing: Standing, wanted: Wanted, again: Money | None) -> Plan:
    right = wanted.checked(standing)
    typed_twice.check(ctx, right.amount, again)

    def send(ctx: Context, key: str, _despite: bool) -> object:
        return credit_notes.create_credit_note(ctx, standing, right, form=key, retyped=again)

    before, after = standing.split(right.amount)
    rows = (
        ("Invoice", found.number),
        ("Credit note", str(right.amount)),
        ("Off what is to pay", str(before)),
        ("Credit on account", str(right.to_account)),
        ("Given back outside Stripe", str(right.outside)),
        ("Reason", REASONS[right.reason]),
        ("Email", "The payer is sent the credit note" if right.email else "Nobody is written to"),
    )
    words = explained(standing, before, after)
    done = f"A credit note of {right.amount} was issued. {_carried(standing)}".strip()
    yes = f"Yes, credit {right.amount}"
    return Plan(rows, words, yes, send, done, found.payer, right.amount)
