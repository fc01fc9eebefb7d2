"""The sign-in page: streamlit-authenticator's form, and nothing else of that package.

Its own check, cookie, lockout and storage stay out: its cookie can be read by scripts and outlives a sign-out, its
lockout forgets, and its file of users breaks under two writers. What stands behind the form is lib.people.
"""

from __future__ import annotations

from html import escape

import streamlit as st
from streamlit_authenticator import Authenticate

from lib.context import Context, shared
from lib.people import Answer, anyone, check_password, demo
from lib.text import shown
from lib.ui import mode
from lib.ui.session import Farewell

_FIELDS = {"Form name": "Welcome", "Username": "Username", "Password": "Password", "Login": "Sign in"}
# The package draws its button without saying that it is the one to press.
_STYLE = """<style>
div[data-testid="stFormSubmitButton"] button {width: 100%; background: #0b6570; color: #fff; border: 0}
div[data-testid="stFormSubmitButton"] button:hover {background: #085a64; color: #fff}</style>"""
_ROLES_DO = {"viewer": "look and download", "manager": "also move money", "admin": "also change people and settings"}


class _Door:
    """Stands where the package keeps its controllers, so that a press of its button is checked by us."""

    answer: Answer | None = None
    incomplete = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def login(self, username: str | None, password: str | None, *_limits: object, **_options: object) -> bool:
        """The package calls this when its button is pressed, with exactly what was typed."""
        self.incomplete = not (username and username.strip() and password)
        if self.incomplete:
            return False
        self.answer = check_password(self._ctx.engine, username or "", password or "", self._ctx.now)
        return bool(self.answer)

    def get_cookie(self) -> None:
        """No cookie of the package's signs anybody in."""

    def set_cookie(self) -> None:
        """The browser trades the ticket for an HttpOnly cookie, which no script could set."""


class _Form(Authenticate):
    """The package's form over our door. Its own start draws a cookie component and keeps users in memory: left out."""

    def __init__(self, door: _Door) -> None:
        self.path = None
        self.attrs = {"login_sleep_time": 0}
        self.cookie_controller = self.authentication_controller = door


def show(farewell: Farewell | None = None) -> None:
    """Draw the page; on the right password hand the browser its ticket."""
    ctx, door = shared(), _Door(shared())
    st.html(_STYLE)
    with st.container(horizontal_alignment="center"), st.container(width=460):
        _heading(ctx)
        place = st.empty()
        with place.container():
            _say_farewell(farewell)
            _Form(door).login(fields=_FIELDS, key="sign_in")
        if door.answer and door.answer.ticket:
            place.empty()
            _hand_over(door.answer.ticket)
        elif problem := _problem(door):
            st.error(problem, icon=":material/lock:")
        _help(ctx)


def _heading(ctx: Context) -> None:
    practice = escape(shown(ctx.settings.practice))
    st.html(
        f'<div style="font-size:1.75rem;font-weight:650;line-height:1.2;overflow-wrap:anywhere">{practice}</div>'
        '<div style="opacity:.75;margin-top:.35rem">Payerdesk: who owes the practice what, who pays for whom, '
        "and what is held on account.</div>"
    )
    mode.banner(ctx.settings)


def _say_farewell(farewell: Farewell | None) -> None:
    if farewell is None:
        return
    if farewell.by_choice:
        st.info("You are signed out.", icon=":material/logout:")
        st.html('<script src="/session/go.js" data-end="yes"></script>', unsafe_allow_javascript=True)
    else:
        st.info("Your session has ended. Sign in to go on where you were.", icon=":material/schedule:")


def _problem(door: _Door) -> str:
    if door.incomplete:
        return "Type your username and your password."
    if door.answer is None:
        return ""
    if door.answer.wait:
        return f"Too many wrong passwords for this username. Wait {_in_words(door.answer.wait)}, then try again."
    return "The username or the password is not right."


def _in_words(seconds: int) -> str:
    if seconds <= 60:
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    minutes = -(-seconds // 60)
    return f"{minutes} minutes"


def _hand_over(ticket: str) -> None:
    script = f'<script src="/session/go.js" data-ticket="{escape(ticket)}"></script>'
    st.html(f'<p id="payerdesk-go" role="status">Signing you in…</p>{script}', unsafe_allow_javascript=True)


def _help(ctx: Context) -> None:
    people = demo.shown(ctx)
    if people:
        st.caption("This is a demo with invented data. Three people are ready:")
        usernames, passwords = [username for username, _ in people], [password for _, password in people]
        st.table({"Username": usernames, "Password": passwords, "May": [_ROLES_DO[username] for username in usernames]})
    elif not anyone(ctx):
        st.info("Nobody can sign in yet. On the computer that runs Payerdesk, type:", icon=":material/person_add:")
        st.code(".venv/bin/python -m lib people add NAME --role admin", language="shell")
