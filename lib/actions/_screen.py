"""A change while somebody at a screen waits for it: for so long at most, and told in words whatever came of it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from lib.actions._drive import drive
from lib.actions._intent import NOT_CONFIRMED, Intent, Outcome
from lib.actions._storage import while_sending
from lib.actions._thresholds import WAITS
from lib.context import Context
from lib.errors import Changed, NotConfirmed, Refused, Waiting

# Nobody looks at a screen that stands still for longer (25 seconds, less what our own database takes).
SCREEN = 22


def at_screen(ctx: Context) -> AbstractContextManager[None]:
    """Around whatever is asked of Stripe while somebody waits."""
    return ctx.stripe.within(SCREEN)


def drive_at_screen(ctx: Context, intent: str, *, again: bool) -> Outcome:
    """Drive a change that is on record: as far as it goes while somebody waits. Raises as `told` does."""
    with at_screen(ctx), while_sending():
        return told(drive(ctx, intent), again)


def told(intent: Intent, again: bool) -> Outcome:
    """What became of a change, as an outcome or as the error that says it."""
    if intent.state == "done":
        return Outcome(intent.result, again)
    if intent.state == "waiting":
        raise Waiting(WAITS, f"intent {intent.id}")
    if intent.state == "refused":
        raise Refused(intent.words, f"intent {intent.id}", field=intent.field or None)
    if intent.state == "changed":
        raise Changed(intent.words, f"intent {intent.id}")
    raise NotConfirmed(intent.words or NOT_CONFIRMED, f"intent {intent.id}")
