"""What the program says back: that it worked, that it did not, how old the figures are. Names never become markdown."""

from __future__ import annotations

import re

import streamlit as st

from lib.context import Context
from lib.dates import say_age, say_moment
from lib.queries import freshness
from lib.text import shown

_FLASH = "pd_flash"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@&^=/])")


def safe(name: str) -> str:
    """A name for a place that reads markdown: no emphasis, no link, no image, no formula comes of it."""
    return _unlinked(_MARKDOWN.sub(r"\\\1", shown(name)))


def flash(words: str, kind: str = "success") -> None:
    """Say something once, at the top of whatever page comes next."""
    st.session_state[_FLASH] = (kind, words)


def show_flash() -> None:
    """What was left to be said; the words are ours or escaped."""
    kind, words = st.session_state.pop(_FLASH, ("", ""))
    if words:
        draw, icon = {
            "success": (st.success, "check_circle"),
            "info": (st.info, "how_to_reg"),
            "warning": (st.warning, "warning"),
            "error": (st.error, "error"),
        }[kind]
        draw(safe_sentence(words), icon=f":material/{icon}:")


def safe_sentence(words: str) -> str:
    """A sentence that may hold somebody's name or Stripe's words: shown as it is, markdown or not."""
    flat = re.sub(r"^([-+]|\d+(?=[.)]))", "\\1\u2060", " ".join(words.split()))  # or it would begin a list
    return _unlinked(re.sub(r"([\\`*_{}\[\]<>#|~$:@&^=/])", r"\\\1", flat))


def _unlinked(escaped: str) -> str:
    """A word joiner within what auto-links are recognised by: escaping alone does not stop those."""
    return re.sub(r"(\\[:.@/]|www)", "\\1\u2060", escaped, flags=re.IGNORECASE)


def said_age(ctx: Context) -> None:
    """How old the figures are, and what is the matter when they are not fresh."""
    fresh = freshness.get(ctx)
    if fresh.shaping:
        st.info(
            f"Settings have changed: what is shown is being made anew, {fresh.shaping} records so far. Until then some "
            "names, patients and days due are as they were before.",
            icon=":material/sync:",
        )
    if fresh.as_of is None:
        so_far = f" So far: {fresh.progress}." if fresh.progress else ""
        st.info(
            f"The first copy from Stripe is under way; figures are incomplete until it ends.{so_far}",
            icon=":material/sync:",
        )
    elif fresh.stale:
        why = f" {fresh.problem}" if fresh.problem else ""
        if fresh.copying and not fresh.problem:
            why = f" Everything is being copied anew: {fresh.progress or 'it has just begun'}."
        old = f"These figures are as of {say_moment(fresh.as_of, ctx.settings.zone)} ({say_age(fresh.age)})."
        st.warning(safe_sentence(f"{old}{why}"), icon=":material/schedule:")
    else:
        more = f". Histories of balances are still being copied: {fresh.progress}" if fresh.progress else ""
        words = f"As of {say_moment(fresh.as_of, ctx.settings.zone)}, {say_age(fresh.age)}{more}"
        st.caption(words, width="content")


def empty(words: str, next_step: str = "") -> None:
    """The empty case: what is not there, and what to do next."""
    with st.container(border=True, horizontal_alignment="center"):
        st.text(words)
        if next_step:
            st.caption(next_step, width="content")
