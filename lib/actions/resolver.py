"""Finishing what was cut off: intents left open are driven again, and what is too old to send by itself waits for a
person.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from lib.actions import _kinds  # noqa: F401 - what was left open may be of any kind
from lib.actions._drive import drive
from lib.actions._intent import OPEN
from lib.context import Context
from lib.errors import PayerdeskError
from lib.mirror.database import reading
from lib.mirror.ours import intents

_log = logging.getLogger("payerdesk.resolver")
_PATIENCE, _UNBEGUN, _AT_ONCE = 120, 30, 8
# So long one change may take before the others are looked at.
_WORK = 600


def resolve(ctx: Context) -> int:
    """Drive every intent that has been open for two minutes, several at a time, and half a minute after it was stored
    one that nobody has begun; returns how many were looked at.
    """
    unbegun = (intents.c.state == "planned") & (intents.c.lease_owner == "") & (intents.c.updated < ctx.now - _UNBEGUN)
    left = intents.c.state.in_(OPEN) & (intents.c.updated < ctx.now - _PATIENCE)
    stale = (unbegun | left) & (intents.c.lease_until < ctx.now)
    with reading(ctx.engine) as conn:
        waiting = conn.execute(select(intents.c.id).where(stale).order_by(intents.c.created)).scalars().all()
    if waiting:
        with ThreadPoolExecutor(min(_AT_ONCE, len(waiting)), "resolver") as pool:
            list(pool.map(lambda intent_id: _one(ctx, intent_id), waiting))
    return len(waiting)


def _one(ctx: Context, intent_id: str) -> None:
    try:
        drive(ctx, intent_id, patience=_WORK)
    except PayerdeskError:
        return  # still open; the next round looks again
    except Exception as trouble:  # noqa: BLE001 - one wish that cannot be driven must not hold up the others
        _log.error("intent %s: %s", intent_id, type(trouble).__name__)
