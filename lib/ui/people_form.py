"""Adding a person, and changing what one may do."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib import people
from lib.context import Context
from lib.text import shown
from lib.ui import feedback
from lib.ui.forms import Form

_MAY = {
    "viewer": "viewer: look and download",
    "manager": "manager: everything with money",
    "admin": "admin: that, people and settings",
}


def add(ctx: Context) -> None:
    """The form for a new person; they are told the password by whoever adds them."""
    form = Form("person")
    with st.form(form.field("form"), enter_to_submit=False):
        form.trouble()
        username = form.text("New username", "username", autocomplete="off")
        full_name = form.text("Full name", "full_name")
        role = form.choice("Role", "role", list(people.ROLES), format_func=_MAY.get)
        password = form.text(
            "First password", "password", type="password", autocomplete="new-password", help="At least 12 characters"
        )
        pressed = st.form_submit_button("Add person", type="primary")
    if pressed:
        with form.submitting(("username", "full_name", "role", "password")):
            people.add(ctx, username, password, role, full_name)
        form.finish()
        feedback.flash("The person was added. Tell them their first password in person.")
        st.rerun()


def change(ctx: Context, who: Any) -> None:
    """Another role, another password, on or off. Each ends the person's sessions at once."""
    form = Form(f"person.{who['username']}")
    with st.container(border=True):
        st.text(f"{shown(who['name'])} ({who['username']})")
        form.trouble()
        role = form.choice(
            "Role", "role", list(people.ROLES), format_func=_MAY.get, index=people.ROLES.index(who["role"])
        )
        password = form.text("New password", "password", type="password", autocomplete="new-password")
        with st.container(horizontal=True):
            if st.button("Save role", key="person.role", disabled=role == who["role"]):
                _do(form, "The role was changed.", people.set_role, ctx, who["username"], role)
            if st.button("Save password", key="person.password", disabled=not password):
                _do(form, "The password was changed.", people.set_password, ctx, who["username"], password)
            if st.button("Switch off" if who["active"] else "Switch on", key="person.switch"):
                _do(form, "Done.", people.disable if who["active"] else people.enable, ctx, who["username"])


def own_password(ctx: Context) -> None:
    """Change one's own password; every session of one's own ends, this one too."""
    form = Form("own_password")
    with st.form(form.field("form"), enter_to_submit=False, border=False):
        form.trouble()
        current = form.text("Current password", "current", type="password", autocomplete="current-password")
        new = form.text(
            "New password", "password", type="password", autocomplete="new-password", help="At least 12 characters"
        )
        pressed = st.form_submit_button("Change password")
    if pressed:
        with form.submitting(("current", "password"), waiting="Checking…"):
            people.change_own_password(ctx, current, new)
        form.finish()
        st.rerun()


def _do(form: Form, done: str, action: Any, *given: Any) -> None:
    with form.submitting(("role", "password")):
        action(*given)
    form.finish()
    feedback.flash(done)
    st.rerun()
