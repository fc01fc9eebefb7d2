"""Where a change begins: who may, once only, written down before anything moves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from lib.actions._books import refuse_in_doubt
from lib.actions._intent import OPEN, Kind, Object, Outcome, Step, note
from lib.actions._screen import at_screen, drive_at_screen
from lib.actions._storage import before_sending
from lib.actions._thresholds import ask_second_person, needs_second_person, typed_twice
from lib.context import Context
from lib.errors import Refused
from lib.mirror.database import reading, writing
from lib.mirror.ours import intents
from lib.mirror.rows import insert_once
from lib.money import Money
from lib.people import Actor, need


@dataclass(frozen=True)
class _Asked:
    """What `submit` was asked for."""

    kind: Kind
    form: str
    target: str
    steps: Callable[[str], list[Step]]
    seen: Object
    detail: Object
    content: Object | None
    amount: Money | None


def submit(
    ctx: Context,
    kind: Kind,
    *,
    form: str,
    target: str,
    steps: Callable[[str], list[Step]],
    seen: Object,
    detail: Object,
    content: Object | None = None,
    amount: Money | None = None,
    retyped: Money | None = None,
    later: bool = False,
) -> Outcome:
    """Store a wish under its form's key and drive it. `detail` (ids and amounts) goes to the audit log.

    `content` is what was typed, where the steps alone do not say it: a form sent again with other content is refused.
    `amount` is what the practice's thresholds are held against: above the first `retyped` must be the same, above the
    second a second person must agree before anything is sent. With `later` it is only stored, for a change of many: the
    same form sent again drives it, and should nobody do that, the resolver does.
    Raises NotAllowed before anything; Refused or Changed when nothing was (or no more can be) done; Waiting when it
    waits for a second person; NotConfirmed when unknown.
    """
    asked = _Asked(kind, form, target, steps, seen, detail, content, amount)
    with at_screen(ctx), before_sending(ctx):
        actor = need(ctx, "money")
        known, fresh = _sent_before(ctx, form), False
        if known is None:
            typed_twice(ctx.settings, amount, retyped)
            refuse_in_doubt(ctx, target, seen)
            fresh = _stored(ctx, asked, actor)
            known = _sent_before(ctx, form)
        if not fresh:
            _refuse_other_content(known, asked)
    if later:
        return Outcome("", not fresh)
    return drive_at_screen(ctx, known.id, again=not fresh)


def was_sent(ctx: Context, form: str) -> bool:
    """Whether this very form was sent before: then its outcome is wanted, and no question is asked again."""
    return _sent_before(ctx, form) is not None


def _sent_before(ctx: Context, form: str) -> Any:
    with reading(ctx.engine) as conn:
        return conn.execute(select(intents).where(intents.c.form == form)).first()


def _stored(ctx: Context, asked: _Asked, actor: Actor) -> bool:
    """Written down with its audit entry; False when this form was there first. Raises Refused for a busy target."""
    row = _wish(ctx, asked, actor)
    with writing(ctx.engine) as conn:
        if insert_once(conn, intents, row):
            detail = {"asked": True, **asked.detail}
            note(conn, asked.kind, actor.username, actor.role, asked.target, row["id"], detail)
            asked.kind.stored(conn, row)
            if row["state"] == "waiting":
                ask_second_person(conn, row["id"], actor.username, ctx.now)
            return True
        if conn.execute(select(intents.c.id).where(intents.c.form == asked.form)).first():
            return False
        refuse_as_busy(conn, asked.target)
        return False


def _wish(ctx: Context, asked: _Asked, actor: Actor) -> dict[str, Any]:
    intent_id = uuid.uuid4().hex
    waits = asked.amount is not None and needs_second_person(ctx.settings, asked.amount)
    return {
        "id": intent_id,
        "form": asked.form,
        "kind": asked.kind.name,
        "target": asked.target,
        "body": json.dumps(_body(asked, intent_id), sort_keys=True),
        "actor": actor.username,
        "role": actor.role,
        "state": "waiting" if waits else "planned",
        "attempts": 0,
        "generation": 1,
        "progress": "{}",
        **dict.fromkeys(("result", "words", "field", "request_id", "lease_owner"), ""),
        **dict.fromkeys(("created", "updated"), ctx.now),
        "lease_until": 0,
    }


def _body(asked: _Asked, intent_id: str) -> Object:
    steps = [asdict(step) for step in _checked(asked.steps(intent_id))]
    body = {"steps": steps, "seen": asked.seen, "content": asked.content}
    if asked.amount is not None:
        body["amount"] = {"minor": asked.amount.minor, "currency": asked.amount.currency}
    return body


def refuse_as_busy(conn: Connection, target: str) -> None:
    """One change at a time on one object."""
    other = conn.execute(select(intents.c.actor).where(intents.c.target == target, intents.c.state.in_(OPEN))).first()
    who = other.actor if other else "Somebody"
    raise Refused(f"{who} is changing this just now, and Stripe has not confirmed it yet. Try again in a minute.")


def _refuse_other_content(known: Any, asked: _Asked) -> None:
    body, content = json.loads(known.body), asked.content
    now = [asdict(step) for step in asked.steps(known.id)] if content is None else content
    before = body["steps"] if content is None else body["content"]
    if (known.kind, known.target, before) != (asked.kind.name, asked.target, json.loads(json.dumps(now))):
        raise Refused("This form was sent before with other content. See under Activity what came of that, then send.")


def _checked(steps: list[Step]) -> list[Step]:
    """Stripe's limits on metadata, before any step is sent: a refusal half-way would leave half a job."""
    for step in steps:
        tags = step.params.get("metadata") or {}
        for key, value in tags.items():
            if len(key) > 40 or len(str(value)) > 500 or len(tags) > 50:
                raise Refused("That text is too long for Stripe: at most 500 characters.")
    return steps
