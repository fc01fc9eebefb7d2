"""The last look at a draft before it is finalised, however long after the first: Stripe may have been away for hours,
and a colleague at work meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lib.actions._compare import living_customer, same_balance
from lib.actions._intent import Intent, Object, Step
from lib.actions._line import price_of, quantity_of
from lib.actions._lines import last_total
from lib.actions.invoice_state import fields_of
from lib.context import Context
from lib.errors import Changed
from lib.money import round_half_up
from lib.stripe_api import reading

STAYS = "It is still a draft: nothing was finalised or sent."


def last_look(ctx: Context, intent: Intent, invoice: str, same: Callable[[Object], None]) -> None:
    """Raises Changed when the draft is gone, when `same` finds it changed, or when the payer's balance has moved.

    The balance is read first: where our own finalising has landed by the time that the draft is read, what it took
    from the balance is nobody else's doing, and Stripe, asked again, will say that it was done.
    """
    payer, draft = living_customer(ctx, intent.seen["payer"]), reading.invoice_or_stub(ctx.stripe, invoice)
    if draft.get("deleted"):
        raise Changed("Somebody deleted this draft meanwhile: nothing was finalised or sent.")
    if draft["status"] == "draft":
        same(draft)
        same_balance(payer, intent.seen["currency"], intent.seen["balance"], so=STAYS)


def changed() -> Changed:
    """What is said of a draft that is not what it was."""
    return Changed(f"Somebody changed this draft meanwhile. {STAYS} Look at what is there now.")


def as_raised(ctx: Context, intent: Intent, step: Step) -> None:
    """Raises Changed when a draft that this very wish made is not what it made any more."""

    def same(draft: Object) -> None:
        if _reads(draft, intent) != _meant(intent):
            raise changed()

    if step.name == "finalise":
        last_look(ctx, intent, intent.made("create"), same)


def _meant(intent: Intent) -> tuple[Any, ...]:
    asked = intent.steps[0].params
    lines = [line for step in intent.steps if step.name.startswith("lines") for line in step.params["lines"]]
    words = _flat(asked.get("description"))
    printed = fields_of({"custom_fields": asked["custom_fields"]})
    return last_total(intent.progress), asked["collection_method"], words, printed, sorted(map(_asked, lines))


def _reads(draft: Object, intent: Intent) -> tuple[Any, ...]:
    sold = {item["price"] for item in intent.seen["items"] if "price" in item}
    lines = sorted(_stands(line, sold) for line in draft["lines"]["data"])
    return draft["total"], draft["collection_method"], _flat(draft.get("description")), fields_of(draft), lines


def _asked(line: Object) -> tuple[str, str, Decimal]:
    """A line as it was sent: its words, its catalogue price and how many; or no price, and its amount."""
    words, quantity = _flat(line["description"]), Decimal(line.get("quantity", 1))
    if "pricing" in line:
        return words, line["pricing"]["price"], quantity
    if "amount" in line:
        return words, "", Decimal(line["amount"])
    return words, "", Decimal(round_half_up(Decimal(line["price_data"]["unit_amount_decimal"]) * quantity))


def _stands(line: Object, sold: set[str]) -> tuple[str, str, Decimal]:
    """The same of a line as it stands on the draft."""
    price, words = price_of(line), _flat(line.get("description"))
    return (words, price, quantity_of(line)) if price in sold else (words, "", Decimal(line["amount"]))


def _flat(words: str | None) -> str:
    """Text without regard to how it is spaced."""
    return " ".join((words or "").split())
