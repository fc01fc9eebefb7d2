"""What a change that waits for a person looks like: its evidence, and what came of a decision about it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.actions import claims
from lib.context import Context
from lib.dates import say_moment
from lib.errors import NotConfirmed, PayerdeskError, Waiting
from lib.queries import review
from lib.queries.review import Change, StepMade
from lib.text import shown
from lib.ui import feedback, page, preview
from lib.ui.forms import Form
from lib.ui.tables import Column

_DECIDED = "review.decided"
# What Stripe has not confirmed yet, as `activity.unconfirmed` tells it.
UNCONFIRMED = (
    Column("at", "Since", "moment"),
    Column("actor", "Who"),
    Column("what", "What"),
    Column("about", "About"),
    Column("outcome", "State"),
    Column("words", "Why", width="large"),
)


def evidence(ctx: Context, change: Change) -> None:
    """What was wanted, by whom and when, how far it came, and the way to whom it is about."""
    zone = ctx.settings.zone
    told = {
        "Wanted": change.what,
        "About": change.about,
        "Amount": change.amount,
        "Its text in Stripe": shown(change.said, 300),
        "Asked by": f"{change.actor} ({change.role}), {say_moment(change.asked_at, zone)}",
        "Sent": _times(change.attempts),
        "Last tried": say_moment(change.updated, zone) if change.attempts else "",
        **{f"Step: {step.name}": _step(step) for step in change.steps},
        "Request id": change.request_id,
        "Why": change.words,
    }
    preview.table([(label, shown(value, 500)) for label, value in told.items() if value], strong=(), right=False)
    _link(change)


def decided(ctx: Context) -> None:
    """Once after a decision: the way to whom it was about."""
    if intent := st.session_state.pop(_DECIDED, ""):
        _link(review.get(ctx, intent))


def _link(change: Change) -> None:
    if change.subject.startswith("cus_"):
        page.link("customer", "Open the account", icon=":material/person:", id=change.subject)
    elif change.subject.startswith("in_"):
        page.link("invoice", "Open the invoice", icon=":material/receipt:", id=change.subject)


def carry_out(form: Form, change: Change, act: Callable[[], object], done: str) -> None:
    """Do what was decided. What came of it is said at the top of the page: the change may be gone from the list."""
    with form.submitting((claims.FIELD,)):
        words, kind = _outcome(act, done)
    form.finish()
    st.session_state[_DECIDED] = change.id
    feedback.flash(words, kind)
    st.rerun()


def notice(ctx: Context) -> None:
    """That changes wait for a person, wherever people begin; nothing when none does."""
    if not (waiting := review.counts(ctx)):
        return
    parts = [
        f"{waiting.parked} that nobody knows the outcome of" if waiting.parked else "",
        f"{waiting.waiting} for a second person" if waiting.waiting else "",
    ]
    many = waiting.parked + waiting.waiting
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        words = f"{many} {'change waits' if many == 1 else 'changes wait'}: {' and '.join(filter(None, parts))}."
        st.text(words)
        page.link("needs_your_eye", "Needs your eye", icon=":material/visibility:")


def _outcome(act: Callable[[], object], done: str) -> tuple[str, str]:
    try:
        act()
    except Waiting as stored:
        return stored.words, "info"
    except NotConfirmed as lost:
        return lost.words, "warning"
    except PayerdeskError as no:
        if no.field == claims.FIELD:
            raise
        return no.words, "error"
    return done, "success"


def _times(attempts: int) -> str:
    return {0: "Never", 1: "Once"}.get(attempts, f"{attempts} times")


def _step(step: StepMade) -> str:
    return f"done: {step.made}" if step.made else "sent, outcome not known" if step.tried else "not sent"
