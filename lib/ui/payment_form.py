"""Recording money that came for one invoice: all that is left to pay, or a part."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.actions import payments
from lib.actions.invoice_state import PAYABLE
from lib.actions.received import Received
from lib.context import Context
from lib.errors import Refused
from lib.money import Money
from lib.queries.invoices import Invoice
from lib.ui import adjust_form, feedback, invoice_open, page, payment_fields, payment_frame, typed_twice
from lib.ui.forms import Form
from lib.ui.payment_frame import Plan

_NAMES = ("amount", *payment_fields.NAMES, typed_twice.FIELD)


def offered(_ctx: Context, found: Invoice) -> bool:
    """Whatever still owes something can be paid, written off or not."""
    return found.status in PAYABLE and bool(found.remaining)


def show(ctx: Context, found: Invoice) -> None:
    """Fields, question and outcome."""
    frame = payment_frame.of_invoice("pay", "Record payment", _NAMES, found.id)
    if not frame.over(offered(ctx, found)):
        frame.show(ctx, lambda locked: _fields(ctx, frame.form, found, locked))


def _fields(ctx: Context, form: Form, found: Invoice, locked: bool) -> Callable[[], Plan]:
    left: Money = form.keep("remaining", found.remaining)
    amount = payment_fields.amount_of(form, "Amount received", "amount", left.plain, left.currency, locked=locked)
    if amount:
        st.caption(feedback.safe_sentence(_words(left, amount)))
        if amount.minor > left.minor:
            page.link("remittances", "Record a remittance", icon=":material/payments:", payer=found.payer)
    received = payment_fields.received(ctx, form, locked=locked)
    again = typed_twice.field(ctx, form, amount, locked=locked)

    def plan() -> Plan:
        return _plan(ctx, found, left, payment_fields.parsed(form, "amount", left.currency), received, again)

    return plan


def _words(left: Money, amount: Money) -> str:
    if amount == left:
        return f"This pays the invoice in full: {left}."
    if amount.minor < left.minor:
        return f"A part payment: {left - amount} stays to pay."
    return f"The invoice owes {left}; {amount - left} more came. Record it as a remittance, which keeps the rest."


def _plan(ctx: Context, found: Invoice, left: Money, amount: Money, received: Received, again: Money | None) -> Plan:
    right = received.checked(ctx)
    if amount.minor > left.minor:
        raise Refused(_words(left, amount), field="amount")
    typed_twice.check(ctx, amount, again)

    def send(ctx: Context, key: str, despite: bool) -> object:
        if amount == left:
            return payments.pay_in_full(
                ctx, found.id, amount=amount, remaining=left, received=right, form=key, retyped=again
            )
        return payments.pay_part(
            ctx,
            found.id,
            payer=found.payer,
            amount=amount,
            remaining=left,
            received=right,
            form=key,
            retyped=again,
            despite_recent=despite,
        )

    rows = (("Invoice", found.number), ("Received", str(amount)), *payment_fields.told(right))
    stays = "The invoice is paid in full then." if amount == left else f"{left - amount} stays to pay then."
    done = f"{amount} was recorded on {found.number}. {stays.replace(' then', ' now')}"
    return Plan(rows, stays, f"Yes, record {amount}", send, done, found.payer, amount)


def postage(_ctx: Context, found: Invoice) -> None:
    """On to the payer's account, where a debit for postage waits to be filled in: the next invoice asks for it."""
    invoice_open.close()
    adjust_form.open_for(found.payer)
    form = Form("adjust")
    st.session_state["adjust.open"] = found.payer
    st.session_state[form.field("kind")] = "Debit"
    st.session_state[form.field("reason")] = "Postage or delivery"
    st.session_state[form.field("note")] = f"Invoice {found.number}" if found.number else ""
    page.go("customer", id=found.payer)
