"""A draft is edited: lines off and on, its terms, and what is printed beside the lines.

An edit is one wish of several steps (what is printed, lines off, lines on), held against what the person saw before
the first; a draft in Stripe has no lock, so what somebody else changed meanwhile stops it.
"""

from __future__ import annotations

from lib.actions._compare import beforehand
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._lines import added
from lib.actions._standing import same_draft
from lib.actions._submit import submit, was_sent
from lib.actions.edits import Edit, changes_something, editing
from lib.context import Context
from lib.people import need
from lib.stripe_api import reading


def edit(ctx: Context, invoice: str, wanted: Edit, *, seen: str, form: str) -> Outcome:
    """Change a draft; `seen` is the signature of what the form was filled from. Raises Changed when it is another."""
    need(ctx, "money")
    right = wanted.checked()
    with beforehand():
        body = {} if was_sent(ctx, form) else same_draft(ctx, invoice, seen)
    if body:
        changes_something(body, right)
    return submit(
        ctx,
        EDIT,
        form=form,
        target=invoice,
        steps=lambda intent: editing(body, right, intent) if body else [],
        seen={"signature": seen, "payer": body.get("customer", "")},
        detail={"off": len(right.off), "on": len(right.on)},
        content={"edit": right.told},
    )


def _look(ctx: Context, intent: Intent) -> None:
    same_draft(ctx, intent.target, intent.seen["signature"])


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    fresh = reading.invoice(ctx.stripe, intent.target)
    if step.name == "update":
        return fresh if (fresh.get("metadata") or {}).get("pd_edit") == intent.id else None
    if step.name.startswith("off"):
        gone = {line["id"] for line in step.params["lines"]}
        return None if gone & {line["id"] for line in fresh["lines"]["data"]} else fresh
    return fresh if added(fresh, intent.id, step) else None


def _affected(intent: Intent) -> list[tuple[str, str]]:
    return [("invoice_or_stub", intent.target)]


EDIT = register(Kind("invoice.edit", "invoice:edit", _look, _landed, _affected))
