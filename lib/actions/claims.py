"""What a person says happened, held against Stripe: a change is settled by hand only when all of it is there.

What the program finds by itself (a kind's `landed`) needs no claim. One object that it cannot find may be named: it
was made by hand, or has lost its mark.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from lib.actions._intent import KINDS, Intent, Object, Step, filled
from lib.context import Context
from lib.errors import NotFound, Refused
from lib.mirror.database import reading
from lib.mirror.ours import intents
from lib.money import Money, round_half_up
from lib.stripe_api import reading as stripe_reading

FIELD = "stripe_id"
_ID = re.compile(r"[a-z]+_\w{3,100}", re.ASCII)
_MAKES = re.compile(r"/v1/(invoices|customers|credit_notes|payment_records|customers/\w+/balance_transactions)")
# What the object repeats of the params that it was made with.
_SAME = ("customer", "customer_details", "invoice", "amount", "currency", "email", "amount_requested")


def proven(ctx: Context, intent: Intent, claimed: str) -> dict[str, dict[str, Any]]:
    """The progress of a change that is wholly done, with `claimed` among its ids. Raises Refused for FIELD otherwise.

    Reads Stripe only. Raises Unavailable where that is out of reach.
    """
    if not _ID.fullmatch(claimed):
        raise Refused("Enter the id as Stripe shows it, for example cbtxn_1QxYz2.", field=FIELD)
    kind, by_hand = KINDS[intent.kind], False
    done = {name: made for name, made in intent.progress.items() if made.get("id")}
    for step in intent.steps:
        so_far = replace(intent, progress=done)
        if so_far.made(step.name) or kind.needless(so_far, step):
            continue
        found = _landed(ctx, so_far, step)
        if found is None and claimed not in _ids(done):
            found = _named(ctx, so_far, step, claimed)
            by_hand = found is not None
        if found is None and by_hand and set(step.params) == {"metadata"}:
            continue  # a note of ours beside what was done elsewhere
        if found is None:
            raise _missing(step, by_hand=by_hand)
        done = {**done, step.name: {name: found.get(name, "") for name in ("id", "status", "total")}}
    if claimed not in {intent.target, *_ids(done)}:
        about = " or ".join(sorted(_ids(done)))
        raise Refused(f"That is another object. What this change did is {about}.", field=FIELD)
    return done


def _missing(step: Step, *, by_hand: bool) -> Refused:
    how = "Finish it in Stripe first." if by_hand else "Trying again does only what is missing."
    words = f"Stripe does not show all of this: the step “{step.name}” has not been done. {how}"
    return Refused(words, field=FIELD)


def _ids(done: dict[str, dict[str, Any]]) -> set[str]:
    return {made["id"] for made in done.values() if made.get("id")}


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    """By its mark, or by where its target stands now; an invoice's lines also by what they come to."""
    found = KINDS[intent.kind].landed(ctx, intent, step)
    if found is None and step.path.endswith("/add_lines") and (invoice := next(iter(_ids(intent.progress)), "")):
        whole = stripe_reading.invoice(ctx.stripe, invoice)
        return whole if whole["subtotal"] == _wanted(intent) else None
    return found


def _wanted(intent: Intent) -> int | None:
    """What an invoice's lines were to come to before tax; None where a price of the catalogue stands among them."""
    lines = [line for step in intent.steps for line in step.params.get("lines", ())]
    if any("pricing" in line for line in lines):
        return None
    return sum(_cost(line) for line in lines)


def _cost(line: Object) -> int:
    """As Stripe rounds it: halves away from zero."""
    if "amount" in line:
        return int(line["amount"])
    quantity = Decimal(str(line.get("quantity_decimal") or line.get("quantity", 1)))
    return round_half_up(Decimal(line["price_data"]["unit_amount_decimal"]) * quantity)


def _named(ctx: Context, intent: Intent, step: Step, claimed: str) -> Object | None:
    """The object that this step was to make, if the claimed one is it. Raises Refused when it is another."""
    path = step.path.removesuffix("/report_payment")
    if step.method != "post" or not _MAKES.fullmatch(path):
        return None
    try:
        found = ctx.stripe.get(f"{path}/{claimed}")
    except NotFound as none:
        raise Refused(
            "Stripe has no such object where this change would have made one.", none.detail, field=FIELD
        ) from none
    if found.get("deleted"):
        raise Refused("That was deleted in Stripe.", field=FIELD)
    _same(found, filled(step.params, intent.progress), intent)
    _nobody_elses(ctx, found, intent)
    return found


def _same(found: Object, params: Object, intent: Intent) -> None:
    for name in _SAME:
        if name in params and name in found and not _covers(found[name], params[name]):
            raise Refused(f"That one has another {name.partition('_')[0]} than was asked for.", field=FIELD)
    if "amount" not in params and found.get("object") == "credit_note" and found["amount"] != intent.seen.get("amount"):
        raise Refused("That one has another amount than was asked for.", field=FIELD)
    total = intent.seen.get("total")
    if found.get("object") == "invoice" and total is not None and found["total"] != total:
        theirs, ours = Money(found["total"], found["currency"]), Money(total, found["currency"])
        raise Refused(f"That one comes to {theirs}; asked for was {ours}.", field=FIELD)


def _covers(found: Any, asked: Any) -> bool:
    """Whether what Stripe has is what was asked for, with whatever it adds."""
    if isinstance(found, dict) and isinstance(asked, dict):
        return all(_covers(found.get(name), value) for name, value in asked.items())
    if isinstance(found, dict):
        return bool(found.get("id") == asked)
    return str(found).casefold() == str(asked).casefold()


def _nobody_elses(ctx: Context, found: Object, intent: Intent) -> None:
    """Neither another change's, by its mark or by our record, nor older than the wish."""
    tag = (found.get("metadata") or {}).get("pd_intent", "").partition(":")[0]
    taken = select(intents.c.id).where(intents.c.result == found["id"], intents.c.id != intent.id)
    with reading(ctx.engine) as conn:
        others = conn.execute(taken.where(intents.c.state == "done")).first()
    if others or (tag and tag != intent.id):
        raise Refused("That belongs to another change.", field=FIELD)
    if found.get("created", intent.created) < intent.since:
        raise Refused("That was made before this was asked for.", field=FIELD)
