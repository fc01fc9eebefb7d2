"""The form that moves an invoice to another payer, with what that will do beforehand."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib.actions import invoice_state, rebill_refusals, rebilling
from lib.context import Context
from lib.errors import Changed, NotFound
from lib.money import Money
from lib.queries import customers, drafts, invoices, rebills
from lib.queries.customers import Account
from lib.queries.invoices import Invoice
from lib.text import shown
from lib.ui import feedback, invoice_open, page, pickers, rebill_cannot, rebill_parts
from lib.ui.forms import Form
from lib.ui.invoice_form import as_shown


def offered(_ctx: Context, found: Invoice) -> bool:
    """Whether there is anything to say: a void one is over."""
    return found.status in ("draft", "open", "paid")


def show(ctx: Context, found: Invoice) -> None:
    """Who pays instead, what it will do, and the button; or why Stripe cannot."""
    st.subheader("Re-bill to another payer", anchor=False)
    form = Form(f"rebill.{found.id}")
    # Before anything else: what stopped half-way may have ended with an invoice that can go no further.
    form.trouble()
    if cut_off := rebills.pair_of(ctx, found.id):
        rebill_parts.pair(ctx, found.id, cut_off)
        st.button("Back", on_click=invoice_open.close)
        return
    body = drafts.body(ctx, found.id)
    if words := rebill_refusals.why_not(body):
        rebill_cannot.show(ctx, found, words)
        return
    to = _payer(ctx, form, found)
    send = False
    if to:
        rebill_parts.consequences(ctx, found, body, to)
        send = _sending(form, found, to)
    _buttons(ctx, form, found, body, to, send=send)


def _payer(ctx: Context, form: Form, found: Invoice) -> Account | None:
    """Starts at the patient's default payer, where somebody else was billed."""
    key = form.field("payer")
    if key not in st.session_state:
        st.session_state[key] = _default(ctx, found)
    payer = pickers.pick(
        ctx,
        "Who pays instead",
        key,
        find="Find a payer",
        without=found.payer,
        placeholder="An organisation or a patient",
        on_change=form.mend,
    )
    form.wrong("payer")
    return pickers.living(ctx, payer)


def _default(ctx: Context, found: Invoice) -> str | None:
    try:
        usual = customers.get(ctx, found.patient).payer if found.patient else None
    except NotFound:
        return None
    return usual if usual != found.payer else None


def _sending(form: Form, found: Invoice, to: Account) -> bool:
    """Only what is finalised can be sent."""
    if found.status != "open":
        return False
    label = f"Send it to {shown(to.name) or to.id} by email"
    # A box for each payer: a tick that was set for another would stay in one that is greyed out.
    key, can = form.field(f"send {to.id}"), bool(to.email)
    return st.checkbox(feedback.safe_sentence(label), value=can, disabled=not can, key=key) and can


def _buttons(ctx: Context, form: Form, found: Invoice, body: dict[str, Any], to: Account | None, *, send: bool) -> None:
    seen = as_shown(form, "seen", invoice_state.signature(body))
    currency = found.total.currency
    balance = as_shown(form, f"balance {to and to.id}", to.balance(currency) if to else Money(0, currency))
    with st.container(horizontal=True):
        pressed = st.button("Re-bill", type="primary", icon=":material/swap_horiz:", key=form.field("go"))
        st.button("Cancel", key=form.field("close"), on_click=invoice_open.close)
    if not pressed:
        return
    payer = to.id if to else ""
    # The payer and the tick are part of the key: an outcome is never shown for another wish.
    given = {"seen": seen, "send": send, "form": f"{form.key}.{payer}.{send}"}
    new, why = _carry_out(ctx, form, found, payer, {**given, "balance": balance if found.status == "open" else None})
    form.finish()
    invoice_open.close()
    feedback.flash(why or _said(found, body, to), "error" if why else "success")
    page.go("invoice", id=new)


def _carry_out(ctx: Context, form: Form, found: Invoice, payer: str, given: dict[str, Any]) -> tuple[str, str]:
    """The new one; and why it stopped, where the old one has no page any more that could say so."""
    with form.submitting(("payer",)):
        try:
            return rebilling.rebill(ctx, found.id, payer, **given).result, ""
        except Changed as no:
            if left := _left(ctx, found, given["form"]):
                return left, no.words
            raise
    raise AssertionError("unreachable")


def _left(ctx: Context, found: Invoice, key: str) -> str:
    """What was made for an old draft that was deleted meanwhile; empty where the old one is there, or nothing was."""
    try:
        invoices.get(ctx, found.id)
    except NotFound:
        left = invoices.left_behind(ctx, key)
        return left if left != found.id else ""
    return ""


def _said(found: Invoice, body: dict[str, Any], to: Account | None) -> str:
    who = shown(to.name) if to else "the new payer"
    if found.status == "draft":
        return f"This draft for {who} took the old one's place, which was deleted. Set the payer in Hero too."
    back = rebill_parts.gives_back(found, body)
    return (
        f"This invoice for {who} took the place of {found.number}, which was voided. {back} Set the payer in Hero too."
    )
