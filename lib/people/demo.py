"""The three people of the demo. They exist only on the sandbox's data: their passwords stand in the README."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from lib import audit
from lib.mirror.database import reading, writing
from lib.mirror.rows import insert_once
from lib.people.register import new_row
from lib.people.roles import SHELL
from lib.people.tables import users

if TYPE_CHECKING:
    from lib.context import Context

DEMO = (
    ("viewer", "Vera Looksby", "only-looking-around"),
    ("manager", "Max Ledgerton", "keeping-the-books-tidy"),
    ("admin", "Ada Keyes", "holding-all-the-keys"),
)  # username is the role too


def settle(ctx: Context) -> None:
    """At start: in the sandbox add whoever is missing; anywhere else switch off any that were ever there."""
    if ctx.settings.mode == "sandbox":
        _add_missing(ctx)
        return
    with writing(ctx.engine) as conn:
        conn.execute(update(users).where(users.c.demo, users.c.active).values(active=False, epoch=users.c.epoch + 1))


def shown(ctx: Context) -> list[tuple[str, str]]:
    """Username and password of the demo people who still have the documented password; nothing outside the sandbox."""
    if ctx.settings.mode != "sandbox":
        return []
    with reading(ctx.engine) as conn:
        there = set(conn.execute(select(users.c.username).where(users.c.demo, users.c.active)).scalars())
    return [(username, password) for username, _name, password in DEMO if username in there]


def _add_missing(ctx: Context) -> None:
    with reading(ctx.engine) as conn:
        there = set(conn.execute(select(users.c.username)).scalars())
    rows = [
        new_row(username, name, password, username, ctx.now, demo=True)
        for username, name, password in DEMO
        if username not in there
    ]
    with writing(ctx.engine) as conn:
        for row in rows:
            if insert_once(conn, users, row):
                detail = {"role": row["role"]}
                audit.record(conn, actor=SHELL.username, verb="people:add", subject=row["username"], detail=detail)
