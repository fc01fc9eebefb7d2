"""The old invoice of a re-billing and the new one, held against each other: the old one goes only when the new one is
complete, comes to the same to the penny, and nobody touched either meanwhile.
"""

from __future__ import annotations

from lib.actions._intent import Intent, Object, Step
from lib.actions._landed import on_invoice
from lib.actions._lines import last_total
from lib.actions.invoice_state import signature, stands
from lib.context import Context
from lib.dates import say_moment
from lib.errors import Changed, NotFound
from lib.money import Money
from lib.queries.rebills import LINK
from lib.stripe_api import reading

# Before these nobody was asked for money yet, and the old one is there.
_LAST_WORD = ("finalise", "delete", "void")
_MOVED = {
    "paid": ("It was paid", "paid_at"),
    "void": ("It was voided", "voided_at"),
    "open": ("It was finalised", "finalized_at"),
}


def link_of(body: Object) -> str:
    """The invoice that this one was made for; empty for any other."""
    return (body.get("metadata") or {}).get(LINK, "")


def old_one(ctx: Context, invoice: str) -> Object:
    """The old invoice as Stripe has it now. Raises Changed when it is gone."""
    try:
        return reading.invoice(ctx.stripe, invoice)
    except NotFound as gone:
        raise Changed("This draft is no longer in Stripe. Nothing was changed.", gone.detail) from gone


def as_shown(ctx: Context, invoice: str, seen: str) -> Object:
    """The same, which must be what was shown: `seen` is its signature. Raises Changed with what is different."""
    old = old_one(ctx, invoice)
    if signature(old) != seen:
        raise moved(ctx, old)
    return old


def moved(ctx: Context, old: Object) -> Changed:
    """What is different now, in words (scenario 27)."""
    return Changed(f"{_what_moved(ctx, old)}Nothing was changed; look at it again.")


def _what_moved(ctx: Context, old: Object) -> str:
    words, moment = _MOVED.get(old["status"], ("", ""))
    at = (old.get("status_transitions") or {}).get(moment)
    when = f" {say_moment(at, ctx.settings.zone)}" if at else ""
    said = f"{words}{when}." if words else "Somebody changed it meanwhile."
    return f"This invoice is not as it was shown. {said} "


def as_before(intent: Intent, step: Step) -> None:
    """The new one is complete and comes to the same, before anybody is asked for money and before the old one goes."""
    if step.name not in _LAST_WORD:
        return
    total = intent.seen["came_to"] if _nothing_added(intent) else last_total(intent.progress)
    if total != intent.seen["total"]:
        now, was = Money(total, intent.seen["currency"]), Money(intent.seen["total"], intent.seen["currency"])
        raise Changed(
            f"For this payer Stripe comes to {now}, not {was}: check VAT and prices. The new one was left as it is, "
            "and the old one was not touched."
        )


def _nothing_added(intent: Intent) -> bool:
    return "came_to" in intent.seen and not any(step.name.startswith("lines") for step in intent.steps)


def both_stand(ctx: Context, intent: Intent, step: Step) -> None:
    """However long after the first look: what is deleted or voided is what was copied, and what takes its place is
    there and comes to the same (scenario 27).
    """
    if step.name not in _LAST_WORD:
        return
    old = reading.invoice_or_stub(ctx.stripe, intent.target)
    if old.get("deleted"):
        raise Changed("Somebody deleted the old draft meanwhile; the new one stands.")
    if signature(old) != intent.seen["signature"]:
        issued = " The new one is finalised and was not sent: void the new one." if step.name == "void" else ""
        raise Changed(f"{_what_moved(ctx, old)}It was left.{issued}")
    if not stands(ctx, _new(intent), intent.seen["total"]):
        raise Changed("Somebody deleted, voided or changed the new invoice meanwhile. The old one was not touched.")


def landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    """What an earlier attempt at a step did, to the old one or to the new one."""
    if step.name in ("delete", "void"):
        old = reading.invoice_or_stub(ctx.stripe, intent.target)
        return old if old.get("deleted") or old["status"] == "void" else None
    return on_invoice(ctx, intent, step, intent.seen.get("new", ""))


def affected(intent: Intent) -> list[tuple[str, str]]:
    """Both invoices, both payers and their ledgers."""
    payers = [payer for payer in (intent.seen["payer"], intent.seen["from"]) if payer]
    both = [("invoice_or_stub", _new(intent)), ("invoice_or_stub", intent.target)]
    return [*both, *(("customer", payer) for payer in payers), *(("ledger", payer) for payer in payers)]


def _new(intent: Intent) -> str:
    return intent.made("create") or intent.seen.get("new", "")
