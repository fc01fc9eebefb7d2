"""A new draft from an invoice that is there, for the same payer."""

from __future__ import annotations

from lib.actions import _copying
from lib.actions._compare import beforehand, living_customer
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._issue_steps import creating
from lib.actions._landed import on_invoice
from lib.actions._lines import adding
from lib.actions._submit import submit, was_sent
from lib.actions.invoice_state import fields_of, terms_of
from lib.context import Context
from lib.errors import Refused
from lib.people import need
from lib.stripe_api import reading


def duplicate(ctx: Context, invoice: str, *, form: str) -> Outcome:
    """Copy an invoice, in whatever state, to a new draft for the same payer; the outcome's result is its id."""
    need(ctx, "money")
    with beforehand():
        body = {} if was_sent(ctx, form) else reading.invoice(ctx.stripe, invoice)
        if body:
            living_customer(ctx, body["customer"])
    if body and (words := _copying.why_not(body)):
        raise Refused(f"This cannot be copied. {words}")
    return submit(
        ctx,
        DUPLICATE,
        form=form,
        target="",
        steps=lambda intent: _steps(ctx, body, intent) if body else [],
        seen={"payer": body.get("customer", ""), "from": invoice},
        detail={"from": invoice, "total": body.get("total", 0), "currency": body.get("currency", "")},
        content={"from": invoice},
    )


def _steps(ctx: Context, body: Object, intent: str) -> list[Step]:
    catalogue = _copying.in_catalogue(ctx, [body])
    lines = [_copying.copied(line, catalogue) for line in body["lines"]["data"]]
    return [_empty(ctx, body, intent), *adding(lines, intent)]


def _empty(ctx: Context, body: Object, intent: str) -> Step:
    return creating(
        body["customer"],
        body["currency"],
        int(terms_of(body) or ctx.settings.terms_days),
        tags={**_copying.tags_of(body), "pd_copied_from": body["id"], "pd_intent": intent},
        printed=fields_of(body),
        description=body.get("description"),
        footer=body.get("footer"),
    )


def _look(ctx: Context, intent: Intent) -> None:
    living_customer(ctx, intent.seen["payer"])


def _affected(intent: Intent) -> list[tuple[str, str]]:
    return [("invoice_or_stub", intent.made("create"))]


DUPLICATE = register(Kind("invoice.duplicate", "invoice:duplicate", _look, on_invoice, _affected))
