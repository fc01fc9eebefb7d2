"""The ways out of what waits for a person: approve or decline; try again, settle or leave."""

from __future__ import annotations

import streamlit as st

from lib.actions import approvals, claims, review
from lib.actions.review import Finding
from lib.context import Context
from lib.dates import say_moment
from lib.errors import PayerdeskError
from lib.queries.review import Change
from lib.ui import feedback, page
from lib.ui.forms import Form
from lib.ui.review_parts import carry_out, evidence

AGAIN, DID, LEAVE = "It did not happen: try again", "It did happen", "It did not happen: leave it"


def waiting(ctx: Context, change: Change) -> None:
    """What a second person is asked, and whoever asked may withdraw."""
    evidence(ctx, change)
    if ctx.actor is None or not page.may(ctx, "money"):
        st.caption("A manager decides about this.")
        return
    form = _form(change)
    form.trouble()
    own = ctx.actor.username == change.asked_by
    if own:
        st.info("You asked for this: somebody else must approve it.", icon=":material/how_to_reg:")
    with st.container(horizontal=True):
        yes = not own and st.button("Approve and send", type="primary", key=form.field("approve"))
        no = st.button("Withdraw" if own else "Decline", key=form.field("decline"))
    at = {"generation": change.generation}
    if yes:
        carry_out(form, change, lambda: approvals.approve(ctx, change.id, **at), "Approved: it is done.")
    if no:
        done = "Withdrawn: it is not sent." if own else "Declined: it is not sent."
        carry_out(form, change, lambda: approvals.decline(ctx, change.id, **at), done)


def parked(ctx: Context, change: Change) -> None:
    """What Stripe says of it now, and the ways out."""
    evidence(ctx, change)
    if not page.may(ctx, "money"):
        st.caption("A manager decides about this.")
        return
    form = _form(change)
    form.trouble()
    found = _look(ctx, change, form)
    happened = st.radio("What happened?", (AGAIN, DID, LEAVE), index=None, key=form.field("happened"))
    at = {"generation": change.generation}
    if happened == AGAIN:
        st.caption("Stripe is asked once more. Only if it has nothing, and nothing moved meanwhile, is it sent now.")
        if st.button("Try again now", type="primary", key=form.field("again")):
            carry_out(form, change, lambda: review.try_again(ctx, change.id, **at), "It is done now.")
    elif happened == DID:
        typed = form.text("Its id in Stripe", claims.FIELD, value=found, placeholder="cbtxn_…, in_…, cus_…")
        st.caption("It is read from Stripe: it must be for the same customer, amount and currency.")
        if st.button("Settle it", type="primary", key=form.field("settle")):
            carry_out(
                form, change, lambda: review.settle(ctx, change.id, typed, **at), "Settled: it is on record as done."
            )
    elif happened == LEAVE:
        st.caption("Stripe is asked once more. If it has nothing, this ends as refused and is never sent.")
        if st.button("Leave it", type="primary", key=form.field("leave")):
            carry_out(form, change, lambda: review.leave(ctx, change.id, **at), "Left: it is on record as not done.")


def _form(change: Change) -> Form:
    """What was chosen for a change as it was holds no longer when it has been tried again."""
    return Form(f"review.{change.id}.{change.generation}")


def _look(ctx: Context, change: Change, form: Form) -> str:
    """Asked when somebody presses, never by itself; returns the id that was found."""
    key = f"{form.name}.found"
    if st.button("Look in Stripe", icon=":material/search:", key=form.field("look")):
        try:
            with st.spinner("Asking Stripe…", show_time=False):
                st.session_state[key] = review.look_up(ctx, change.id)
        except PayerdeskError as no:
            st.session_state.pop(key, None)
            st.error(feedback.safe_sentence(no.words), icon=":material/error:")
    found: Finding | None = st.session_state.get(key)
    if found is None:
        return ""
    when = say_moment(found.at, ctx.settings.zone)
    st.info(feedback.safe_sentence(f"{found.words} Looked up {when}."), icon=":material/search:")
    return found.found
