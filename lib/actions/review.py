"""What waits for a person because nobody knows what became of it: looked up, tried again, settled, or left."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from lib.actions import _thresholds, claims
from lib.actions._compare import beforehand
from lib.actions._decisions import as_shown, deciding, known, let_go, must_be, noted
from lib.actions._ending import end_by_hand, partly
from lib.actions._intent import KINDS, Intent, Outcome, Step
from lib.actions._screen import at_screen, drive_at_screen, told
from lib.context import Context
from lib.errors import NotFound, Refused
from lib.mirror.ours import approvals
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
    wish = known(ctx, intent)
    step = next((step for step in wish.steps if not wish.made(step.name)), None)
    if step is None:
        return Finding("", "", "Every step of it is known to be done.", ctx.now)
    with at_screen(ctx), beforehand():
        found = _landed(ctx, wish, step)
    if found:
        return Finding(step.name, found, f"Stripe has it ({found}): it did happen.", ctx.now)
    return Finding(step.name, "", f"Stripe shows nothing of the step “{step.name}”.", ctx.now)


def try_again(ctx: Context, intent: str, *, generation: int) -> Outcome:
    """It did not happen: do it now, with keys of its own. Stripe is asked once more before anything is sent.

    Raises as `submit` does; Waiting where the amount needs a second person.
    """
    actor, wish = need(ctx, "money"), known(ctx, intent)
    if as_shown(wish, "review", generation):
        second = wish.amount is not None and _thresholds.needs_second_person(ctx.settings, wish.amount)
        with deciding(ctx, wish) as conn:
            if let_go(ctx, conn, wish, "waiting" if second else "planned", **_next_generation(wish)):
                noted(conn, actor, "change:retry", wish, generation=generation + 1)
                if second:
                    _ask_anew(ctx, conn, wish, actor)
    return drive_at_screen(ctx, intent, again=False)


def settle(ctx: Context, intent: str, stripe_id: str, *, generation: int) -> Outcome:
    """It did happen, and this is what it made. Raises Refused for the field `stripe_id` when Stripe does not bear it
    out: the object must be there, for the same customer, amount and currency, and no other change's.
    """
    actor, wish, claimed = need(ctx, "money"), known(ctx, intent), stripe_id.strip()
    if as_shown(wish, "review", generation):
        with at_screen(ctx), beforehand():
            proven = replace(wish, progress=claims.proven(ctx, wish, claimed))
        wish = end_by_hand(
            ctx,
            proven,
            "done",
            f"{actor.username} found it in Stripe.",
            of="review",
            beside=lambda conn: noted(conn, actor, "change:settle", wish, outcome="done", result=claimed),
        )
    return told(wish, again=False)


def leave(ctx: Context, intent: str, *, generation: int) -> None:
    """It did not happen, and need not. Raises Refused when Stripe has it after all."""
    actor, wish = need(ctx, "money"), known(ctx, intent)
    if as_shown(wish, "review", generation):
        if (finding := look_up(ctx, intent)).found:
            raise Refused(f"{finding.words} Settle it with that id.")
        wish = end_by_hand(
            ctx,
            wish,
            "refused",
            partly(wish, f"It did not happen: {actor.username} looked in Stripe and left it at that."),
            of="review",
            beside=lambda conn: noted(conn, actor, "change:settle", wish, outcome="refused"),
        )
    must_be(wish, "refused")


def _landed(ctx: Context, wish: Intent, step: Step) -> str:
    try:
        found = KINDS[wish.kind].landed(ctx, wish, step)
    except NotFound:
        return ""
    return str(found.get("id", "")) if found else ""


def _next_generation(wish: Intent) -> dict[str, Any]:
    """What is not known to be done is sent under keys of its own."""
    done = {name: made for name, made in wish.progress.items() if made.get("id")}
    return {"generation": wish.generation + 1, "words": "", "progress": json.dumps(done, sort_keys=True)}


def _ask_anew(ctx: Context, conn: Connection, wish: Intent, actor: Actor) -> None:
    """An approval that was given is used up by the attempt that it was given for."""
    conn.execute(approvals.delete().where(approvals.c.intent == wish.id))
    _thresholds.ask_second_person(conn, wish.id, actor.username, ctx.now)
