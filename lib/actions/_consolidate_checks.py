"""What may go into a consolidated invoice, as Stripe has it now."""

from __future__ import annotations

from collections.abc import Sequence

from lib.actions import _copying
from lib.actions._compare import living_customer
from lib.actions._intent import Intent, Object
from lib.actions.consolidated import Part, grouped, too_many
from lib.actions.invoice_state import is_of_subscription, signature
from lib.context import Context
from lib.errors import Changed, Refused
from lib.money import Money
from lib.stripe_api import reading

# On a line: the draft that it came from.
DRAFT = "pd_draft"


def checked(ctx: Context, organisation: str, parts: Sequence[Part]) -> list[Object]:
    """The drafts, in the order of `grouped`. Raises Refused with what cannot go in, Changed when one is not what was
    shown.
    """
    living_customer(ctx, organisation)
    every = _drafts(ctx, organisation)
    _refuse_twice(every, {part.draft: part.seen for part in parts})
    found = [_fit(every, part) for part in grouped(parts)]
    if len({draft["currency"] for draft in found}) > 1:
        raise Refused("These drafts are in different currencies: make one invoice of each.", field="rows")
    if words := too_many([len(draft["lines"]["data"]) for draft in found]):
        raise Refused(words, field="rows")
    return found


def look(ctx: Context, intent: Intent) -> None:
    """Before the new one is made: the drafts are what was shown, and nobody has put them together already."""
    every = _drafts(ctx, intent.target)
    _refuse_twice(every, intent.seen["drafts"])
    for draft, seen in intent.seen["drafts"].items():
        _as_shown(every, draft, seen)


def _drafts(ctx: Context, organisation: str) -> dict[str, Object]:
    return {draft["id"]: draft for draft in reading.drafts(ctx.stripe, organisation)}


def _as_shown(every: dict[str, Object], draft: str, seen: str) -> Object:
    if draft not in every or signature(every[draft]) != seen:
        raise Changed("One of these drafts was changed, finalised or deleted meanwhile. Nothing was done; look again.")
    return every[draft]


def _fit(every: dict[str, Object], part: Part) -> Object:
    draft = _as_shown(every, part.draft, part.seen)
    if words := _why_not(draft):
        raise Refused(f"The draft of {Money(draft['total'], draft['currency'])} cannot go in. {words}")
    return draft


def _why_not(draft: Object) -> str:
    if is_of_subscription(draft):
        return "A membership made it, and it goes with the subscription."
    if not draft["lines"]["data"]:
        return "There is nothing on it."
    return _copying.why_not(draft)


def _refuse_twice(every: dict[str, Object], chosen: dict[str, str]) -> None:
    """An earlier attempt that was cut off, here or elsewhere, has put these lines on a draft already."""
    for draft in every.values():
        came = {(line.get("metadata") or {}).get(DRAFT) for line in draft["lines"]["data"]}
        if draft["id"] not in chosen and came & chosen.keys():
            total = Money(draft["total"], draft["currency"])
            raise Refused(
                f"These drafts stand on a consolidated draft of {total} already, made before. Delete that one first, "
                "or the old drafts."
            )
