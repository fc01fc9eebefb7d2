"""Signs somebody in where there is no browser: a real person and a real session in the database, and its cookie.

`sign_in(monkeypatch, ctx, "manager")`, then `screen("invoices")` draws that page through the door, as main.py does.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.context import Context
from lib.mirror.database import writing
from lib.mirror.rows import insert_once
from lib.people import Actor, passwords, register, sessions, tables, who
from lib.ui import session

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "lib" / "ui" / "main.py"
PASSWORD = "four plain english words"


def sign_in(monkeypatch: pytest.MonkeyPatch, ctx: Context, role: str, username: str = "mira") -> Context:
    """Make `ctx` the process's context, with somebody of this role signed in. Returns the context in their hands."""
    cookie = sessions.begin(ctx.engine, add_person(monkeypatch, ctx, role, username), ctx.now)
    be_at_the_screen(monkeypatch, ctx, cookie)
    return ctx.as_actor(who(ctx.engine, cookie, ctx.now))


def add_person(monkeypatch: pytest.MonkeyPatch, ctx: Context, role: str, username: str) -> str:
    """Add a person with PASSWORD, hashed quickly; returns the username."""
    monkeypatch.setattr(passwords, "COST", 4)
    with writing(ctx.engine) as conn:
        insert_once(conn, tables.users, register.new_row(username, username.title(), PASSWORD, role, ctx.now))
    return username


def be_at_the_screen(monkeypatch: pytest.MonkeyPatch, ctx: Context, cookie: str | None) -> None:
    """A browser with this cookie, or with none: AppTest cannot hold one."""
    monkeypatch.setattr("lib.context._shared", [ctx.as_actor(None)])
    monkeypatch.setattr(session, "cookie", lambda: cookie)


def actor_of(ctx: Context) -> Actor:
    """Who holds this context."""
    assert ctx.actor is not None
    return ctx.actor


def screen(page: str = "overview", **query: str) -> AppTest:
    """A page as this person sees it, drawn once: `screen("customer", id="cus_1")`. `page` is a file of pages/."""
    drawn = AppTest.from_file(str(MAIN), default_timeout=20)
    for name, value in query.items():
        drawn.query_params[name] = value
    if page == "overview":
        return drawn.run()
    if "_" in page:
        drawn.run()  # its address is not its file's name, which is known once the pages are registered
    return drawn.switch_page(f"../../pages/{page}.py").run()
