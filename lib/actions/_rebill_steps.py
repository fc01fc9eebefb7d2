"""Re-billing, what it is made of: why an invoice cannot go to another payer, and the steps where it can."""

from __future__ import annotations

from collections.abc import Sequence

from lib.actions import _copying, _issue_steps
from lib.actions._compare import living_customer
from lib.actions._intent import Object, Step
from lib.actions._lines import adding
from lib.actions.invoice_state import applied_of, fields_of, is_of_subscription
from lib.context import Context
from lib.errors import Refused
from lib.money import Money
from lib.queries.rebills import LINK
from lib.stripe_api import reading

_MOST_TAGS = 50


def why_not(body: Object) -> str:
    """Why this invoice cannot be re-billed, in words; empty when it can (domain 2.2)."""
    if is_of_subscription(body):
        return "A membership made it: its payer follows the subscription, which is changed in Stripe."
    if body["status"] == "paid" and not body["amount_paid"] and applied_of(body) < 0:
        used = Money(-applied_of(body), body["currency"])
        return (
            f"Credit on account paid it ({used}), so Stripe can no longer void it. Issue a credit note of {used} to "
            "the account instead; then raise a new invoice for the right payer."
        )
    if said := _ENDED.get(body["status"]):
        return said
    if body["amount_paid"]:
        paid = Money(body["amount_paid"], body["currency"])
        return f"{paid} was paid on it already, so Stripe cannot void it. Issue a credit note for the rest instead."
    if body.get("pre_payment_credit_notes_amount") or body.get("post_payment_credit_notes_amount"):
        return "It has a credit note. Void that first, or issue a credit note for the rest."
    if body.get("from_invoice"):
        return "It is a correction of another invoice, which would come back. Finish or delete it in Stripe."
    return _copying.why_not(body)


_ENDED = {
    "paid": "It is paid: what was received stays with it. To bill somebody else, issue a credit note first.",
    "void": "It is void: nothing is owed on it.",
    "uncollectible": "It was written off. Void it in Stripe and raise a new invoice for the right payer.",
}


def goes_back(body: Object) -> Money:
    """What voiding gives back to the old payer's account, signed as Stripe signs it: negative is credit."""
    return Money(applied_of(body), body["currency"])


def making(ctx: Context, old: Object, payer: str, treated: str, intent: str, *, send: bool) -> list[Step]:
    """The new draft, its lines, and what happens to the old one. Raises Refused where Stripe has no room for it."""
    catalogue = _copying.in_catalogue(ctx, [old])
    lines = [_copying.copied(line, catalogue) for line in old["lines"]["data"]]
    create = _draft(ctx, old, payer, treated, intent)
    return [create, *adding(lines, intent), *_ending(old, "{create}", send=send)]


def _ending(old: Object, new: str, *, send: bool, draft: bool = True) -> list[Step]:
    """What happens once the new one is complete."""
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


def finishing(ctx: Context, old: Object, made: Object, intent: str) -> list[Step]:
    """What an earlier attempt left undone, from what the two look like now."""
    if old.get("deleted"):
        raise Refused("The old draft is gone: this is finished already.")
    missing = _missing(old, made)
    if made["status"] != "draft" and missing:
        raise Refused("The new invoice was finalised without all the lines. Void it and re-bill again.")
    catalogue = _copying.in_catalogue(ctx, [old]) if missing else frozenset()
    lines = [_copying.copied(line, catalogue) for line in missing]
    draft = made["status"] == "draft"
    return [*adding(lines, intent, made["id"]), *_ending(old, made["id"], send=False, draft=draft)]


def _missing(old: Object, made: Object) -> Sequence[Object]:
    """Lines of the old one that the new one does not have yet; a copy by another hand has no marks to go by."""
    have = {(line.get("metadata") or {}).get("pd_line") for line in made["lines"]["data"]} - {None}
    if not have and len(made["lines"]["data"]) == len(old["lines"]["data"]):
        return []
    return [line for line in old["lines"]["data"] if line["id"] not in have]
