"""A draft is deleted: Stripe keeps nothing of it, so it must be what the person saw until the last moment."""

from __future__ import annotations

from lib.actions import _landed
from lib.actions._compare import beforehand
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._standing import same_draft
from lib.actions._submit import submit, was_sent
from lib.context import Context
from lib.people import need


def delete(ctx: Context, invoice: str, *, seen: str, form: str) -> Outcome:
    """Delete a draft for good; one that a membership made cannot go. Raises Changed when it is not as it was shown."""
    need(ctx, "money")
    with beforehand():
        body = {} if was_sent(ctx, form) else same_draft(ctx, invoice, seen)
    payer = body.get("customer", "")
    return submit(
        ctx,
        DELETE,
        form=form,
        target=invoice,
        steps=lambda _intent: [Step("delete", f"/v1/invoices/{invoice}", {}, "delete")],
        seen={"signature": seen, "payer": payer},
        detail={"payer": payer, "total": body.get("total", 0), "currency": body.get("currency", "")},
        content={},
    )


def _look(ctx: Context, intent: Intent) -> None:
    same_draft(ctx, intent.target, intent.seen["signature"])


def _before(ctx: Context, intent: Intent, _step: Step) -> None:
    """However long after the first look: what is deleted is what was shown."""
    _look(ctx, intent)


def _deleted(ctx: Context, intent: Intent, _step: Step) -> Object | None:
    return _landed.deleted(ctx, intent.target)


def _affected(intent: Intent) -> list[tuple[str, str]]:
    return [("invoice_or_stub", intent.target)]


DELETE = register(Kind("invoice.delete", "invoice:delete", _look, _deleted, _affected, before=_before))
