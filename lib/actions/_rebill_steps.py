"""The steps of a re-billing: the new draft and its lines, and then what happens to the old invoice."""

from __future__ import annotations

from lib.actions import _copying, _issue_steps
from lib.actions._compare import living_customer
from lib.actions._intent import Object, Step
from lib.actions._lines import adding
from lib.actions.invoice_state import fields_of
from lib.context import Context
from lib.errors import Refused
from lib.queries.rebills import LINK
from lib.stripe_api import reading

_MOST_TAGS = 50


def making(ctx: Context, old: Object, payer: str, treated: str, intent: str, *, send: bool) -> list[Step]:
    """The new draft, its lines, and what happens to the old one. Raises Refused where Stripe has no room for it."""
    catalogue = _copying.in_catalogue(ctx, [old])
    lines = [_copying.copied(line, catalogue) for line in old["lines"]["data"]]
    create = _draft(ctx, old, payer, treated, intent)
    return [create, *adding(lines, intent), *ending(old, "{create}", send=send)]


def ending(old: Object, new: str, *, send: bool, draft: bool = True) -> list[Step]:
    """What happens once the new one is complete; `draft` says that it is to be finalised still."""
    path = f"/v1/invoices/{old['id']}"
    if old["status"] == "draft":
        return [Step("delete", path, {}, "delete")]
    issue = [_issue_steps.finalising(new)] if draft else []
    told = [_issue_steps.sending(new)] if send else []
    return [*issue, Step("void", f"{path}/void", {}), *told]


def _draft(ctx: Context, old: Object, payer: str, treated: str, intent: str) -> Step:
    """The new draft: what is the invoice's own comes along, what was the old payer's does not."""
    to, was = living_customer(ctx, payer, field="payer"), reading.customer(ctx.stripe, old["customer"])
    tags = _copying.tags_of(old) | {LINK: old["id"], "pd_intent": intent}
    if treated and "pd_patient" not in tags:
        tags["pd_patient"] = treated
    if len(tags) > _MOST_TAGS:
        raise Refused("This invoice carries so much metadata that Stripe has no room for the link to the old one.")
    footer = old.get("footer") or ""
    kept = footer if footer != (_settings(was).get("footer") or "") else ""
    return _issue_steps.creating(
        payer,
        old["currency"],
        _issue_steps.terms_for(ctx, to),
        tags=tags,
        printed=_printed(old, was, to),
        description=old.get("description"),
        footer=kept,
    )


def _settings(customer: Object) -> Object:
    return customer.get("invoice_settings") or {}


def _printed(old: Object, was: Object, to: Object) -> list[tuple[str, str]]:
    """What is printed beside the lines: the invoice's own fields, without the old payer's and with the new one's."""
    theirs = fields_of(_settings(was))
    own = [pair for pair in fields_of(old) if pair not in theirs]
    names = {name for name, _ in own}
    both = [*own, *(pair for pair in fields_of(_settings(to)) if pair[0] not in names)]
    return both[: _issue_steps.MOST_PRINTED]
