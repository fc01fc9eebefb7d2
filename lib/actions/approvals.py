"""A change that waits for a second person: somebody else agrees, or it is declined or withdrawn and never sent."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from lib.actions._books import refuse_in_doubt
from lib.actions._decisions import as_shown, deciding, known, let_go, must_be, noted
from lib.actions._ending import end_by_hand
from lib.actions._intent import Intent, Outcome
from lib.actions._screen import drive_at_screen
from lib.context import Context
from lib.errors import Refused
from lib.mirror.database import reading
from lib.mirror.ours import approvals
from lib.people import Actor, need


def approve(ctx: Context, intent: str, *, generation: int) -> Outcome:
    """A second person agrees: it is sent now. Raises Refused for whoever asked, and while our books and Stripe's differ
    about what it touches; otherwise as `submit` does.
    """
    actor, wish = need(ctx, "money"), known(ctx, intent)
    if as_shown(wish, "waiting", generation):
        if generation == 1:  # what is tried again may be what they differ about
            refuse_in_doubt(ctx, wish.target, wish.seen)
        with deciding(ctx, wish) as conn:
            if actor.username == _asked_by(conn, wish):
                raise Refused("You asked for this yourself: somebody else must approve it.")
            if let_go(ctx, conn, wish, "planned"):
                _decide(ctx, conn, wish, actor, "approved")
                noted(conn, actor, "change:approve", wish)
    return drive_at_screen(ctx, intent, again=False)


def decline(ctx: Context, intent: str, *, generation: int) -> None:
    """It shall not be sent: a second person declines, or whoever asked withdraws it.

    What was parked and should be tried again is parked again: nobody knows yet whether it happened.
    """
    actor, wish = need(ctx, "money"), known(ctx, intent)
    state = "review" if wish.generation > 1 else "refused"
    if as_shown(wish, "waiting", generation):
        with reading(ctx.engine) as conn:
            own = actor.username == _asked_by(conn, wish)

        def beside(conn: Connection) -> None:
            _decide(ctx, conn, wish, actor, "declined")
            noted(conn, actor, "change:decline", wish, withdrawn=own)

        words = f"{'Withdrawn' if own else 'Declined'} by {actor.username}."
        ended = end_by_hand(ctx, wish, state, words, of="waiting", beside=beside)
        must_be(ended, state)
        return
    must_be(wish, state)


def _asked_by(conn: Connection, wish: Intent) -> str:
    found = conn.execute(select(approvals.c.asked_by).where(approvals.c.intent == wish.id)).scalar()
    return str(found or wish.actor)


def _decide(ctx: Context, conn: Connection, wish: Intent, actor: Actor, verdict: str) -> None:
    told = {"decided_by": actor.username, "decided_at": ctx.now, "verdict": verdict}
    conn.execute(update(approvals).where(approvals.c.intent == wish.id, approvals.c.verdict == "").values(**told))
