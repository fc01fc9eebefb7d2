"""How every page begins: who is asking, what is it called, what was just done, how old are the figures."""

from __future__ import annotations

import streamlit as st

from lib.context import Context
from lib.people import PERMISSIONS
from lib.sync.presence import somebody_is_here
from lib.ui import feedback, mode, session


def begin(title: str, *, name: str = "") -> Context:
    """Draw the top of a page and return the context of whoever opened it. `title` is ours; `name` may be anybody's."""
    ctx = session.context()
    somebody_is_here()
    st.title(feedback.safe(name) if name else title, anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        mode.badge(ctx.settings)
        feedback.said_age(ctx)
    with st.container():  # a place that is always there: nothing below is made anew when the words go
        feedback.show_flash()
    return ctx


def may(ctx: Context, permission: str) -> bool:
    """Whether to draw a control at all; the action behind it asks again."""
    return ctx.actor is not None and permission in PERMISSIONS.get(ctx.actor.role, frozenset())


def go(path: str, **query: str) -> None:
    """Open another page of ours, with Stripe ids in its address and never a name."""
    st.switch_page(f"../../pages/{path}.py", query_params=query)


def link(path: str, label: str, *, icon: str | None = None, **query: str) -> None:
    """A way to another page of ours; `label` may be anybody's name."""
    st.page_link(f"../../pages/{path}.py", label=feedback.safe(label), icon=icon, query_params=query)
