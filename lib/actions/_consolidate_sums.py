"""The new invoice and the old drafts come to the same, tax by tax, before the first of these goes (scenario 22)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from lib.actions._intent import Intent, Object, Step
from lib.actions._line import rate_of
from lib.actions.invoice_state import signature, stands
from lib.context import Context
from lib.errors import Changed, NotFound
from lib.money import Money
from lib.stripe_api import reading

_GONE = "One of the old drafts was changed, finalised or deleted meanwhile. It is on the new draft too."


def sums(drafts: Sequence[Object]) -> Object:
    """What the new one must come to: how many lines, before tax, with tax, and each rate's tax, in minor units."""
    return {
        "lines": sum(len(draft["lines"]["data"]) for draft in drafts),
        "subtotal": sum(draft["subtotal"] for draft in drafts),
        "total": sum(draft["total"] for draft in drafts),
        "taxes": _taxes(line for draft in drafts for line in draft["lines"]["data"]),
    }


def _taxes(lines: Iterable[Object]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for tax in (tax for line in lines for tax in line.get("taxes") or []):
        found[rate_of(tax)] += tax["amount"]
    return dict(found)


def before(ctx: Context, intent: Intent, step: Step) -> None:
    """Ahead of each draft that goes: the first time the new one is held against all of them, afterwards it must still
    stand; and that draft is what was shown. Raises Changed.
    """
    if not step.name.startswith("delete"):
        return
    if step.name == "delete0":
        _comes_to_the_same(ctx, intent)
    elif not stands(ctx, intent.made("create"), intent.seen["total"]):
        raise Changed(
            "Somebody deleted, voided or changed the new invoice meanwhile: the old drafts that are left were not "
            "deleted."
        )
    old = draft_of(step)
    found = reading.invoice_or_stub(ctx.stripe, old)
    if found.get("deleted") or signature(found) != intent.seen["drafts"][old]:
        raise Changed(_GONE)


def draft_of(step: Step) -> str:
    """The draft that a step deletes."""
    return step.path.rsplit("/", 1)[1]


def _comes_to_the_same(ctx: Context, intent: Intent) -> None:
    now, was = sums([_made(ctx, intent)]), intent.seen["sums"]
    if now != was:
        came, meant = (Money(each["total"], intent.seen["currency"]) for each in (now, was))
        raise Changed(
            f"The new draft comes to {came} on {now['lines']} lines, the old ones to {meant} on {was['lines']}: "
            "it was left as a draft, and no old draft was deleted."
        )


def _made(ctx: Context, intent: Intent) -> Object:
    try:
        return reading.invoice(ctx.stripe, intent.made("create"))
    except NotFound as gone:
        raise Changed("Somebody deleted the new draft meanwhile. No old draft was deleted.", gone.detail) from gone
