"""Re-billing, what it is made of: why an invoice cannot go to another payer, and the steps where it can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lib.actions import _copying
from lib.actions._compare import living_customer
from lib.actions._intent import Object, Step
from lib.context import Context
from lib.errors import Refused
from lib.money import Money
from lib.queries.rebills import LINK
from lib.stripe_api import reading

_MOST_PRINTED, _MOST_TAGS = 4, 50
_OURS = ("pd_intent", "pd_edit", "pd_copied_from", LINK, *_copying.ENDED)


def why_not(body: Object) -> str:
    """Why this invoice cannot be re-billed, in words; empty when it can (domain 2.2)."""
    if _copying.is_of_subscription(body):
        return "A membership made it: its payer follows the subscription, which is changed in Stripe."
    if body["status"] == "paid" and not body["amount_paid"] and _consumed(body) < 0:
        used = Money(-_consumed(body), body["currency"])
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


def _consumed(body: Object) -> int:
    """What finalising took from the payer's balance: negative is credit, positive a debit (scenarios 11 and 12)."""
    return int(body.get("starting_balance") or 0) - int(body.get("ending_balance") or 0) if _issued(body) else 0


def goes_back(body: Object) -> Money:
    """What voiding gives back to the old payer's account, signed as Stripe signs it: negative is credit."""
    return Money(_consumed(body), body["currency"])


def _issued(body: Object) -> bool:
    return body["status"] != "draft"


def making(ctx: Context, old: Object, payer: str, treated: str, intent: str, *, send: bool) -> list[Step]:
    """The new draft, its lines, and what happens to the old one. Raises Refused where Stripe has no room for it."""
    catalogue = _copying.in_catalogue(ctx, [old])
    lines = [_copying.copied(line, catalogue) for line in old["lines"]["data"]]
    create = Step("create", "/v1/invoices", _draft(ctx, old, payer, treated, intent))
    return [create, *_copying.adding(lines, intent), *_ending(old, "{create}", send=send)]


def _ending(old: Object, new: str, *, send: bool, draft: bool = True) -> list[Step]:
    """What happens once the new one is complete."""
    path = f"/v1/invoices/{old['id']}"
    if old["status"] == "draft":
        return [Step("delete", path, {}, "delete")]
    issue = [Step("finalise", f"/v1/invoices/{new}/finalize", {"auto_advance": False})] if draft else []
    sending = [Step("send", f"/v1/invoices/{new}/send", {})] if send else []
    return [*issue, Step("void", f"{path}/void", {}), *sending]


def _draft(ctx: Context, old: Object, payer: str, treated: str, intent: str) -> dict[str, Any]:
    """The new draft's parameters: what is the invoice's own comes along, what was the old payer's does not."""
    to, was = living_customer(ctx, payer, field="payer"), reading.customer(ctx.stripe, old["customer"])
    tags = {key: value for key, value in (old.get("metadata") or {}).items() if key not in _OURS}
    tags |= {LINK: old["id"], "pd_intent": intent}
    if treated and "pd_patient" not in tags:
        tags["pd_patient"] = treated
    if len(tags) > _MOST_TAGS:
        raise Refused("This invoice carries so much metadata that Stripe has no room for the link to the old one.")
    footer = old.get("footer") or ""
    kept = footer if footer != (_settings(was).get("footer") or "") else ""
    return {
        "customer": payer,
        "currency": old["currency"],
        "collection_method": "send_invoice",
        "days_until_due": _copying.terms_of(ctx, to),
        "auto_advance": False,
        "pending_invoice_items_behavior": "exclude",
        "metadata": tags,
        "custom_fields": _printed(old, was, to) or "",
        **({"description": old["description"]} if old.get("description") else {}),
        **({"footer": kept} if kept else {}),
    }


def _settings(customer: Object) -> Object:
    return customer.get("invoice_settings") or {}


def _printed(old: Object, was: Object, to: Object) -> list[Object]:
    """What is printed beside the lines: the invoice's own fields, without the old payer's and with the new one's."""
    theirs = [(field["name"], field["value"]) for field in _settings(was).get("custom_fields") or []]
    own = [
        (field["name"], field["value"])
        for field in old.get("custom_fields") or []
        if (field["name"], field["value"]) not in theirs
    ]
    new = [(field["name"], field["value"]) for field in _settings(to).get("custom_fields") or []]
    names = {name for name, _ in own}
    both = [*own, *(pair for pair in new if pair[0] not in names)]
    return [{"name": name, "value": value} for name, value in both[:_MOST_PRINTED]]


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
    return [*_copying.adding(lines, intent, made["id"]), *_ending(old, made["id"], send=False, draft=draft)]


def _missing(old: Object, made: Object) -> Sequence[Object]:
    """Lines of the old one that the new one does not have yet; a copy by another hand has no marks to go by."""
    have = {(line.get("metadata") or {}).get("pd_line") for line in made["lines"]["data"]} - {None}
    if not have and len(made["lines"]["data"]) == len(old["lines"]["data"]):
        return []
    return [line for line in old["lines"]["data"] if line["id"] not in have]
