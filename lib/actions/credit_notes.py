"""Credit notes: what is taken off an invoice after it was finalised.

A note first lowers what is still to pay. What is more than that had been paid (or settled by credit), and must go
somewhere, to the penny: onto the account as credit, or back outside Stripe
(docs.stripe.com/invoicing/integration/programmatic-credit-notes; scenarios 13, 15-17). All notes together come to at
most the invoice's own total: a debit carried over from the account cannot be credited (scenario 16). Nobody is written
to unless that is asked for (B4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lib.actions import _checks
from lib.actions._compare import tagged
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._standing import how_paid
from lib.actions._submit import submit
from lib.actions.invoice_state import PAYABLE
from lib.context import Context
from lib.errors import Changed, NotFound, Refused
from lib.money import Money
from lib.people import need
from lib.queries.credit_notes import Standing

# Stripe's reasons in a manager's words.
REASONS = {
    "order_change": "The service was changed or cancelled",
    "duplicate": "It was billed twice",
    "product_unsatisfactory": "The payer was not satisfied",
    "fraudulent": "It was raised fraudulently",
}
_MEMO = 500
_CREDITABLE = ("open", "paid", "uncollectible")


@dataclass(frozen=True)
class Wanted:
    """A credit note to be issued: an amount with its VAT, whole lines by id (`il_`; `amount` is what they come to), and
    where the part that had been paid goes. Silent unless `email`.
    """

    amount: Money
    reason: str
    to_account: Money
    outside: Money
    lines: tuple[tuple[str, int], ...] = ()  # a line's id and its quantity
    memo: str = ""
    email: bool = False

    def checked(self, standing: Standing) -> Wanted:
        """The same, trimmed. Raises Refused with the field at fault, before any call (scenarios 16 and 17)."""
        if self.reason not in REASONS:
            raise Refused("Choose a reason.", field="reason")
        memo = _checks.within(self.memo, "memo", _MEMO)
        _creditable(standing, self.amount)
        allocated(standing, self.amount, self.to_account, self.outside)
        return Wanted(self.amount, self.reason, self.to_account, self.outside, self.lines, memo, self.email)


def _creditable(standing: Standing, amount: Money) -> None:
    if standing.status not in _CREDITABLE:
        raise Refused("Only an invoice that was finalised and not voided can be credited.")
    if amount.minor < 1:
        raise Refused("Enter an amount above zero.", field="amount")
    if amount.minor > standing.most.minor:
        carried = Money(standing.carried, standing.currency)
        more = f" {carried} was carried over from the account: a credit note cannot take that off." if carried else ""
        raise Refused(f"At most {standing.most} of this invoice can still be credited.{more}", field="amount")


def allocated(standing: Standing, amount: Money, to_account: Money, outside: Money) -> None:
    """Raises Refused unless what had been paid goes somewhere to the penny (scenario 17: 1999 and 2001 are refused)."""
    _, after = standing.split(amount)
    if min(to_account.minor, outside.minor) < 0 or to_account + outside != after:
        given = to_account + outside
        raise Refused(
            f"{after} of this credit note had been paid already and must go somewhere; this says where {given} goes.",
            field="to_account",
        )


def create_credit_note(
    ctx: Context, standing: Standing, wanted: Wanted, *, form: str, retyped: Money | None = None
) -> Outcome:
    """Issue a credit note; the outcome's result is its id (cn_). Stripe's own preview is asked first, and has the last
    word: Changed when it comes to other figures than the screen showed.
    """
    need(ctx, "money")
    right = wanted.checked(standing)
    return submit(
        ctx,
        CREATE,
        form=form,
        target=standing.invoice,
        steps=lambda intent: [Step("issue", "/v1/credit_notes", _params(standing, right, intent))],
        seen=_seen(standing, right),
        detail={
            "total": right.amount.minor,
            "currency": standing.currency,
            "to_account": right.to_account.minor,
            "outside": right.outside.minor,
        },
        amount=right.amount,
        retyped=retyped,
    )


def void_credit_note(ctx: Context, note: str, *, invoice: str, payer: str, amount: Money, form: str) -> Outcome:
    """Void a note: what it took off is asked for again. Only while its invoice is open and nothing of it was paid back
    (scenario 15).
    """
    need(ctx, "money")
    return submit(
        ctx,
        VOID,
        form=form,
        target=invoice,
        steps=lambda _intent: [Step("void", f"/v1/credit_notes/{note}/void", {})],
        seen={"note": note, "payer": payer, "amount": amount.minor, "currency": amount.currency},
        detail={"note": note, "total": amount.minor, "currency": amount.currency},
    )


def _params(standing: Standing, wanted: Wanted, intent: str) -> dict[str, Any]:
    lines = [
        {"type": "invoice_line_item", "invoice_line_item": line, "quantity": quantity}
        for line, quantity in wanted.lines
    ]
    return {
        "invoice": standing.invoice,
        **({"lines": lines} if lines else {"amount": wanted.amount.minor}),
        **({"credit_amount": wanted.to_account.minor} if wanted.to_account else {}),
        **({"out_of_band_amount": wanted.outside.minor} if wanted.outside else {}),
        **({"memo": wanted.memo} if wanted.memo else {}),
        "reason": wanted.reason,
        "email_type": "credit_note" if wanted.email else "none",
        "metadata": {"pd_intent": intent},
    }


def _seen(standing: Standing, wanted: Wanted) -> Object:
    before, after = standing.split(wanted.amount)
    return {
        "payer": standing.payer,
        "status": standing.status,
        "currency": standing.currency,
        "amount": wanted.amount.minor,
        "remaining": standing.remaining,
        "noted": standing.noted,
        "before": before.minor,
        "after": after.minor,
    }


def _look(ctx: Context, intent: Intent) -> None:
    """The invoice stands as it stood on the screen, and Stripe comes to the same figures."""
    seen = intent.seen
    fresh = _invoice(ctx, intent.target)
    if fresh["status"] != seen["status"]:
        said = how_paid(ctx, fresh) if fresh["status"] == "paid" else f"{fresh['status']} now"
        raise Changed(f"The invoice was {said}. Nothing was credited; please check and confirm again.")
    if fresh["amount_remaining"] != seen["remaining"]:
        now, was = (Money(minor, seen["currency"]) for minor in (fresh["amount_remaining"], seen["remaining"]))
        raise Changed(f"The invoice owes {now} now, and owed {was} on your screen. Nothing was credited.")
    _noted_the_same(fresh, seen)
    asked = {name: value for name, value in intent.steps[0].params.items() if name not in ("metadata", "email_type")}
    _as_previewed(ctx.stripe.get("/v1/credit_notes/preview", **asked), seen)


def _noted_the_same(fresh: Object, seen: Object) -> None:
    """On a paid invoice nothing remains before and after a colleague's note: only its counters tell."""
    now = sum(fresh.get(f"{when}_payment_credit_notes_amount") or 0 for when in ("pre", "post"))
    # A wish that was stored before these were kept has none.
    if now > (was := seen.get("noted", now)):
        more = Money(now - was, seen["currency"])
        raise Changed(f"{more} of this invoice was credited meanwhile. Nothing more was credited; please check again.")


def _as_previewed(preview: Object, seen: Object) -> None:
    theirs = (preview["total"], preview["pre_payment_amount"], preview["post_payment_amount"])
    if theirs != (seen["amount"], seen["before"], seen["after"]):
        now, was = Money(theirs[0], seen["currency"]), Money(seen["amount"], seen["currency"])
        raise Changed(f"Stripe comes to a credit note of {now}, the screen to {was}. Nothing was credited.")


def _invoice(ctx: Context, invoice: str) -> Object:
    try:
        return ctx.stripe.get(f"/v1/invoices/{invoice}")
    except NotFound as none:
        raise Refused("This invoice is not in Stripe any more.", none.detail) from none


def _look_at_void(ctx: Context, intent: Intent) -> None:
    fresh = ctx.stripe.get(f"/v1/credit_notes/{intent.seen['note']}")
    if fresh["status"] != "issued":
        raise Changed("This credit note was voided meanwhile.")
    invoice = _invoice(ctx, intent.target)
    if invoice["status"] not in PAYABLE:
        raise Refused("A credit note can be voided only while its invoice is open, and this one is not.")
    if fresh["post_payment_amount"]:
        raise Refused("A part of this credit note was given back to the payer, so it cannot be voided.")


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    if step.name == "issue":
        return tagged(ctx.stripe.every("/v1/credit_notes", invoice=intent.target), intent.id)
    fresh = ctx.stripe.get(f"/v1/credit_notes/{intent.seen['note']}")
    return fresh if fresh["status"] == "void" else None


def _affected(intent: Intent) -> list[tuple[str, str]]:
    payer = intent.seen["payer"]
    note = intent.made("issue") or intent.seen.get("note", "")
    return [("invoice", intent.target), ("credit_note", note), ("customer", payer), ("ledger", payer)]


CREATE = register(Kind("credit_note.create", "credit_note:create", _look, _landed, _affected))
VOID = register(Kind("credit_note.void", "credit_note:void", _look_at_void, _landed, _affected))
