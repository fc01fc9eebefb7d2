"""Who is at this screen. Identity comes from the cookie and the database at every look, never from `st.session_state`.

Pages call `context()` and hand it to queries and actions.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lib.context import Context, shared
from lib.people import Actor, sessions, who
from lib.settings import Settings

# The package that draws the sign-in form keeps these keys in session_state: no widget may be called so.
RESERVED_KEYS = frozenset({"name", "username", "email", "roles", "authentication_status", "logout", "password_hint"})
_WHO, _LEFT = "pd_who", "pd_left"


@dataclass(frozen=True)
class Farewell:
    """Somebody was signed in here until now: did they sign out themselves, or did their session end?"""

    by_choice: bool


def cookie_name(settings: Settings) -> str:
    """Over https the browser itself holds the cookie to this host and to secure connections (`__Host-`)."""
    return "__Host-payerdesk" if over_https(settings) else "payerdesk"


def over_https(settings: Settings) -> bool:
    """Whether people reach the dashboard over https."""
    return settings.public_url.startswith("https://")


def cookie() -> str | None:
    """What the browser's cookie holds. The one place that reads it, so that tests can stand in for a browser."""
    return st.context.cookies.get(cookie_name(shared().settings))


def actor(*, touch: bool = False) -> Actor | None:
    """Who is signed in, as the database knows them now. `touch` counts as use and keeps an idle session alive."""
    ctx = shared()
    return who(ctx.engine, cookie(), ctx.now, touch=touch)


def context() -> Context:
    """The context in the hands of whoever is at this screen; a fragment whose session is gone goes back to the door."""
    found = actor()
    if found is None:
        st.rerun()
    return shared().as_actor(found)


def arrive(found: Actor | None) -> Farewell | None:
    """Forget what a screen held for somebody else. Says farewell where somebody was signed in a moment ago."""
    before, by_choice = st.session_state.get(_WHO), bool(st.session_state.get(_LEFT))
    if before is not None and before != (found and found.username):
        st.session_state.clear()
    st.session_state[_WHO] = found.username if found else None
    return Farewell(by_choice) if before and found is None else None


def sign_out() -> None:
    """End the session now, whatever the browser still holds. A button's callback."""
    ctx = shared()
    sessions.end(ctx.engine, cookie(), ctx.now)
    st.session_state[_LEFT] = True
