"""What an edit of a draft is, and the steps that it comes to: the draft's own words, lines off, lines on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lib.actions import _checks
from lib.actions._intent import Object, Step
from lib.actions._issue_steps import MOST_PRINTED
from lib.actions._lines import MOST_LINES, adding, chunks
from lib.actions._typed_lines import checked_lines, line_params
from lib.actions.invoice_state import fields_of, is_discounted, printed, terms_of
from lib.billing import Line
from lib.errors import Changed, Refused, Together

DISCOUNTED = (
    "It has a discount, and only Stripe works out what that comes to: its lines are changed in Stripe. Terms and what "
    "is printed can be changed here."
)


@dataclass(frozen=True)
class Edit:
    """What a draft is to become: lines taken off (Stripe's ids) and put on, terms in days, and what is printed."""

    off: tuple[str, ...]
    on: tuple[Line, ...]
    terms_days: str
    reference: str = ""
    purchase_order: str = ""
    memo: str = ""

    def checked(self) -> Edit:
        """The same, trimmed. Raises Refused with every field at fault."""
        with Together() as check:
            right = replace(
                self,
                terms_days=check(_checks.terms, self.terms_days),
                reference=check(_checks.within, self.reference, "reference", 140),
                purchase_order=check(_checks.within, self.purchase_order, "purchase_order", 140),
                memo=check(_checks.within, self.memo, "memo", 500),
            )
            if self.on:
                check(checked_lines, self.on)
        return right

    @property
    def told(self) -> Object:
        """The same as plain values, to tell whether a form that is sent again says the same."""
        lines = [[line.description, str(line.unit_amount), line.quantity, line.price] for line in self.on]
        rates = [line.rate.id if line.rate else "" for line in self.on]
        words = [self.terms_days, self.reference, self.purchase_order, self.memo]
        return {"off": list(self.off), "on": lines, "rates": rates, "words": words}


def changes_something(body: Object, wanted: Edit) -> None:
    """Raises Refused when the draft says all this already, or would have too many lines; Changed when a line that is
    to go has gone.
    """
    have = {line["id"] for line in body["lines"]["data"]}
    if set(wanted.off) - have:
        raise Changed("Somebody changed this draft meanwhile. Nothing was saved; look at what is there now.")
    if (wanted.off or wanted.on) and is_discounted(body):
        raise Refused(DISCOUNTED, field="lines")
    left = len(have) - len(wanted.off) + len(wanted.on)
    if left > MOST_LINES:
        raise Refused(f"Stripe takes at most {MOST_LINES} lines on one invoice; this has {left}.", field="lines")
    if not (wanted.off or wanted.on or _updates(body, wanted)):
        raise Refused("There is nothing to change: this is what the draft says already.")


def editing(body: Object, wanted: Edit, intent: str) -> list[Step]:
    """The steps, each left out where it would change nothing."""
    path, updates = f"/v1/invoices/{body['id']}", _updates(body, wanted)
    steps = [Step("update", path, {**updates, "metadata": {"pd_edit": intent}})] if updates else []
    gone = [{"id": line, "behavior": "delete"} for line in wanted.off]
    steps += [Step(f"off{n}", f"{path}/remove_lines", {"lines": chunk}) for n, chunk in enumerate(chunks(gone))]
    lines = [line_params(line, body["currency"]) for line in wanted.on]
    return [*steps, *adding(lines, intent, body["id"])]


def _updates(body: Object, wanted: Edit) -> Object:
    """The invoice's own parameters that are to be others; empty text takes one out."""
    params: Object = {}
    if wanted.terms_days != terms_of(body):
        params |= {"collection_method": "send_invoice", "days_until_due": int(wanted.terms_days)}
    if wanted.memo != (body.get("description") or ""):
        params["description"] = wanted.memo
    ours = {"Reference": wanted.reference, "Purchase order": wanted.purchase_order}
    if ours != (have := printed(body)):
        params["custom_fields"] = _fields(ours, [pair for pair in fields_of(body) if pair[0] not in have])
    return params


def _fields(ours: dict[str, str], others: list[tuple[str, str]]) -> list[Object] | str:
    every = [*((name, value) for name, value in ours.items() if value), *others]
    if len(every) > MOST_PRINTED:
        raise Refused(f"Stripe prints at most {MOST_PRINTED} fields on an invoice.", field="reference")
    return [{"name": name, "value": value} for name, value in every] or ""
