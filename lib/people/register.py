"""The people of the practice: adding them, their role and password, and switching them off.

People are never deleted, because the audit log speaks of them. Whoever changes somebody's role or password, or disables
them, ends all of their sessions in the same transaction.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, select, update

from lib import audit
from lib.errors import NotFound, Refused, Together
from lib.mirror.database import reading, writing
from lib.mirror.rows import insert_once
from lib.people.authority import need
from lib.people.passwords import check_rules, hash_password
from lib.people.roles import ROLES, Actor
from lib.people.tables import sessions, users

if TYPE_CHECKING:
    import pandas as pd

    from lib.context import Context

USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}", re.ASCII)


def tidy(username: str) -> str:
    """A username as it is stored: no spaces around it, lower case."""
    return username.strip().casefold()


def add(ctx: Context, username: str, password: str, role: str, name: str = "") -> Actor:
    """Add a person. Raises Refused with every field at fault; a username that exists is refused, not changed."""
    by, username = need(ctx, "people"), tidy(username)
    with Together() as check:
        check(_check_username, ctx, username)
        check(_check_role, role)
        check(check_rules, password, username, ctx.settings.practice)
    row = new_row(username, name.strip() or username, password, role, ctx.now)
    with writing(ctx.engine) as conn:
        if not insert_once(conn, users, row):
            raise _taken(username)
        audit.record(conn, actor=by.username, role=by.role, verb="people:add", subject=username, detail={"role": role})
    return Actor(username, row["name"], role)


def set_role(ctx: Context, username: str, role: str) -> None:
    """Give a person another role; they sign in again. The last admin keeps theirs."""
    by = need(ctx, "people")
    _check_role(role)
    with writing(ctx.engine) as conn:
        user = _find(conn, username)
        if user.role == role:
            return
        _keep_an_admin(conn, user)
        _change(conn, by, user, "people:role", {"role": role}, {"before": user.role, "after": role})


def set_password(ctx: Context, username: str, password: str) -> None:
    """Give a person another password; they sign in again."""
    by = need(ctx, "people")
    _store_password(ctx, by, username, password)


def change_own_password(ctx: Context, current: str, new: str) -> None:
    """Change one's own password, which asks for the current one. All of one's sessions end, this one too."""
    from lib.people.door import check_password

    me = need(ctx, "look")
    if not check_password(ctx.engine, me.username, current, ctx.now):
        raise Refused("The current password is not right.", field="current")
    _store_password(ctx, me, me.username, new)


def disable(ctx: Context, username: str) -> None:
    """Switch a person off: their sessions end at once. The last admin stays."""
    by = need(ctx, "people")
    with writing(ctx.engine) as conn:
        user = _find(conn, username)
        if user.active:
            _keep_an_admin(conn, user)
            _change(conn, by, user, "people:disable", {"active": False})


def enable(ctx: Context, username: str) -> None:
    """Switch a person on again, with the role and password they had."""
    by = need(ctx, "people")
    with writing(ctx.engine) as conn:
        user = _find(conn, username)
        if not user.active:
            _change(conn, by, user, "people:enable", {"active": True})


def table(ctx: Context) -> pd.DataFrame:
    """Everybody: username, name, role, active, created and last_seen (Unix seconds; last_seen may be missing)."""
    import pandas as pd  # slow and large: whoever only needs a person's name need not wait for it

    need(ctx, "people")
    last = (
        select(sessions.c.username, func.max(sessions.c.seen).label("last_seen"))
        .group_by(sessions.c.username)
        .subquery()
    )
    columns = (users.c.username, users.c.name, users.c.role, users.c.active, users.c.created, last.c.last_seen)
    query = (
        select(*columns)
        .select_from(users.outerjoin(last, users.c.username == last.c.username))
        .order_by(users.c.username)
    )
    with reading(ctx.engine) as conn:
        rows = conn.execute(query).all()
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return frame.astype({"created": "Int64", "last_seen": "Int64", "active": "bool"})


def anyone(ctx: Context) -> bool:
    """Whether there is anybody who could sign in."""
    with reading(ctx.engine) as conn:
        return conn.execute(select(users.c.username).where(users.c.active).limit(1)).first() is not None


def new_row(username: str, name: str, password: str, role: str, now: int, *, demo: bool = False) -> dict[str, Any]:
    """A person as they are stored, with their password hashed."""
    person = {"username": username, "name": name, "password": hash_password(password), "role": role}
    return {**person, "active": True, "epoch": 1, "demo": demo, "created": now}


def _store_password(ctx: Context, by: Actor, username: str, password: str) -> None:
    check_rules(password, tidy(username), ctx.settings.practice)
    hashed = hash_password(password)
    with writing(ctx.engine) as conn:
        _change(conn, by, _find(conn, username), "people:password", {"password": hashed, "demo": False})


def _change(
    conn: Connection, by: Actor, user: Row, verb: str, values: dict[str, Any], detail: dict[str, Any] | None = None
) -> None:
    """The epoch moves on with every change here: sessions and tickets of before are dead."""
    conn.execute(update(users).where(users.c.username == user.username).values(epoch=users.c.epoch + 1, **values))
    audit.record(conn, actor=by.username, role=by.role, verb=verb, subject=user.username, detail=detail or {})


def _find(conn: Connection, username: str) -> Row:
    row = conn.execute(select(users).where(users.c.username == tidy(username))).first()
    if row is None:
        raise NotFound(f"There is no person with the username {tidy(username)}.", field="username")
    return row


def _check_username(ctx: Context, username: str) -> None:
    if not USERNAME.fullmatch(username):
        raise Refused(
            "A username has 1 to 64 letters, digits or . _ - + @ and starts with a letter or digit.", field="username"
        )
    with reading(ctx.engine) as conn:
        if conn.execute(select(users.c.username).where(users.c.username == username)).first():
            raise _taken(username)


def _taken(username: str) -> Refused:
    return Refused(f"There is already a person with the username {username}.", field="username")


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise Refused(f"The role is one of {', '.join(ROLES)}.", field="role")


def _keep_an_admin(conn: Connection, user: Row) -> None:
    admins = select(users.c.username).where(users.c.role == "admin", users.c.active).order_by(users.c.username)
    if conn.execute(admins.with_for_update()).scalars().all() == [user.username]:
        raise Refused("This is the last admin: give somebody else that role first.", field="username")
