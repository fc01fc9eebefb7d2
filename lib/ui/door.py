"""The pages, who may open them, and what stands beside every one of them.

All pages are registered for everybody: an address that is not registered would be lost on the way through the sign-in.
Hiding one only tidies the menu; `may_open` is what keeps somebody out.
"""

from __future__ import annotations

from html import escape
from urllib.parse import quote

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from lib.context import shared
from lib.people import PERMISSIONS, Actor
from lib.settings import Settings
from lib.sync.presence import somebody_is_here
from lib.text import shown
from lib.ui import mode, people_form, session
from lib.ui.rooms import ROOMS, Room

# A picture in the address itself: Streamlit would fetch a named icon from another machine, and /media needs a session.
ICON = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b6570"/>'
    '<path d="M11 25V8h6.5a5.25 5.25 0 0 1 0 10.5H11" fill="none" stroke="#fff" stroke-width="3.2"/></svg>'
)


def navigation(actor: Actor | None) -> StreamlitPage:
    """The page that was asked for."""
    groups: dict[str, list[StreamlitPage]] = {}
    for room in ROOMS:
        groups.setdefault(room.group, []).append(_page(room, actor))
    return st.navigation(groups, position="sidebar" if actor else "hidden")


def may_open(actor: Actor, page: StreamlitPage) -> bool:
    """Whether this person's role opens this page."""
    room = next(room for room in ROOMS if room.path == page.url_path)
    return room.needs in PERMISSIONS.get(actor.role, frozenset())


def refuse(actor: Actor) -> None:
    """What somebody sees who may not open a page."""
    st.title("This page is for admins")
    st.text(
        f"You are signed in as {actor.username}, whose role is {actor.role}. Ask an admin to change something here."
    )


def sidebar(actor: Actor, settings: Settings) -> None:
    """Whose practice this is, whether the money is real, who is signed in, and the way out."""
    with st.sidebar:
        style = "font-size:1.05rem;font-weight:650;overflow-wrap:anywhere"
        st.html(f'<div style="{style}">{escape(shown(settings.practice))}</div>')
        mode.banner(settings)
        st.text(f"{shown(actor.name, 40)} · {actor.role}")
        with st.popover("Change password", icon=":material/key:", width="stretch"):
            people_form.own_password(shared().as_actor(actor))
        st.button("Sign out", icon=":material/logout:", key="sign_out", on_click=session.sign_out, width="stretch")
        _watch()


def room_for_tables() -> None:
    """Streamlit's wide page leaves a hand's breadth on each side; a table of ten columns needs it."""
    st.html(
        "<style>[data-testid='stMainBlockContainer']{padding-left:2.5rem;padding-right:2.5rem}"
        "@media(max-width:640px){[data-testid='stMainBlockContainer']{padding-left:1rem;padding-right:1rem}}</style>"
    )


def words_of_what_is_chosen() -> None:
    """Streamlit writes a chosen tab in the accent colour: dark enough for white words on a button, too dark at night
    for words on the page. They keep the colour of the others; a line or a frame tells which is chosen.
    """
    chosen = "[role='tab'][aria-selected='true'],[role='radio'][aria-checked='true'],button[aria-pressed='true']"
    st.html(f"<style>[data-testid='stMain'] :is({chosen}){{color:inherit}}</style>")


def _page(room: Room, actor: Actor | None) -> StreamlitPage:
    inside = actor is not None and room.needs in PERMISSIONS.get(actor.role, frozenset())
    return st.Page(
        room.script,
        title=room.title,
        icon=f":material/{room.icon}:",
        url_path=room.path or None,
        default=not room.path,
        visibility="visible" if room.listed and inside else "hidden",
    )


@st.fragment(run_every=30)
def _watch() -> None:
    """A screen left open goes blank within half a minute of its session ending; looking does not keep it alive."""
    if session.actor() is None:
        st.rerun()
    somebody_is_here()
