"""Finalising and sending a draft, with what it will do beforehand."""

from __future__ import annotations

import streamlit as st

from lib.actions.invoice_state import signature
from lib.billing import Preview
from lib.context import Context
from lib.dates import say_day, start_of
from lib.errors import NotFound
from lib.money import Money
from lib.queries import customers, drafts
from lib.queries.customers import Account
from lib.queries.invoices import Invoice
from lib.ui import draft_finishing, invoice_view, page, preview
from lib.ui.draft_finishing import Shown
from lib.ui.forms import Form
from lib.ui.invoice_form import as_shown
from lib.ui.invoice_preview import NO_EMAIL


def show(ctx: Context, found: Invoice) -> None:
    """What finalising will do, and the button; or why it cannot be done here."""
    why = _why_not(found)
    if why:
        st.info(why, icon=":material/info:")
        return
    form = Form(f"finish.{found.id}")
    payer = _payer(ctx, found)
    figures = invoice_view.forecast(found, payer.balance(found.total.currency) if payer else _nothing(found))
    now = Shown(figures, signature(drafts.body(ctx, found.id)), _sends(payer, figures))
    shown = as_shown(form, "draft", now)
    st.subheader("When it is finalised", anchor=False)
    preview.show(figures)
    if late := _late(ctx, found, payer):
        st.warning(late, icon=":material/event_busy:")
    if not now.send:
        words = f"{NO_EMAIL} Its page and its PDF can be passed on by other ways once it is finalised."
        st.warning(words, icon=":material/alternate_email:")
    form.trouble()
    label = "Finalise and send" if now.send else "Finalise without sending"
    if page.may(ctx, "money") and st.button(label, type="primary", icon=":material/send:", key=form.field("send")):
        draft_finishing.finish(ctx, form, found, shown)


def _sends(payer: Account | None, figures: Preview) -> bool:
    """Whether there is an address to send it to, as far as is known, or nothing that would be sent."""
    return figures.nothing_to_pay or payer is None or bool(payer.email)


def _why_not(found: Invoice) -> str:
    if found.payer_deleted:
        return "The payer was deleted in Stripe: this draft cannot be finalised. Raise a new invoice for another payer."
    if found.collection_method != "send_invoice":
        return "This draft is set to charge a card when it is finalised. Finish it where it was raised."
    if not found.total and not found.subtotal:
        return "There is nothing on this draft yet. Press Edit draft and add lines to it."
    return ""


def _late(ctx: Context, found: Invoice, payer: Account | None) -> str:
    """Finalising does not move Stripe's due date: only terms of the payer's own give them time to pay."""
    if payer is None or payer.terms_days is not None or not found.stripe_due:
        return ""
    if found.stripe_due >= start_of(ctx.today, ctx.settings.zone):
        return ""
    day = say_day(found.stripe_due, ctx.settings.zone)
    return f"Its due date, {day}, is past: it is overdue as soon as it is sent. A duplicate gets a new due date."


def _payer(ctx: Context, found: Invoice) -> Account | None:
    try:
        return customers.get(ctx, found.payer)
    except NotFound:
        return None


def _nothing(found: Invoice) -> Money:
    return Money(0, found.total.currency)
