"""The check at the door: is this the right password, and if so, a ticket for a session."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Row, select

from lib import audit
from lib.mirror.database import reading, writing
from lib.people import guessing
from lib.people.passwords import matches
from lib.people.register import USERNAME, tidy
from lib.people.sessions import mint_ticket
from lib.people.tables import users


@dataclass(frozen=True)
class Answer:
    """What the door says: a ticket when the password was right, or how many seconds to wait, or neither: wrong.

    It never says whether such a person exists.
    """

    ticket: str | None = None
    wait: int = 0

    def __bool__(self) -> bool:
        return self.ticket is not None


def check_password(engine: Engine, username: str, password: str, now: int) -> Answer:
    """Compare a password with the stored one: as slowly, and as patiently, for a name that nobody has."""
    username = tidy(username)
    if wait := guessing.try_now(engine, username, now):
        return Answer(wait=wait)
    user = _look(engine, username)
    right = matches(password, user.password if user else None)
    with writing(engine) as conn:
        guessing.settle(conn, username, now, right=right)
        if right and user:
            return Answer(ticket=mint_ticket(conn, user.username, user.epoch, now))
        _note_miss(conn, user)
    return Answer()


def _look(engine: Engine, username: str) -> Row | None:
    if not USERNAME.fullmatch(username):
        return None  # nobody is called that, and a database need not be able to hold it
    with reading(engine) as conn:
        return conn.execute(select(users).where(users.c.username == username, users.c.active)).first()


def _note_miss(conn: Connection, user: Row | None) -> None:
    subject = user.username if user else ""  # what was typed stays out: it may be a password in the wrong box
    audit.record(conn, actor="", verb="people:miss", subject=subject, detail={})
