"""Driving an intent to its end: look, send, settle. May be begun again at any point, any number of times."""

from __future__ import annotations

import random
import re
import uuid

from sqlalchemy import update

from lib.actions._compare import beforehand
from lib.actions._ending import end, partly
from lib.actions._intent import KINDS, NOT_CONFIRMED, OPEN, Intent, Kind, Object, Step, change, filled, load
from lib.context import Context
from lib.errors import Changed, NotAllowed, NotConfirmed, NotFound, PayerdeskError, Refused, Unavailable
from lib.mirror.database import writing
from lib.mirror.ours import intents
from lib.stripe_api.errors import Busy, Pinned

# How long a second click waits for the first one's outcome.
_SCREEN_TIME = 25
# After so many seconds nothing is sent again while a person waits: the background resolver takes over.
_TRYING = 15
_PAUSES = (1.0, 2.0, 4.0, 8.0)
# What was never sent is not sent by itself any more after ten minutes: the person has moved on.
_NEVER_SENT = 600
# Stripe may forget a key after a day: after that nothing is sent again without a person.
_KEY_LIFE = 23 * 3600
# By then whatever a 5xx had begun has ended, and would be found in Stripe's lists.
_PINNED = 60
_STUCK = "Stripe answers this with an error of its own each time, and it is not in Stripe's lists. Somebody must look."
_PARKED = "This was left unfinished too long to be sent again by itself. Check in Stripe whether it happened."


class _TooLate(PayerdeskError):
    """Too old to be sent by itself."""


class _HandedOver(NotConfirmed):
    """A long job that goes on without the person who asked for it."""


def drive(ctx: Context, intent_id: str, *, patience: float = _TRYING) -> Intent:
    """Take an intent as far as it goes now; returns it as it stands then.

    After `patience` seconds no further step is begun: nobody waits longer at a screen, and the resolver goes on.
    """
    intent = _lease(ctx, intent_id)
    if intent.state not in OPEN:
        return intent
    kind, until = KINDS[intent.kind], ctx.clock() + patience
    try:
        _look(ctx, kind, intent)
        for step in intent.steps:
            if ctx.clock() > until and intent.progress:
                raise _HandedOver(_goes_on(intent), f"intent {intent.id}")
            intent = _take(ctx, kind, intent, step, until)
    except (Refused, NotFound, NotAllowed, Changed) as no:
        intent = load(ctx, intent.id)
        return end(ctx, kind, intent, "changed" if isinstance(no, Changed) else "refused", partly(intent, no.words), no)
    except _TooLate as late:
        return end(ctx, kind, intent, "review", late.words, late)
    except (NotConfirmed, Unavailable) as lost:
        return _release(ctx, intent, lost)
    return end(ctx, kind, intent, "done", "", None)


def _lease(ctx: Context, intent_id: str) -> Intent:
    """One driver at a time: whoever comes second waits for the first one's outcome."""
    owner = uuid.uuid4().hex
    for _ in range(_SCREEN_TIME * 4):
        with writing(ctx.engine) as conn:
            free = (intents.c.id == intent_id) & intents.c.state.in_(OPEN) & (intents.c.lease_until < ctx.now)
            taken = conn.execute(
                update(intents).where(free).values(lease_owner=owner, lease_until=ctx.now + 60)
            ).rowcount
        intent = load(ctx, intent_id)
        if taken or intent.state not in OPEN:
            return intent
        ctx.sleep(0.25)
    raise NotConfirmed(NOT_CONFIRMED, f"intent {intent_id} is being driven elsewhere")


def _look(ctx: Context, kind: Kind, intent: Intent) -> None:
    """Authorise from Stripe, never from the mirror; only before the first step was ever sent."""
    if intent.progress:
        return
    if ctx.now - intent.began > _NEVER_SENT:
        raise _TooLate(_PARKED)
    if intent.generation > 1 and _landed(ctx, kind, intent, intent.steps[0]):
        return  # it did happen: what the person saw is no longer there because of it
    with beforehand():
        kind.look(ctx, intent)


def _take(ctx: Context, kind: Kind, intent: Intent, step: Step, until: float) -> Intent:
    """One step, sent until it is certain what became of it or the person has waited long enough."""
    if intent.made(step.name) or kind.needless(intent, step):
        return intent
    for pause in (*_PAUSES, None):
        try:
            answer, request_id = _found_or_sent(ctx, kind, intent, step)
        except (Busy, NotConfirmed) as lost:
            state = "unknown" if isinstance(lost, NotConfirmed) else "sent"
            intent = change(ctx, intent, state=state, **_evidence(lost))
            if pause is None or ctx.clock() > until or ctx.stripe.left() < pause:
                raise
            ctx.sleep(pause * random.uniform(0.75, 1.25))
        else:
            told = {name: answer.get(name, "") for name in ("id", "status", "total")}
            return change(ctx, intent, request_id=request_id, progress={**intent.progress, step.name: told})
    raise AssertionError("unreachable")


def _evidence(lost: PayerdeskError) -> dict[str, str]:
    """Stripe's number for a request that it answered without saying what became of it."""
    found = re.search(r"\breq_\w+", lost.detail)
    return {"request_id": found[0]} if found else {}


def _found_or_sent(ctx: Context, kind: Kind, intent: Intent, step: Step) -> tuple[Object, str]:
    """Look before sending again: Stripe may have done it and forgotten the key."""
    tried = step.name in intent.progress or intent.generation > 1
    if tried and (hit := _landed(ctx, kind, intent, step)):
        return hit, ""
    if ctx.now - intent.began > _KEY_LIFE:
        raise _TooLate(_PARKED)
    kind.ready(intent, step)
    kind.before(ctx, intent, step)
    mark = {"state": "sent", "attempts": intents.c.attempts + 1, "progress": {**intent.progress, step.name: {}}}
    if change(ctx, intent, **mark).state not in OPEN:
        # This process stood still for so long that another took its turn; what that said of the change holds.
        raise NotConfirmed(NOT_CONFIRMED, f"intent {intent.id} was ended elsewhere")
    path = step.path.format(**{name: made.get("id", "") for name, made in intent.progress.items()})
    params = filled(step.params, intent.progress)
    try:
        answer = ctx.stripe.send(step.method, path, params, key=f"{intent.keys(step.name)}{intent.generation}")
    except (Refused, NotFound):
        # "Already void" may be our own first attempt, landing.
        if tried and (hit := _landed(ctx, kind, intent, step)):
            return hit, ""
        raise
    except Pinned:
        if hit := _landed(ctx, kind, intent, step):
            return hit, ""
        if ctx.now - intent.began > _PINNED:
            raise _TooLate(_STUCK) from None
        raise
    return answer.data, answer.request_id


def _landed(ctx: Context, kind: Kind, intent: Intent, step: Step) -> Object | None:
    """What an earlier attempt did. A question that is not answered, for whatever reason, leaves it unknown."""
    try:
        return kind.landed(ctx, intent, step)
    except (Unavailable, NotAllowed) as away:
        raise NotConfirmed(NOT_CONFIRMED, away.detail) from away


def _goes_on(intent: Intent) -> str:
    done = sum(1 for step in intent.steps if intent.made(step.name))
    return f"{done} of {len(intent.steps)} steps are done. The rest is being done; it will show under Activity."


def _release(ctx: Context, intent: Intent, lost: PayerdeskError) -> Intent:
    """Leave it to the resolver: what has been sent is unknown, what has not is still planned."""
    sent = load(ctx, intent.id).progress
    words = lost.words if isinstance(lost, _HandedOver) else ""
    return change(ctx, intent, state="unknown" if sent else "planned", words=words, lease_until=0)
