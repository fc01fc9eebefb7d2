"""Leaving a payer alone, and ending that."""

from __future__ import annotations

import streamlit as st

from lib.actions import reminder_pauses
from lib.context import Context
from lib.queries.customers import Account
from lib.queries.reminder_pauses import pause_of
from lib.ui import feedback, page
from lib.ui.forms import Form


def show(ctx: Context, account: Account) -> None:
    """Whether this payer is reminded, and the way to change that for those who may."""
    now = pause_of(account.object.get("metadata"), ctx.today)
    if now.on:
        st.info(
            f"{reminder_pauses.say_pause(now.until)}: no reminder goes to this payer.", icon=":material/pause_circle:"
        )
    if not page.may(ctx, "money") or account.deleted:
        return
    if now.on:
        _resume(ctx, account)
    else:
        _pause(ctx, account)


def _pause(ctx: Context, account: Account) -> None:
    form = Form(f"reminders.pause.{account.id}")
    with st.popover("Pause reminders", icon=":material/pause:"):
        form.trouble()
        until = st.date_input(
            "Until (leave empty for no end)", value=None, format="DD/MM/YYYY", key=form.field("until")
        )
        form.wrong("until")
        st.caption("From that day on reminders are due again. This is kept with the customer in Stripe.")
        if not st.button("Pause", type="primary", key=form.field("pause")):
            return
    with form.submitting(("until",)):
        reminder_pauses.pause_reminders(ctx, account.id, until=until, form=form.key)
    form.finish()
    feedback.flash("Reminders to this payer are paused.")
    st.rerun()


def _resume(ctx: Context, account: Account) -> None:
    form = Form(f"reminders.resume.{account.id}")
    form.trouble()
    if not st.button("Resume reminders", icon=":material/play_arrow:", key=form.field("resume")):
        return
    with form.submitting(()):
        reminder_pauses.resume_reminders(ctx, account.id, form=form.key)
    form.finish()
    feedback.flash("This payer may be reminded again.")
    st.rerun()
