"""Who can be an actor, and who has been one."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import audit
from lib.people import SHELL
from lib.people.tables import users
from lib.text import shown


def actors(ctx: Context) -> list[str]:
    """Everybody who ever did something, from one to the next by index: a log is long and the people are few."""
    first = select(func.min(audit.c.actor).label("actor")).cte("people", recursive=True)
    after = select(func.min(audit.c.actor)).where(audit.c.actor > first.c.actor).scalar_subquery()
    everybody = first.union_all(select(after).where(first.c.actor.is_not(None)))
    with reading(ctx.engine) as conn:
        return list(conn.execute(select(everybody.c.actor).where(everybody.c.actor.is_not(None))).scalars())


def people(ctx: Context) -> dict[str, str]:
    """How everybody reads who can be an actor, by username: their name, with the username where two have the same."""
    with reading(ctx.engine) as conn:
        names = {row.username: shown(row.name) for row in conn.execute(select(users.c.username, users.c.name))}
    many = Counter(names.values())
    told = {username: name if many[name] == 1 else f"{name} ({username})" for username, name in names.items()}
    return {**told, SHELL.username: SHELL.name}
