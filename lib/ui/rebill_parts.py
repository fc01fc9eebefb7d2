"""What stands around re-billing: who will read what, what it will come to, and where the old payer's credit goes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib.actions import invoice_state, rebill_finish, rebill_refusals
from lib.billing import settled
from lib.context import Context
from lib.dates import say_day
from lib.errors import PayerdeskError
from lib.money import Money
from lib.queries import drafts, rebills
from lib.queries import invoices as invoice_queries
from lib.queries.customers import Account
from lib.queries.invoices import Invoice
from lib.queries.rebills import Pair
from lib.text import shown
from lib.ui import feedback, page, pickers, preview, tables
from lib.ui.forms import Form
from lib.ui.invoice_form import as_shown
from lib.ui.tables import Column

_LINES = (
    Column("description", "What they will read", width="large"),
    Column("quantity", "Quantity", "figure"),
    Column("tax", "VAT", "money"),
    Column("amount", "Amount", "money"),
)


def consequences(ctx: Context, found: Invoice, body: dict[str, Any], to: Account) -> None:
    """Everything that will happen, before it does."""
    with st.container(border=True):
        st.info(feedback.safe_sentence(_who_reads(found, to)), icon=":material/visibility:")
        lines = invoice_queries.lines(ctx, found.id)
        tables.table(lines, _LINES, ctx.settings.zone, key="rebill.lines")
        st.markdown("**What the new payer is asked for**" if found.status == "open" else "**When it is finalised**")
        preview.show(settled(found.subtotal, found.tax, found.total, to.balance(found.total.currency)))
        told = [("Due", _due(ctx, to)), ("The old one", _old(found, body))]
        preview.table(told, strong=(), right=False)


def gives_back(found: Invoice, body: dict[str, Any]) -> str:
    """Where the balance goes that the old invoice took (scenarios 11 and 12); empty where it took none."""
    return returned(body, shown(found.payer_name) or "the old payer")


def returned(body: dict[str, Any], name: str) -> str:
    """The same, where the old payer's name is at hand."""
    back, whose = rebill_refusals.goes_back(body), f"{name}'s account"
    if not back:
        return ""
    if back.minor < 0:
        return f"{abs(back)} of credit goes back to {whose}."
    return f"{back} that was owed on {whose} is owed there again, and is added to their next invoice."


def pair(ctx: Context, invoice: str, found: Pair) -> None:
    """Two invoices for one care, and the button that takes it to its end (scenario 25)."""
    form = Form(f"rebill.finish.{found.new}")
    old = f"{'draft' if found.old_status == 'draft' else f'invoice {found.old_number}'} of {found.old_total}"
    with st.container(border=True):
        words = (
            f"Re-billing was cut off: a new {found.new_status} invoice of {found.new_total} for "
            f"{shown(found.payer_name)} stands beside the old {old}. Finishing it "
            f"{'deletes the old draft' if found.old_status == 'draft' else 'finalises the new one and voids the old'}; "
            "nothing new is made."
        )
        st.warning(feedback.safe_sentence(words), icon=":material/sync_problem:")
        balance = _raised(ctx, form, found) if found.old_status == "open" and found.new_status == "draft" else None
        seen = as_shown(form, "sides", _signatures(ctx, found))
        form.trouble()
        with st.container(horizontal=True):
            pressed = page.may(ctx, "money") and st.button("Finish re-billing", key=form.field("finish"))
            for label, other in (("Open the old one", found.old), ("Open the new one", found.new)):
                if other != invoice and st.button(label, key=form.field(label)):
                    page.go("invoice", id=other)
    if pressed:
        words, kind = _finish(ctx, form, found, seen, balance)
        form.finish()
        feedback.flash(words, kind)
        page.go("invoice", id=found.new)


def _signatures(ctx: Context, found: Pair) -> tuple[str, str]:
    old, new = (invoice_state.signature(drafts.body(ctx, one)) for one in (found.old, found.new))
    return old, new


def _finish(ctx: Context, form: Form, found: Pair, seen: tuple[str, str], balance: Money | None) -> tuple[str, str]:
    """Carried out, and what to say at the new one: also why it stopped, where they are no pair any more and nothing
    would be drawn here.
    """
    with form.submitting(()):
        try:
            rebill_finish.finish_rebill(ctx, found.new, seen=seen, balance=balance, form=form.key)
        except PayerdeskError as no:
            if rebills.pair_of(ctx, found.new):
                raise
            return no.words, "error"
    return "The re-billing is finished: one invoice stands, for the new payer.", "success"


def _raised(ctx: Context, form: Form, found: Pair) -> Money | None:
    """What finalising asks the new payer for, after what is on account; the balance that this was said with."""
    if (to := pickers.living(ctx, found.payer)) is None:
        return None
    total = found.old_total
    balance = form.keep("balance", to.balance(total.currency))
    asked = preview.words(settled(total, Money(0, total.currency), total, balance))
    st.info(feedback.safe_sentence(f"{shown(to.name) or to.id}: {asked}"), icon=":material/payments:")
    return balance


def _who_reads(found: Invoice, to: Account) -> str:
    reach = f" at {to.email}" if to.email else ", who has no email address"
    whose = f"{shown(found.patient_name)}'s name and " if found.patient and found.patient != to.id else ""
    return f"{shown(to.name) or to.id} ({to.kind or 'customer'}{reach}) will be able to read {whose}every line below."


def _due(ctx: Context, to: Account) -> str:
    days = ctx.settings.terms_days if to.terms_days is None else to.terms_days
    return f"{say_day(ctx.now + days * 86_400, ctx.settings.zone)}, {days} days from now, by the new payer's terms"


def _old(found: Invoice, body: dict[str, Any]) -> str:
    if found.status == "draft":
        return "The old draft is deleted once the new one is complete. No balance moves."
    back = gives_back(found, body) or "No balance moves on the old account."
    return f"Invoice {found.number} is voided once the new one is complete. {back}"
