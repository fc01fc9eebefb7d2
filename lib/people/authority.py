"""May this person do this, now? Asked first in every action and every download, never answered from memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Row, select

from lib import audit
from lib.errors import NotAllowed
from lib.mirror.database import reading, writing
from lib.people.roles import PERMISSIONS, SHELL, SHELL_PERMISSIONS, Actor
from lib.people.sessions import alive
from lib.people.tables import users

if TYPE_CHECKING:
    from lib.context import Context


def need(ctx: Context, permission: str) -> Actor:
    """The actor as the database knows them now. Raises NotAllowed when they may not, or are no longer signed in."""
    if ctx.actor is SHELL:
        if permission in SHELL_PERMISSIONS:
            return SHELL
        raise NotAllowed("The command line may not do this: it needs a person who is signed in.")
    actor = _now(ctx)
    if permission not in PERMISSIONS.get(actor.role, frozenset()):
        _note(ctx, actor, permission)
        raise NotAllowed(f"The role {actor.role} may not do this. Ask whoever looks after Payerdesk at your practice.")
    return actor


def _now(ctx: Context) -> Actor:
    if ctx.actor is None:
        raise NotAllowed("You are not signed in.")
    with reading(ctx.engine) as conn:
        row = _look(conn, ctx, ctx.actor)
    if row is None:
        raise NotAllowed("You are no longer signed in. Sign in again; nothing was changed.")
    return Actor(row.username, row.name, row.role, ctx.actor.session)


def _look(conn: Connection, ctx: Context, actor: Actor) -> Row | None:
    if actor.session is not None:
        row = alive(conn, actor.session, ctx.now)
        return row if row and row.username == actor.username else None
    return conn.execute(select(users).where(users.c.username == actor.username, users.c.active)).first()


def _note(ctx: Context, actor: Actor, permission: str) -> None:
    with writing(ctx.engine) as conn:
        denied = {"permission": permission}
        audit.record(
            conn, actor=actor.username, role=actor.role, verb="people:denied", subject=actor.username, detail=denied
        )
