"""What every decision of a person about a change has in common: it is about the change as it was on their screen
(`generation`), is written down in one transaction with it, and of two presses one has an effect.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from lib import audit
from lib.actions import _kinds  # noqa: F401 - what waits may be of any kind
from lib.actions._intent import KINDS, Intent, load
from lib.actions._submit import refuse_as_busy
from lib.context import Context
from lib.errors import Changed, NotFound, Refused
from lib.mirror.database import reading, writing
from lib.mirror.ours import intents
from lib.people import Actor


def known(ctx: Context, intent: str) -> Intent:
    """The change. Raises NotFound, or Refused where a newer version stored it."""
    with reading(ctx.engine) as conn:
        kind = conn.execute(select(intents.c.kind).where(intents.c.id == intent)).scalar()
    if kind is None:
        raise NotFound("This change is not on record here.")
    if kind not in KINDS:
        raise Refused("This version of Payerdesk does not know this kind of change.")
    return load(ctx, intent)


def as_shown(wish: Intent, state: str, generation: int) -> bool:
    """Whether nobody decided about it since the screen was drawn."""
    return (wish.state, wish.generation) == (state, generation)


def must_be(wish: Intent, state: str) -> None:
    """Raises Changed when somebody decided otherwise meanwhile."""
    if wish.state != state:
        raise Changed("Somebody else decided about this meanwhile: see under Activity what came of it.")


@contextmanager
def deciding(ctx: Context, wish: Intent) -> Iterator[Connection]:
    """The transaction of a decision that lets a change go again. Raises Refused while another is under way on the same
    object: the database allows one at a time.
    """
    try:
        with writing(ctx.engine) as conn:
            yield conn
    except IntegrityError:
        with reading(ctx.engine) as conn:
            refuse_as_busy(conn, wish.target)


def let_go(ctx: Context, conn: Connection, wish: Intent, state: str, **values: Any) -> bool:
    """Let it go again from where it stood on the screen; its age counts from now. False when somebody was first."""
    same = (intents.c.id == wish.id) & (intents.c.state == wish.state) & (intents.c.generation == wish.generation)
    body = conn.execute(select(intents.c.body).where(same).with_for_update()).scalar()
    if body is None:
        return False
    begun = json.dumps({**json.loads(body), "began": ctx.now}, sort_keys=True)
    moved = {"state": state, "body": begun, "updated": ctx.now, "lease_until": 0, **values}
    return bool(conn.execute(update(intents).where(same).values(**moved)).rowcount)


def noted(conn: Connection, actor: Actor, verb: str, wish: Intent, **detail: Any) -> None:
    """The decision's entry in the audit log."""
    if wish.amount:
        detail |= {"total": wish.amount.minor, "currency": wish.amount.currency}
    audit.record(
        conn,
        actor=actor.username,
        role=actor.role,
        verb=verb,
        subject=wish.target or wish.result,
        intent=wish.id,
        detail={"change": KINDS[wish.kind].verb, **detail},
    )
