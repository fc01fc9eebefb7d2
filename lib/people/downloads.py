"""Tickets for a download: good once, for a minute, in the session that asked, and in any process of the dashboard."""

from __future__ import annotations

import secrets

from sqlalchemy import Engine, delete, insert

from lib.mirror.database import writing
from lib.people.roles import Actor
from lib.people.sessions import fingerprint
from lib.people.tables import downloads

LIFE = 60


def mint(engine: Engine, actor: Actor, wanted: str, now: int) -> str:
    """A ticket for what this person wants to take away. Only its fingerprint is stored; what grew too old goes."""
    ticket = secrets.token_urlsafe(32)
    row = {"id": fingerprint(ticket), "session": actor.session, "username": actor.username, "wanted": wanted}
    with writing(engine) as conn:
        conn.execute(delete(downloads).where(downloads.c.born <= now - LIFE))
        conn.execute(insert(downloads).values(**row, born=now))
    return ticket


def claim(engine: Engine, actor: Actor, ticket: str, now: int) -> str | None:
    """What this person wanted, once. None when it was fetched before, is too old, or was asked for in another session:
    then the ticket stays good for whoever it belongs to.
    """
    mine = (
        downloads.c.id == fingerprint(ticket),
        downloads.c.session == actor.session,
        downloads.c.username == actor.username,
        downloads.c.born > now - LIFE,
    )
    with writing(engine) as conn:
        return conn.execute(delete(downloads).where(*mine).returning(downloads.c.wanted)).scalar()
