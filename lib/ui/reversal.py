"""Beside an entry of a ledger that was picked: reverse it by its opposite, once, or why that cannot be."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib.actions import reversals
from lib.context import Context
from lib.dates import say_moment
from lib.money import Money
from lib.queries import customers
from lib.queries.customers import Account
from lib.ui import feedback, tables, typed_twice
from lib.ui.balance_words import say_change
from lib.ui.forms import Form

_OPEN = "ledger.reversing"


def being_asked() -> str:
    """The entry whose question is open: when the ledger changes, no row is picked any more."""
    return str(st.session_state.get(_OPEN, ""))


def show(ctx: Context, customer: str, entry: Any, reversed_by: str) -> None:
    """`entry` is a row of customers.ledger; `reversed_by` the id of the entry that answers it, or empty."""
    form, account = Form(f"reverse.{entry.id}"), customers.get(ctx, customer)
    amount = Money(int(entry.amount), entry.currency)
    with st.container(border=True):
        words = tables.say_account(amount.minor, amount.currency)
        st.text(f"{words}, posted {say_moment(entry.created, ctx.settings.zone)}")
        form.trouble()
        why = reversals.why_not_reversed(entry.type, entry.corrects, reversed_by)
        if account.deleted:
            why = "This customer was deleted in Stripe."
        if why:
            st.info(feedback.safe_sentence(f"This entry cannot be reversed. {why}"), icon=":material/block:")
            _close()
        elif being_asked() != entry.id:
            st.button("Reverse", icon=":material/undo:", key=form.field("open"), on_click=_open, args=(entry.id,))
        else:
            _ask(ctx, form, account, entry.id, amount)


def _open(entry: str) -> None:
    Form(f"reverse.{entry}").finish()
    st.session_state[_OPEN] = entry


def _close() -> None:
    st.session_state[_OPEN] = ""


def _ask(ctx: Context, form: Form, account: Account, entry: str, amount: Money) -> None:
    """What reversing does, before it is done; the balance is the one on the screen when it was first shown."""
    seen: Money = form.keep("seen", account.balance(amount.currency))
    opposite = tables.say_account(-amount.minor, amount.currency)
    st.info(feedback.safe_sentence(say_change(seen, seen - amount)), icon=":material/visibility:")
    st.caption(f"A {opposite} is posted that names this entry. Both stay in the ledger, and it can be done once.")
    typed_twice.second_person(ctx, abs(amount))
    retyped = typed_twice.field(ctx, form, abs(amount))
    with st.container(horizontal=True):
        pressed = st.button("Yes, reverse it", type="primary", key=form.field("yes"))
        st.button("Cancel", key=form.field("no"), on_click=_close)
    if pressed:
        with form.submitting((typed_twice.FIELD,)):
            reversals.undo_entry(
                ctx, customer=account.id, entry=entry, amount=amount, seen=seen, form=form.key, retyped=retyped
            )
        form.finish()
        _close()
        feedback.flash(f"The entry was reversed: a {opposite} was posted.")
        st.rerun()
