"""Giving up an invoice, or asking for it once more: void, write off, send again."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.actions import voiding
from lib.actions.invoice_state import taken
from lib.context import Context
from lib.money import Money
from lib.queries.invoices import Invoice
from lib.ui import feedback, invoice_open, payment_frame, tables, typed_twice
from lib.ui.forms import Form
from lib.ui.payment_frame import Plan


def can_void(_ctx: Context, found: Invoice) -> bool:
    """Also where it cannot be done: then it says why, and what can be done instead (scenario 13)."""
    return found.status in ("open", "uncollectible", "paid")


def void(ctx: Context, found: Invoice) -> None:
    """What goes back to the account is said beforehand (scenario 11)."""
    if found.status == "paid" or found.paid:
        _instead(found)
        return
    frame = payment_frame.of_invoice("void", "Void this invoice", (), found.id)
    frame.ask_at_once(ctx, lambda: _void_plan(found))


def _instead(found: Invoice) -> None:
    st.subheader("Void this invoice", anchor=False)
    Form(f"void.{found.id}").trouble()
    how = f"{found.paid} of it has been paid" if found.paid else "credit on the account has paid it"
    words = f"Stripe cannot void this invoice: {how}. A credit note takes it off instead, in whole or in part."
    st.warning(feedback.safe_sentence(words), icon=":material/block:")
    with st.container(horizontal=True):
        st.button(
            "Issue a credit note",
            type="primary",
            on_click=invoice_open.open_for,
            args=(found.id, invoice_open.CREDIT_NOTE),
        )
        st.button("Back", key="void.back", on_click=invoice_open.close)


def _applied(found: Invoice) -> Money:
    """What finalising took from the account, as Stripe signs it."""
    ended = found.ending_balance.minor if found.ending_balance else 0
    return Money(taken(found.starting_balance.minor, ended), found.total.currency)


def _void_plan(found: Invoice) -> Plan:
    back = _applied(found)
    said = tables.say_account(back.minor, back.currency) or "Nothing"
    rows = (("Invoice", found.number), ("No longer owed", str(found.remaining)), ("Goes back to the account", said))
    words = f"{found.remaining} is no longer owed. {_back_words(back)} A void cannot be taken back."

    def send(ctx: Context, key: str, _despite: bool) -> object:
        given = {"payer": found.payer, "remaining": found.remaining, "form": key}
        return voiding.void(ctx, found.id, applied=back, **given)

    done = f"{found.number} was voided. {_back_words(back, 'went')}"
    return Plan(rows, words, f"Yes, void {found.number}", send, done, found.payer)


def _back_words(back: Money, go: str = "goes") -> str:
    if not back:
        return "Nothing of the account had been used."
    what = "credit that it had used" if back.minor < 0 else "debit that it had added"
    return f"The {abs(back)} {what} {go} back to the account."


def can_write_off(_ctx: Context, found: Invoice) -> bool:
    """An open invoice that owes something."""
    return found.status == "open" and bool(found.remaining)


def write_off(ctx: Context, found: Invoice) -> None:
    """With a reason; it can still be paid later (scenario 14)."""
    frame = payment_frame.of_invoice("write_off", "Write off", ("reason", typed_twice.FIELD), found.id)
    if not frame.over(can_write_off(ctx, found)):
        frame.show(ctx, lambda locked: _write_off_fields(ctx, frame.form, found, locked))


def _write_off_fields(ctx: Context, form: Form, found: Invoice, locked: bool) -> Callable[[], Plan]:
    left: Money = form.keep("remaining", found.remaining)
    st.text(f"{left} is not expected any more. It counts as written off, and can still be paid later.")
    reason = form.text("Reason", "reason", disabled=locked, placeholder="Kept with the invoice in Stripe")
    again = typed_twice.field(ctx, form, left, locked=locked)
    return lambda: _write_off_plan(ctx, found, left, reason, again)


def _write_off_plan(ctx: Context, found: Invoice, left: Money, reason: str, again: Money | None) -> Plan:
    why = voiding.why(reason)
    typed_twice.check(ctx, left, again)

    def send(ctx: Context, key: str, _despite: bool) -> object:
        given = {"payer": found.payer, "remaining": left, "reason": why, "form": key, "retyped": again}
        return voiding.write_off(ctx, found.id, **given)

    rows = (("Invoice", found.number), ("Written off", str(left)), ("Reason", why))
    words = f"Outstanding falls by {left}. The balance on account stays as it is."
    yes, done = f"Yes, write off {left}", f"{left} of {found.number} was written off."
    return Plan(rows, words, yes, send, done, found.payer, left)


def can_resend(_ctx: Context, found: Invoice) -> bool:
    """An open invoice that is paid by its payer's own hand."""
    return found.status == "open" and found.collection_method == "send_invoice" and bool(found.remaining)


def resend(ctx: Context, found: Invoice) -> None:
    """Stripe's own message, once more."""
    frame = payment_frame.of_invoice("resend", "Send again", (), found.id)
    if not frame.over(can_resend(ctx, found)):
        frame.ask_at_once(ctx, lambda: _resend_plan(found))


def _resend_plan(found: Invoice) -> Plan:
    def send(ctx: Context, key: str, _despite: bool) -> object:
        return voiding.resend(ctx, found.id, payer=found.payer, remaining=found.remaining, form=key)

    rows = (("Invoice", found.number), ("To pay", str(found.remaining)))
    words = "Stripe sends the invoice to the payer's email address once more, as it stands. No amount changes."
    return Plan(rows, words, "Yes, send it", send, f"{found.number} was sent again.", found.payer)
