"""Re-billing: a draft or an open invoice goes to another payer.

Stripe changes the customer of nothing (domain fact 5), so a new draft is made with the same lines, VAT and metadata and
`pd_rebilled_from`; it is held against the old one to the penny; only then is the old draft deleted, or the new invoice
finalised and the old one voided, and sent last: nobody is written to while the old one could still be paid. Stopped
anywhere, it goes on from there, and no third invoice is made (scenarios 24 and 25).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from lib.actions import _landed as found
from lib.actions._compare import beforehand, living_customer, same_balance
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._issue_steps import paid_by_credit
from lib.actions._lines import last_total
from lib.actions._rebill_steps import finishing, goes_back, making, why_not
from lib.actions._submit import submit, was_sent
from lib.actions.invoice_state import signature, stands
from lib.context import Context
from lib.dates import say_moment
from lib.errors import Changed, NotFound, PayerdeskError, Refused
from lib.mirror.database import reading as mirror
from lib.mirror.tables import invoices as mirrored
from lib.money import Money
from lib.people import need
from lib.queries import rebills
from lib.queries.rebills import LINK
from lib.stripe_api import reading

__all__ = ["Row", "finish_rebill", "goes_back", "rebill", "rebill_many", "why_not"]


@dataclass(frozen=True)
class Row:
    """What became of one invoice in a change of many: the new one's id, or why there is none."""

    invoice: str
    result: str
    words: str


def rebill(
    ctx: Context,
    invoice: str,
    payer: str,
    *,
    seen: str,
    balance: Money | None = None,
    send: bool = False,
    form: str,
) -> Outcome:
    """Move a draft or an open invoice to another payer; the outcome's result is the new invoice's id.

    `seen` is the `signature` of what the page showed, `balance` the new payer's, where the page said what it will do.
    `send` asks the new payer for the money of an open one by email.
    Raises Refused with the reason where Stripe cannot, Changed when it is no longer what was shown.
    """
    need(ctx, "money")
    with beforehand():
        old = {} if was_sent(ctx, form) else _checked(ctx, invoice, payer, seen)
    treated = _patient(ctx, invoice) if old else ""
    return submit(
        ctx,
        REBILL,
        form=form,
        target=invoice,
        steps=lambda intent: making(ctx, old, payer, treated, intent, send=send) if old else [],
        seen={
            "payer": payer,
            "from": old.get("customer", ""),
            "signature": seen,
            "total": old.get("total", 0),
            "currency": old.get("currency", ""),
            "created": old.get("created", 0),
            "balance": None if balance is None else balance.minor,
        },
        detail={"from": old.get("customer", ""), "to": payer, **_amount(old)},
        content={"payer": payer, "send": send},
    )


def rebill_many(
    ctx: Context,
    chosen: dict[str, str],
    payer: str,
    *,
    balances: dict[str, Money] | None = None,
    send: bool = False,
    form: str,
) -> Iterator[Row]:
    """Several, one intent each, told as they are known: a stop half-way loses nothing and pressing again repeats
    nothing. `chosen`: invoice id and the signature of what was shown; `balances`: the new payer's as the screen said it
    would be before each of them, where what it will do was said. Raises NotAllowed; other refusals are told row by row.
    """
    need(ctx, "money")
    if not chosen:
        raise Refused("Tick at least one invoice.", field="rows")
    held = balances or {}
    return (
        _one(ctx, invoice, payer, f"{form}:{invoice}", seen=seen, balance=held.get(invoice), send=send)
        for invoice, seen in chosen.items()
    )


def _one(ctx: Context, invoice: str, payer: str, form: str, **shown: Any) -> Row:
    try:
        return Row(invoice, rebill(ctx, invoice, payer, form=form, **shown).result, "")
    except PayerdeskError as no:
        return Row(invoice, "", no.words)


def finish_rebill(ctx: Context, new: str, *, balance: Money | None = None, form: str) -> Outcome:
    """Take a re-billing that was cut off to its end: what lines are missing are added, then the old invoice goes.

    `balance` is the new payer's, where the page said what it will do. Raises Refused when the two are no pair or the
    old one cannot go any more, Changed when the balance is another; nothing new is ever made.
    """
    need(ctx, "money")
    with beforehand():
        made = reading.invoice(ctx.stripe, new)
        if not (old_id := _link(made)):
            raise Refused("This invoice was not made for another one.")
        old = {} if was_sent(ctx, form) else reading.invoice_or_stub(ctx.stripe, old_id)
    if old and not old.get("deleted"):
        _refuse(why_not(old))
    done = submit(
        ctx,
        FINISH,
        form=form,
        target=old_id,
        steps=lambda intent: finishing(ctx, old, made, intent) if old else [],
        seen={
            "payer": made["customer"],
            "from": old.get("customer", ""),
            "new": new,
            "total": old.get("total", 0),
            "came_to": made["total"],
            "currency": made["currency"],
            "signature": signature(old) if old and not old.get("deleted") else "",
            "balance": None if balance is None else balance.minor,
        },
        detail={"from": old.get("customer", ""), "to": made["customer"], "total": made["total"], **_in(made)},
        content={"new": new},
    )
    return Outcome(new, done.again)


def _checked(ctx: Context, invoice: str, payer: str, seen: str) -> Object:
    """The old invoice as Stripe has it now, fit to be made again for this payer."""
    if not payer:
        raise Refused("Choose who pays instead.", field="payer")
    old = _old(ctx, invoice)
    if signature(old) != seen:
        raise _moved(ctx, old)
    if payer == old["customer"]:
        raise Refused("This invoice goes to them already. Choose somebody else.", field="payer")
    _refuse(why_not(old))
    to = living_customer(ctx, payer, field="payer")
    if to.get("currency") and to["currency"] != old["currency"]:
        theirs, ours = to["currency"].upper(), old["currency"].upper()
        raise Refused(f"They are billed in {theirs} and this invoice is in {ours}.", field="payer")
    return old


def _old(ctx: Context, invoice: str) -> Object:
    try:
        return reading.invoice(ctx.stripe, invoice)
    except NotFound as gone:
        raise Changed("This draft is no longer in Stripe. Nothing was changed.", gone.detail) from gone


def _moved(ctx: Context, old: Object) -> Changed:
    """What is different now, in words (scenario 27)."""
    words = {"paid": "It was paid", "void": "It was voided", "open": "It was finalised"}.get(old["status"], "")
    at = (old.get("status_transitions") or {}).get(
        {"paid": "paid_at", "void": "voided_at", "open": "finalized_at"}.get(old["status"], "")
    )
    when = f" {say_moment(at, ctx.settings.zone)}" if at else ""
    said = f"{words}{when}." if words else "Somebody changed it meanwhile."
    return Changed(f"This invoice is not as it was shown. {said} Nothing was changed; look at it again.")


def _refuse(words: str) -> None:
    if words:
        raise Refused(f"This cannot be re-billed. {words}")


def _patient(ctx: Context, invoice: str) -> str:
    """Whose care it was for: the old invoice may say so only by whom it went to."""
    with mirror(ctx.engine) as conn:
        return conn.execute(select(mirrored.c.treated).where(mirrored.c.id == invoice)).scalar() or ""


def _amount(old: Object) -> Object:
    return {"total": old["total"], **_in(old)} if old else {}


def _in(body: Object) -> Object:
    return {"currency": body["currency"]}


def _look(ctx: Context, intent: Intent) -> None:
    old = _old(ctx, intent.target)
    if signature(old) != intent.seen["signature"]:
        raise _moved(ctx, old)
    _refuse(why_not(old))
    payer, balance = intent.seen["payer"], intent.seen["balance"]
    to = living_customer(ctx, payer, field="payer")
    if balance is not None:
        same_balance(to, intent.seen["currency"], balance)
    theirs = ctx.stripe.every("/v1/invoices", customer=payer, created={"gte": old["created"]})
    begun = [each for each in theirs if each["status"] != "void" and _link(each) == intent.target]
    known = rebills.pair_of(ctx, intent.target)
    if begun or (known and known.new != intent.target and _stands(ctx, known.new)):
        raise Refused("A new invoice was made for this one already. Finish that re-billing, or delete the new draft.")


def _link(body: Object) -> str:
    return (body.get("metadata") or {}).get(LINK, "")


def _stands(ctx: Context, invoice: str) -> bool:
    found = reading.invoice_or_stub(ctx.stripe, invoice)
    return not found.get("deleted") and found["status"] != "void"


def _look_at_pair(ctx: Context, intent: Intent) -> None:
    old, new = _old(ctx, intent.target), reading.invoice(ctx.stripe, intent.seen["new"])
    if signature(old) != intent.seen["signature"] or _link(new) != intent.target or new["status"] == "void":
        raise _moved(ctx, old)
    _refuse(why_not(old))
    if (balance := intent.seen.get("balance")) is not None:
        same_balance(living_customer(ctx, intent.seen["payer"]), intent.seen["currency"], balance)


def _as_before(intent: Intent, step: Step) -> None:
    """The new one is complete and comes to the same, before anybody is asked for money and before the old one goes."""
    if step.name not in ("finalise", "delete", "void"):
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


def _both_stand(ctx: Context, intent: Intent, step: Step) -> None:
    """However long after the first look: what is deleted or voided is what was copied, and what takes its place is
    there and comes to the same (scenario 27).
    """
    if step.name not in ("finalise", "delete", "void"):
        return
    old = reading.invoice_or_stub(ctx.stripe, intent.target)
    if old.get("deleted"):
        raise Changed("Somebody deleted the old draft meanwhile; the new one stands.")
    if signature(old) != intent.seen["signature"]:
        issued = " The new one is finalised and was not sent: void the new one." if step.name == "void" else ""
        was = _moved(ctx, old).words.replace("Nothing was changed; look at it again.", "")
        raise Changed(f"{was}It was left.{issued}")
    if not stands(ctx, _new(intent), intent.seen["total"]):
        raise Changed("Somebody deleted, voided or changed the new invoice meanwhile. The old one was not touched.")


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    if step.name in ("delete", "void"):
        old = reading.invoice_or_stub(ctx.stripe, intent.target)
        return old if old.get("deleted") or old["status"] == "void" else None
    return found.on_invoice(ctx, intent, step, intent.seen.get("new", ""))


def _new(intent: Intent) -> str:
    return intent.made("create") or intent.seen.get("new", "")


def _affected(intent: Intent) -> list[tuple[str, str]]:
    payers = [payer for payer in (intent.seen["payer"], intent.seen["from"]) if payer]
    both = [("invoice_or_stub", _new(intent)), ("invoice_or_stub", intent.target)]
    return [*both, *(("customer", payer) for payer in payers), *(("ledger", payer) for payer in payers)]


REBILL = register(
    Kind(
        "invoice.rebill",
        "invoice:rebill",
        _look,
        _landed,
        _affected,
        needless=paid_by_credit,
        ready=_as_before,
        before=_both_stand,
    )
)
FINISH = register(
    Kind(
        "invoice.rebill_finish",
        "invoice:rebill",
        _look_at_pair,
        _landed,
        _affected,
        ready=_as_before,
        before=_both_stand,
    )
)
