"""How the books stand against Stripe, what waits for an admin, and how the records are."""

from __future__ import annotations

import streamlit as st

from lib.actions import books as agreeing
from lib.context import Context
from lib.dates import say_moment
from lib.queries import books
from lib.queries import settings as told
from lib.sync import nightly
from lib.ui import feedback, tables
from lib.ui.forms import Form
from lib.ui.tables import Column

COLUMNS = (
    Column("about", "About", width="medium"),
    Column("what", "What differs", width="large"),
    Column("found_at", "Found", "moment"),
    Column("object", "Stripe ID"),
)
_STATES = {"ok": ("In order", "check_circle"), "wrong": ("Wrong", "error"), "unknown": ("Not known", "help")}


def standing(ctx: Context) -> None:
    """The last comparison, and the way to the next."""
    now = books.standing(ctx)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.metric("Explained", f"{now.percent:.2f} %" if now.at else "not yet compared")
        st.metric("Waiting for you", f"{now.waiting:,}")
        if st.button("Compare now", key="books.compare", icon=":material/balance:", disabled=now.wanted):
            nightly.ask(ctx)
            feedback.flash("Our records are being compared with Stripe. The result shows here in a minute or so.")
            st.rerun()
    if now.wanted:
        st.info("A comparison is under way.", icon=":material/sync:")
    if now.at:
        when = say_moment(now.at, ctx.settings.zone)
        healed = f" {now.healed:,} copies were wrong and have been read again." if now.healed else ""
        st.caption(f"Compared {when}: {now.explained:,} of {now.checked:,} things agree or were agreed to.{healed}")
    else:
        st.caption("Every night our records are held against Stripe: balances entry by entry, invoices, and changes.")


def differences(ctx: Context) -> None:
    """What nobody can explain. Until an admin agrees, what it is about cannot be changed."""
    found = books.table(ctx)
    if found.empty:
        feedback.empty("Nothing waits for you.", "What our records and Stripe do not agree about would be listed here.")
        return
    st.warning(
        "Changes to these accounts and invoices are refused until you agree. Look in Stripe first: agreeing takes what "
        "stands there as right, and changes nothing.",
        icon=":material/warning:",
    )
    picked = tables.table(found, COLUMNS, ctx.settings.zone, key="differences", pick="single-row")
    if not picked:
        st.caption("Pick a line to agree to it.")
        return
    _agree(ctx, found[found["id"] == picked[0]].iloc[0])


def _agree(ctx: Context, row: object) -> None:
    form = Form("books.agree")
    with st.container(border=True):
        st.text(f"{row['about']} ({row['object']})")  # type: ignore[index]
        st.text(row["what"])  # type: ignore[index]
        form.trouble()
        if st.button("Agree", key="books.agree", type="primary"):
            with form.submitting(()):
                agreeing.agree(ctx, difference=row["id"])  # type: ignore[index]
            form.finish()
            feedback.flash("Agreed. It can be changed again.")
            st.rerun()


def records(ctx: Context) -> None:
    """What the nightly look through the records found; without one, the log is read here and now."""
    at, found = books.last_look(ctx)
    if at is None or st.button("Read every entry now", key="log.read", icon=":material/plagiarism:"):
        _log_now(ctx)
    if at is None:
        return
    st.caption(f"Looked through {say_moment(at, ctx.settings.zone)}; every night it is done again.")
    for one in found:
        words, icon = _STATES[one["state"]]
        line = feedback.safe_sentence(f"{one['name'].capitalize()}: {one['words']}")
        {"ok": st.success, "wrong": st.error}.get(one["state"], st.info)(f"{words}. {line}", icon=f":material/{icon}:")


def _log_now(ctx: Context) -> None:
    broken = told.first_broken_entry(ctx)
    if broken is None:
        st.success("Every entry stands as it was written, in order.", icon=":material/verified:")
    else:
        st.error(
            f"Entry {broken} was altered, lost or moved. Nothing from there on can be relied on.",
            icon=":material/gpp_bad:",
        )
