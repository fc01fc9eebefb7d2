"""A re-billing that was cut off is taken to its end (scenario 25), from what the screen showed of the two invoices."""

from __future__ import annotations

from collections.abc import Sequence

from lib.actions import _copying
from lib.actions._compare import beforehand, living_customer, same_balance
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._lines import adding
from lib.actions._rebill_pair import affected, as_before, both_stand, landed, link_of, moved, old_one
from lib.actions._rebill_steps import ending
from lib.actions._submit import submit, was_sent
from lib.actions.invoice_state import signature
from lib.actions.rebill_refusals import refuse
from lib.context import Context
from lib.errors import Changed, Refused
from lib.money import Money
from lib.people import need
from lib.stripe_api import reading


def finish_rebill(ctx: Context, new: str, *, seen: tuple[str, str], balance: Money | None = None, form: str) -> Outcome:
    """Take a re-billing that was cut off to its end: what lines are missing are added, then the old invoice goes.

    `seen` are the signatures of the old invoice and of the new one as the page showed them, `balance` the new payer's,
    where the page said what it will do. Raises Refused when the two are no pair or the old one cannot go any more,
    Changed when one of them or the balance is not what was shown; nothing new is ever made.
    """
    need(ctx, "money")
    with beforehand():
        made = reading.invoice(ctx.stripe, new)
        if not (old_id := link_of(made)):
            raise Refused("This invoice was not made for another one.")
        old = {} if was_sent(ctx, form) else reading.invoice_or_stub(ctx.stripe, old_id)
    if old and not old.get("deleted"):
        refuse(old)
    payers = {"from": old.get("customer", ""), "to": made["customer"]}
    done = submit(
        ctx,
        FINISH,
        form=form,
        target=old_id,
        steps=lambda intent: _steps(ctx, old, made, intent) if old else [],
        seen=_seen(old, made, seen, balance),
        detail={**payers, "total": made["total"], "currency": made["currency"]},
        content={"new": new},
    )
    return Outcome(new, done.again)


def _seen(old: Object, made: Object, seen: tuple[str, str], balance: Money | None) -> Object:
    return {
        "payer": made["customer"],
        "from": old.get("customer", ""),
        "new": made["id"],
        "total": old.get("total", 0),
        "came_to": made["total"],
        "currency": made["currency"],
        "signature": seen[0],
        "new_signature": seen[1],
        "balance": None if balance is None else balance.minor,
    }


def _steps(ctx: Context, old: Object, made: Object, intent: str) -> list[Step]:
    """What an earlier attempt left undone, from what the two look like now."""
    if old.get("deleted"):
        raise Refused("The old draft is gone: this is finished already.")
    missing = _missing(old, made)
    if made["status"] != "draft" and missing:
        raise Refused("The new invoice was finalised without all the lines. Void it and re-bill again.")
    catalogue = _copying.in_catalogue(ctx, [old]) if missing else frozenset()
    lines = [_copying.copied(line, catalogue) for line in missing]
    draft = made["status"] == "draft"
    return [*adding(lines, intent, made["id"]), *ending(old, made["id"], send=False, draft=draft)]


def _missing(old: Object, made: Object) -> Sequence[Object]:
    """Lines of the old one that the new one does not have yet; a copy by another hand has no marks to go by."""
    have = {(line.get("metadata") or {}).get("pd_line") for line in made["lines"]["data"]} - {None}
    if not have and len(made["lines"]["data"]) == len(old["lines"]["data"]):
        return []
    return [line for line in old["lines"]["data"] if line["id"] not in have]


def _look(ctx: Context, intent: Intent) -> None:
    old, new = old_one(ctx, intent.target), reading.invoice(ctx.stripe, intent.seen["new"])
    if signature(old) != intent.seen["signature"]:
        raise moved(ctx, old)
    if signature(new) != intent.seen["new_signature"] or link_of(new) != intent.target or new["status"] == "void":
        raise Changed("The new invoice is not as it was shown. Nothing was changed; look at it again.")
    refuse(old)
    if (balance := intent.seen.get("balance")) is not None:
        same_balance(living_customer(ctx, intent.seen["payer"]), intent.seen["currency"], balance)


FINISH = register(
    Kind("invoice.rebill_finish", "invoice:rebill", _look, landed, affected, ready=as_before, before=both_stand)
)
