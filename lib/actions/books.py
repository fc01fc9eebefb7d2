"""Agreeing to a difference between our records and Stripe: what it is about may be changed again."""

from __future__ import annotations

from sqlalchemy import select, update

from lib import audit
from lib.context import Context
from lib.errors import NotFound
from lib.mirror.database import writing
from lib.mirror.ours import differences
from lib.people import need


def agree(ctx: Context, *, difference: str) -> None:
    """A person has looked, and takes Stripe's side as it stands. Agreeing twice is agreeing once.

    Raises NotAllowed, or NotFound where the two sides have come to agree meanwhile.
    """
    actor = need(ctx, "settings")
    with writing(ctx.engine) as conn:
        found = conn.execute(select(differences).where(differences.c.id == difference).with_for_update()).first()
        if found is None:
            raise NotFound("The two sides agree by now: there is nothing left to agree to.")
        if found.agreed_at:
            return
        agreed = {"agreed_by": actor.username, "agreed_at": ctx.now}
        conn.execute(update(differences).where(differences.c.id == difference).values(**agreed))
        audit.record(
            conn,
            actor=actor.username,
            role=actor.role,
            verb="books:agree",
            subject=found.object,
            detail={"difference": difference},
        )
