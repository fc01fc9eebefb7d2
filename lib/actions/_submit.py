"""Where a change begins: who may, once only, written down before anything moves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import asdict

from sqlalchemy import Connection, select

from lib.actions._drive import drive
from lib.actions._intent import NOT_CONFIRMED, OPEN, Intent, Kind, Object, Outcome, Step, note
from lib.context import Context
from lib.errors import Changed, NotConfirmed, Refused
from lib.mirror.database import insert_once, writing
from lib.mirror.ours import intents
from lib.people import Actor, need


def submit(
    ctx: Context,
    kind: Kind,
    *,
    form: str,
    target: str,
    steps: Callable[[str], list[Step]],
    seen: Object,
    detail: Object,
) -> Outcome:
    """Store a wish under its form's key and drive it. `detail` (ids and amounts) goes to the audit log.

    Raises NotAllowed before anything; Refused or Changed when nothing was (or no more can be) done; NotConfirmed when
    unknown.
    """
    actor = need(ctx, "money")
    intent_id, again = _store(ctx, kind, actor, form, target, steps, seen, detail)
    return _told(drive(ctx, intent_id), again)


def _store(
    ctx: Context,
    kind: Kind,
    actor: Actor,
    form: str,
    target: str,
    steps: Callable[[str], list[Step]],
    seen: Object,
    detail: Object,
) -> tuple[str, bool]:
    intent_id = uuid.uuid4().hex
    body = json.dumps({"steps": [asdict(step) for step in _checked(steps(intent_id))], "seen": seen}, sort_keys=True)
    with writing(ctx.engine) as conn:
        known = conn.execute(select(intents.c.id).where(intents.c.form == form)).scalar()
        if known:
            return known, True
        _refuse_if_busy(conn, target)
        insert_once(
            conn,
            intents,
            {
                "id": intent_id,
                "form": form,
                "kind": kind.name,
                "target": target,
                "body": body,
                "actor": actor.username,
                "role": actor.role,
                "state": "planned",
                "attempts": 0,
                "generation": 1,
                "progress": "{}",
                "result": "",
                "words": "",
                "field": "",
                "request_id": "",
                "created": ctx.now,
                "updated": ctx.now,
                "lease_until": 0,
                "lease_owner": "",
            },
        )
        note(conn, kind, actor.username, actor.role, target, intent_id, {"asked": True, **detail})
    return intent_id, False


def _refuse_if_busy(conn: Connection, target: str) -> None:
    """One change at a time on one object."""
    if not target:
        return
    other = conn.execute(select(intents.c.actor).where(intents.c.target == target, intents.c.state.in_(OPEN))).first()
    if other:
        raise Refused(
            f"{other.actor} is changing this just now, and Stripe has not confirmed it yet. Try again in a minute."
        )


def _checked(steps: list[Step]) -> list[Step]:
    """Stripe's limits on metadata, before any step is sent: a refusal half-way would leave half a job."""
    for step in steps:
        tags = step.params.get("metadata") or {}
        for key, value in tags.items():
            if len(key) > 40 or len(str(value)) > 500 or len(tags) > 50:
                raise Refused("That text is too long for Stripe: at most 500 characters.")
    return steps


def _told(intent: Intent, again: bool) -> Outcome:
    if intent.state == "done":
        return Outcome(intent.result, again)
    if intent.state == "refused":
        raise Refused(intent.words, f"intent {intent.id}", field=intent.field or None)
    if intent.state == "changed":
        raise Changed(intent.words, f"intent {intent.id}")
    raise NotConfirmed(NOT_CONFIRMED, f"intent {intent.id}")
