"""What waits for a person: a change of which nobody knows what became, and one that needs a second person.

What a person decides is written down in one transaction with the change, and holds for the change as it was on their
screen (`generation`): of two who press at once, or of two presses, one has an effect.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from lib import audit
from lib.actions import (
    _kinds,  # noqa: F401 - what waits may be of any kind
    _thresholds,
    claims,
)
from lib.actions._books import refuse_in_doubt
from lib.actions._compare import beforehand
from lib.actions._drive import drive
from lib.actions._ending import end_by_hand
from lib.actions._intent import KINDS, Intent, Outcome, Step, load
from lib.actions._submit import refuse_as_busy, told
from lib.context import Context
from lib.errors import Changed, NotFound, Refused
from lib.mirror.database import reading, writing
from lib.mirror.ours import approvals, intents
from lib.people import Actor, need


@dataclass(frozen=True)
class Finding:
    """What a look in Stripe says now of the first step that is not known to be done; `found` is its id, or empty."""

    step: str
    found: str
    words: str
    at: int


def look_up(ctx: Context, intent: str) -> Finding:
    """Ask Stripe what became of a change, by lists and marks; changes nothing. Raises Refused when Stripe is away."""
    need(ctx, "money")
    wish = _known(ctx, intent)
    step = next((step for step in wish.steps if not wish.made(step.name)), None)
    if step is None:
        return Finding("", "", "Every step of it is known to be done.", ctx.now)
    with beforehand():
        found = _landed(ctx, wish, step)
    if found:
        return Finding(step.name, found, f"Stripe has it ({found}): it did happen.", ctx.now)
    return Finding(step.name, "", f"Stripe shows nothing of the step “{step.name}”.", ctx.now)


def try_again(ctx: Context, intent: str, *, generation: int) -> Outcome:
    """It did not happen: do it now, with keys of its own. Stripe is asked once more before anything is sent.

    Raises as `submit` does; Waiting where the amount needs a second person.
    """
    actor, wish = need(ctx, "money"), _known(ctx, intent)
    if _stands(wish, "review", generation):
        second = wish.amount is not None and _thresholds.needs_second_person(ctx.settings, wish.amount)
        with _alone(ctx, wish), writing(ctx.engine) as conn:
            done = {name: made for name, made in wish.progress.items() if made.get("id")}
            fresh = {"generation": generation + 1, "words": "", "progress": json.dumps(done, sort_keys=True)}
            if _move(ctx, conn, wish, "waiting" if second else "planned", **fresh):
                _note(conn, actor, "change:retry", wish, generation=generation + 1)
                if second:
                    _ask_anew(ctx, conn, wish, actor)
    return told(drive(ctx, intent), again=False)


def settle(ctx: Context, intent: str, stripe_id: str, *, generation: int) -> Outcome:
    """It did happen, and this is what it made. Raises Refused for the field `stripe_id` when Stripe does not bear it
    out: the object must be there, for the same customer, amount and currency, and no other change's.
    """
    actor, wish, claimed = need(ctx, "money"), _known(ctx, intent), stripe_id.strip()
    if _stands(wish, "review", generation):
        with beforehand():
            proven = replace(wish, progress=claims.proven(ctx, wish, claimed))
        wish = end_by_hand(
            ctx,
            proven,
            "done",
            f"{actor.username} found it in Stripe.",
            of="review",
            beside=lambda conn: _note(conn, actor, "change:settle", wish, outcome="done", result=claimed),
        )
    return told(wish, again=False)


def leave(ctx: Context, intent: str, *, generation: int) -> None:
    """It did not happen, and need not. Raises Refused when Stripe has it after all."""
    actor, wish = need(ctx, "money"), _known(ctx, intent)
    if _stands(wish, "review", generation):
        if (finding := look_up(ctx, intent)).found:
            raise Refused(f"{finding.words} Settle it with that id.")
        stands = " What was done before that stands." if any(wish.made(step.name) for step in wish.steps) else ""
        wish = end_by_hand(
            ctx,
            wish,
            "refused",
            f"It did not happen: {actor.username} looked in Stripe and left it at that.{stands}",
            of="review",
            beside=lambda conn: _note(conn, actor, "change:settle", wish, outcome="refused"),
        )
    _must_be(wish, "refused")


def approve(ctx: Context, intent: str, *, generation: int) -> Outcome:
    """A second person agrees: it is sent now. Raises Refused for whoever asked, and while our books and Stripe's differ
    about what it touches; otherwise as `submit` does.
    """
    actor, wish = need(ctx, "money"), _known(ctx, intent)
    if _stands(wish, "waiting", generation):
        if generation == 1:  # what is tried again may be what they differ about
            refuse_in_doubt(ctx, wish.target, wish.seen)
        with _alone(ctx, wish), writing(ctx.engine) as conn:
            if actor.username == _asked_by(conn, wish):
                raise Refused("You asked for this yourself: somebody else must approve it.")
            if _move(ctx, conn, wish, "planned"):
                _decide(ctx, conn, wish, actor, "approved")
                _note(conn, actor, "change:approve", wish)
    return told(drive(ctx, intent), again=False)


def decline(ctx: Context, intent: str, *, generation: int) -> None:
    """It shall not be sent: a second person declines, or whoever asked withdraws it.

    What was parked and should be tried again is parked again: nobody knows yet whether it happened.
    """
    actor, wish = need(ctx, "money"), _known(ctx, intent)
    state = "review" if wish.generation > 1 else "refused"
    if _stands(wish, "waiting", generation):
        with reading(ctx.engine) as conn:
            own = actor.username == _asked_by(conn, wish)

        def beside(conn: Connection) -> None:
            _decide(ctx, conn, wish, actor, "declined")
            _note(conn, actor, "change:decline", wish, withdrawn=own)

        words = f"{'Withdrawn' if own else 'Declined'} by {actor.username}."
        ended = end_by_hand(ctx, wish, state, words, of="waiting", beside=beside)
        _must_be(ended, state)
        return
    _must_be(wish, state)


def _known(ctx: Context, intent: str) -> Intent:
    with reading(ctx.engine) as conn:
        kind = conn.execute(select(intents.c.kind).where(intents.c.id == intent)).scalar()
    if kind is None:
        raise NotFound("This change is not on record here.")
    if kind not in KINDS:
        raise Refused("This version of Payerdesk does not know this kind of change.")
    return load(ctx, intent)


def _stands(wish: Intent, state: str, generation: int) -> bool:
    return (wish.state, wish.generation) == (state, generation)


def _must_be(wish: Intent, state: str) -> None:
    """Raises Changed when somebody decided otherwise meanwhile."""
    if wish.state != state:
        raise Changed("Somebody else decided about this meanwhile: see under Activity what came of it.")


def _landed(ctx: Context, wish: Intent, step: Step) -> str:
    try:
        found = KINDS[wish.kind].landed(ctx, wish, step)
    except NotFound:
        return ""
    return str(found.get("id", "")) if found else ""


@contextmanager
def _alone(ctx: Context, wish: Intent) -> Iterator[None]:
    """One change at a time on one object: the database refuses a second one."""
    try:
        yield
    except IntegrityError:
        with reading(ctx.engine) as conn:
            refuse_as_busy(conn, wish.target)


def _move(ctx: Context, conn: Connection, wish: Intent, state: str, **values: Any) -> bool:
    """Let it go again from where it stood on the screen; its age counts from now. False when somebody was first."""
    same = (intents.c.id == wish.id) & (intents.c.state == wish.state) & (intents.c.generation == wish.generation)
    body = conn.execute(select(intents.c.body).where(same).with_for_update()).scalar()
    if body is None:
        return False
    begun = json.dumps({**json.loads(body), "began": ctx.now}, sort_keys=True)
    moved = {"state": state, "body": begun, "updated": ctx.now, "lease_until": 0, **values}
    return bool(conn.execute(update(intents).where(same).values(**moved)).rowcount)


def _asked_by(conn: Connection, wish: Intent) -> str:
    found = conn.execute(select(approvals.c.asked_by).where(approvals.c.intent == wish.id)).scalar()
    return str(found or wish.actor)


def _ask_anew(ctx: Context, conn: Connection, wish: Intent, actor: Actor) -> None:
    """An approval that was given is used up by the attempt that it was given for."""
    conn.execute(approvals.delete().where(approvals.c.intent == wish.id))
    _thresholds.ask_second_person(conn, wish.id, actor.username, ctx.now)


def _decide(ctx: Context, conn: Connection, wish: Intent, actor: Actor, verdict: str) -> None:
    told = {"decided_by": actor.username, "decided_at": ctx.now, "verdict": verdict}
    conn.execute(update(approvals).where(approvals.c.intent == wish.id, approvals.c.verdict == "").values(**told))


def _note(conn: Connection, actor: Actor, verb: str, wish: Intent, **detail: Any) -> None:
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
