"""Sending reminders: the exact messages, one yes, then one after the other with a result for each.

What is sent was frozen when the preview was asked for. The job is one object that is kept while it runs: a rerun in the
middle finds what has been sent already, and goes on with the rest only when somebody presses again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import streamlit as st

from lib import mail
from lib.actions import reminder_drafts, reminders
from lib.actions.reminder_drafts import Draft
from lib.context import Context
from lib.errors import NotConfirmed, PayerdeskError
from lib.money import Money
from lib.queries import customers, reminder_log
from lib.text import shown
from lib.ui import downloads, feedback, page

_JOB = "reminders.job"


@dataclass
class Job:
    """Messages that wait for a yes (`left`), and what became of the others: (payer, name, how it went, words).

    `at_work` is held while one is on its way: a second press begins a second run of the page beside the first.
    """

    left: list[Draft] = field(default_factory=list)
    done: list[tuple[str, str, str, str]] = field(default_factory=list)
    at_work: Lock = field(default_factory=Lock)


def is_open() -> bool:
    """Whether messages wait here, or results to be read."""
    return _JOB in st.session_state


def prepare(ctx: Context, rows: Sequence[tuple[str, str]]) -> None:
    """Freeze the messages to these payers (payer, currency); who cannot be reminded gets a row that says why."""
    job, bar = Job(), st.progress(0.0, "Writing the messages…")
    for at, (payer, currency) in enumerate(rows, 1):
        try:
            job.left.append(reminder_drafts.draft(ctx, payer, currency))
        except PayerdeskError as no:
            job.done.append((payer, customers.name_of(ctx, payer), "left out", no.words))
        bar.progress(at / len(rows))
    st.session_state[_JOB] = job


def close() -> None:
    """Back to the list. A button's callback."""
    st.session_state.pop(_JOB, None)


def show(ctx: Context) -> None:
    """What will be sent, or what was."""
    job: Job = st.session_state[_JOB]
    _results(job)
    if not job.left:
        st.button("Back to the list", type="primary", on_click=close, key="reminders.close")
        return
    st.subheader(_ask(len(job.left)), anchor=False)
    if mail.is_demo(ctx.settings):
        st.caption("Demo: the messages are kept on this machine and sent to nobody.")
    despite = [draft.id for at, draft in enumerate(list(job.left)) if _message(ctx, draft, first=at == 0)]
    with st.container(horizontal=True):
        pressed = st.button(_send(len(job.left)), type="primary", icon=":material/send:", key="reminders.yes")
        st.button("Cancel", on_click=close, key="reminders.cancel")
    if pressed:
        carry_out(ctx, job, despite)
        st.rerun()


def _ask(count: int) -> str:
    return "Send this reminder?" if count == 1 else f"Send these {count} reminders?"


def _send(count: int) -> str:
    return "Yes, send it" if count == 1 else f"Yes, send {count}"


def _message(ctx: Context, draft: Draft, *, first: bool) -> bool:
    """The message as it goes out. True where an earlier attempt may have gone out and it is meant all the same."""
    amount, name = Money(draft.amount, draft.currency), shown(draft.name) or "No name"
    with st.expander(feedback.safe_sentence(f"{name} · {amount} · stage {draft.stage} days"), expanded=first):
        st.text(f"From: {shown(mail.sender(ctx.settings), 200)}")
        st.text(f"To: {shown(draft.email, 200)}")
        st.text(f"Subject: {draft.mail.subject}")
        st.text(draft.mail.text)
        st.text("Attached: " + ", ".join(each.name for each in draft.mail.attachments))
        if first:
            downloads.csv_button(ctx, "statement-pdf", label="Look at the statement (PDF)", payer=draft.payer)
        page.link("customer", "Open the account", icon=":material/person:", id=draft.payer)
        return _may_have_gone_out(ctx, draft)


def _may_have_gone_out(ctx: Context, draft: Draft) -> bool:
    if reminder_log.state_of(ctx, draft.id) != "unknown":
        return False
    st.warning("An earlier attempt was not confirmed: this reminder may have gone out.", icon=":material/help:")
    return st.checkbox("Send it once more all the same", key=f"reminders.again.{draft.id}")


def carry_out(ctx: Context, job: Job, despite: list[str]) -> None:
    """Send what is left, with a result for each; `despite` are the ids of those that may have gone out before, and are
    meant all the same.
    """
    bar, total = st.progress(0.0, "Sending…"), len(job.left)
    while _next(ctx, job, despite):
        gone = total - len(job.left)
        bar.progress(gone / total, f"{gone} of {total}")


def _next(ctx: Context, job: Job, despite: list[str]) -> bool:
    """Nothing of Streamlit's in here: what was sent and what is said of it are never cut apart."""
    with job.at_work:
        if not job.left:
            return False
        draft = job.left[0]
        outcome = _one(ctx, draft, despite_unknown=draft.id in despite)
        job.left.pop(0)
        job.done.append((draft.payer, draft.name, *outcome))
        return True


def _one(ctx: Context, draft: Draft, *, despite_unknown: bool) -> tuple[str, str]:
    try:
        reminders.send_reminder(ctx, draft, despite_unknown=despite_unknown)
    except NotConfirmed as lost:
        return "may have gone out", lost.words
    except PayerdeskError as no:
        return "not sent", no.words
    return "sent", f"To {draft.email}, {Money(draft.amount, draft.currency)}."


def _results(job: Job) -> None:
    boxes = {"sent": st.success, "may have gone out": st.warning, "not sent": st.error, "left out": st.info}
    icons = {"sent": "check", "may have gone out": "help", "not sent": "block", "left out": "remove"}
    for payer, name, how, words in job.done:
        said = feedback.safe_sentence(f"{shown(name) or payer}: {how}. {words}")
        boxes[how](said, icon=f":material/{icons[how]}:")
