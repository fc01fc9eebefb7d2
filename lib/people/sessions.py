"""Who is signed in: the only source of identity.

Signing in gives the page a one-time ticket; the browser trades it for a session id that only its cookie holds. Every
look-up joins session and user, so a sign-out, a disabled user, a new role or a new password counts from the next look
on.
"""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import Connection, Engine, Row, Select, bindparam, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from lib import audit
from lib.mirror.database import reading, writing
from lib.people.roles import Actor
from lib.people.tables import sessions, tickets, users

IDLE = 30 * 60
LONGEST = 12 * 3600
TICKET_LIFE = 60
SEEN_GRAIN = 60  # a click a second is not a write a second
_KEEP_ENDED = 30 * 24 * 3600


def fingerprint(secret: str) -> str:
    """What is stored of a session id or a ticket."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def who(engine: Engine, cookie: str | None, now: int, *, touch: bool = True) -> Actor | None:
    """The person behind a cookie, or None. Looking keeps an idle session alive unless `touch` is False."""
    if not cookie:
        return None
    with reading(engine) as conn:
        row = alive(conn, fingerprint(cookie), now)
    if row is None:
        return None
    if touch and now - row.seen >= SEEN_GRAIN:
        with writing(engine) as conn:
            conn.execute(update(sessions).where(sessions.c.id == row.id).values(seen=now))
    return Actor(row.username, row.name, row.role, row.id)


def alive(conn: Connection, session: str, now: int) -> Row | None:
    """The session and its user when both still count: not ended, not idle, not too old, same epoch, user active."""
    return conn.execute(_ALIVE, {"session": session, "used": now - IDLE, "begun": now - LONGEST}).first()


# Asked several times for every click, so it is put together once.
_ALIVE = (
    select(sessions.c.id, sessions.c.seen, users.c.username, users.c.name, users.c.role)
    .join_from(sessions, users, sessions.c.username == users.c.username)
    .where(
        sessions.c.id == bindparam("session"),
        sessions.c.dead.is_(None),
        sessions.c.seen > bindparam("used"),
        sessions.c.born > bindparam("begun"),
        sessions.c.epoch == users.c.epoch,
        users.c.active,
    )
)


def mint_ticket(conn: Connection, username: str, epoch: int, now: int) -> str:
    """A ticket for somebody who has just proved who they are: good once, for a minute."""
    ticket = secrets.token_urlsafe(32)
    conn.execute(delete(tickets).where(tickets.c.born < now - 10 * TICKET_LIFE))
    conn.execute(insert(tickets).values(id=fingerprint(ticket), username=username, epoch=epoch, born=now))
    return ticket


def claim(engine: Engine, ticket: str, now: int) -> str | None:
    """Trade a ticket for a session id, once. None when it is used, too old, or its user changed since."""
    with writing(engine) as conn:
        fresh = (tickets.c.id == fingerprint(ticket)) & tickets.c.used.is_(None) & (tickets.c.born > now - TICKET_LIFE)
        if conn.execute(update(tickets).where(fresh).values(used=now)).rowcount != 1:
            return None
        user = conn.execute(_owner(ticket)).first()
        return _begin(conn, user, now) if user else None


def end(engine: Engine, cookie: str | None, now: int) -> None:
    """Sign out: the session is over wherever its cookie still lies. Twice is once."""
    if not cookie:
        return
    mine = sessions.c.id == fingerprint(cookie)
    with writing(engine) as conn:
        if conn.execute(update(sessions).where(mine, sessions.c.dead.is_(None)).values(dead=now)).rowcount == 1:
            username = conn.execute(select(sessions.c.username).where(mine)).scalar_one()
            audit.record(conn, actor=username, verb="people:sign_out", subject=username, detail={})


def answers(engine: Engine) -> bool:
    """Whether the database answers: without it nobody can be recognised and nothing can be shown."""
    try:
        with reading(engine) as conn:
            conn.execute(select(sessions.c.id).limit(1))
    except SQLAlchemyError:
        return False
    return True


def begin(engine: Engine, username: str, now: int) -> str:
    """A session without a password, for a caller that has established who this is. Returns the session id."""
    with writing(engine) as conn:
        return _begin(conn, conn.execute(select(users).where(users.c.username == username)).one(), now)


def _owner(ticket: str) -> Select:
    same = (tickets.c.username == users.c.username) & (tickets.c.epoch == users.c.epoch)
    return select(users).join(tickets, same).where(tickets.c.id == fingerprint(ticket), users.c.active)


def _begin(conn: Connection, user: Row, now: int) -> str:
    session = secrets.token_urlsafe(32)
    conn.execute(delete(sessions).where(sessions.c.born < now - _KEEP_ENDED))
    row = {"id": fingerprint(session), "username": user.username, "epoch": user.epoch, "born": now, "seen": now}
    conn.execute(insert(sessions).values(**row))
    audit.record(conn, actor=user.username, role=user.role, verb="people:sign_in", subject=user.username, detail={})
    return session
