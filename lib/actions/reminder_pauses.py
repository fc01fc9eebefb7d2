"""A payer is left alone: no reminder goes to them until a day, or until somebody says otherwise."""

from __future__ import annotations

from datetime import date

from lib.actions._compare import living_customer
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._submit import submit
from lib.context import Context
from lib.documents.statement import say
from lib.errors import Refused
from lib.mirror.pauses import PAUSED, UNTIL
from lib.people import need


def pause_reminders(ctx: Context, payer: str, *, until: date | None = None, form: str) -> Outcome:
    """Leave a payer alone, until a day (not included) or until somebody says otherwise. Kept in Stripe's metadata."""
    if until is not None and until <= ctx.today:
        raise Refused("Choose a day after today.", field="until")
    return _mark(ctx, PAUSE, payer, {PAUSED: "paused", UNTIL: until.isoformat() if until else ""}, form)


def resume_reminders(ctx: Context, payer: str, *, form: str) -> Outcome:
    """The payer may be reminded again."""
    return _mark(ctx, RESUME, payer, {PAUSED: "", UNTIL: ""}, form)


def say_pause(until: date | None) -> str:
    """For the screen: until when nobody writes."""
    return f"Paused until {say(until)}" if until else "Paused"


def _mark(ctx: Context, kind: Kind, payer: str, tags: dict[str, str], form: str) -> Outcome:
    need(ctx, "money")
    step = Step("customer", f"/v1/customers/{payer}", {"metadata": tags})
    detail = {"until": tags[UNTIL]} if tags[UNTIL] else {}
    return submit(ctx, kind, form=form, target=payer, steps=lambda _intent: [step], seen={}, detail=detail)


def _look(ctx: Context, intent: Intent) -> None:
    living_customer(ctx, intent.target)


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    fresh = living_customer(ctx, intent.target)
    tags = fresh.get("metadata") or {}
    return fresh if all(tags.get(key, "") == value for key, value in step.params["metadata"].items()) else None


def _affected(intent: Intent) -> list[tuple[str, str]]:
    return [("customer", intent.target)]


PAUSE = register(Kind("reminder.pause", "reminder:pause", _look, _landed, _affected))
RESUME = register(Kind("reminder.resume", "reminder:resume", _look, _landed, _affected))
