"""Finishing what was cut off: intents left open are driven again, and what is too old to send by itself waits for a
person.
"""

from __future__ import annotations

from sqlalchemy import select

from lib.actions import balances, invoices, organisations, patients
from lib.actions._drive import drive
from lib.actions._intent import OPEN, change, load
from lib.context import Context
from lib.errors import PayerdeskError
from lib.mirror.database import reading
from lib.mirror.ours import intents

# Importing them makes their kinds known to the spine.
KNOWN = (balances, invoices, organisations, patients)

_PATIENCE = 120
_NEVER_SENT = 600
# Stripe may forget a key after a day: after that nothing is sent again without a person.
_KEY_LIFE = 23 * 3600

_PARKED = "This was left unfinished too long to be sent again by itself. Check in Stripe whether it happened."


def resolve(ctx: Context) -> int:
    """Drive every intent that has been open for two minutes; returns how many were looked at."""
    with reading(ctx.engine) as conn:
        stale = (
            intents.c.state.in_(OPEN) & (intents.c.updated < ctx.now - _PATIENCE) & (intents.c.lease_until < ctx.now)
        )
        waiting = conn.execute(select(intents.c.id).where(stale).order_by(intents.c.created)).scalars().all()
    for intent_id in waiting:
        _one(ctx, intent_id)
    return len(waiting)


def _one(ctx: Context, intent_id: str) -> None:
    intent = load(ctx, intent_id)
    limit = _KEY_LIFE if intent.progress else _NEVER_SENT
    if ctx.now - intent.created > limit:
        change(ctx, intent, state="review", words=_PARKED, lease_until=0)
        return
    try:
        drive(ctx, intent_id)
    except PayerdeskError:
        return  # still open; the next round looks again
