"""Drafts: edit one, copy an invoice to a new one, delete one, finalise many.

An edit is one wish of several steps (what is printed, lines off, lines on), held against what the person saw before
the first; a draft in Stripe has no lock, so what somebody else changed meanwhile stops it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lib.actions import _checks, _copying, invoices
from lib.actions._compare import beforehand, living_customer, tagged
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._submit import submit, was_sent
from lib.billing import Line, settled
from lib.context import Context
from lib.errors import Changed, NotFound, PayerdeskError, Refused
from lib.money import Money
from lib.people import need
from lib.stripe_api import reading

_OURS = ("Reference", "Purchase order")
_MOST_PRINTED = 4


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
        with _checks.Together() as check:
            terms = check(_checks.days, self.terms_days)
            reference = check(_checks.within, self.reference, "reference", 140)
            order = check(_checks.within, self.purchase_order, "purchase_order", 140)
            memo = check(_checks.within, self.memo, "memo", 500)
            if self.on:
                check(invoices.checked_lines, self.on)
        if terms is None:
            raise Refused("Enter the payment terms in days; 0 means due today.", field="terms_days")
        return Edit(self.off, self.on, str(terms), reference, order, memo)


@dataclass(frozen=True)
class Ready:
    """A draft that somebody ticked to be finalised, as the screen showed it: amounts before any balance."""

    invoice: str
    payer: str
    subtotal: Money
    tax: Money
    total: Money


@dataclass(frozen=True)
class Row:
    """What became of one draft among many; `words` is empty when it was done."""

    invoice: str
    words: str


def printed(body: Object) -> dict[str, str]:
    """Reference and purchase order of an invoice, by name; those that it does not have are empty."""
    have = {field["name"]: field["value"] for field in body.get("custom_fields") or []}
    return {name: have.get(name, "") for name in _OURS}


def terms_of(body: Object) -> str:
    """Days from its creation until it is due; empty where it has no due date."""
    due = body.get("due_date")
    return "" if due is None else str(max(0, round((due - body["created"]) / 86_400)))


def edit(ctx: Context, invoice: str, wanted: Edit, *, seen: str, form: str) -> Outcome:
    """Change a draft; `seen` is the signature of what the form was filled from. Raises Changed when it is another."""
    need(ctx, "money")
    right = wanted.checked()
    with beforehand():
        body = {} if was_sent(ctx, form) else _draft(ctx, invoice, seen)
    if body:
        _changes_something(body, right)
    return submit(
        ctx,
        EDIT,
        form=form,
        target=invoice,
        steps=lambda intent: _editing(body, right, intent) if body else [],
        seen={"signature": seen, "payer": body.get("customer", "")},
        detail={"off": len(right.off), "on": len(right.on)},
        content={"edit": _told(right)},
    )


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
        steps=lambda intent: _copy(ctx, body, intent) if body else [],
        seen={"payer": body.get("customer", ""), "from": invoice},
        detail={"from": invoice, "total": body.get("total", 0), "currency": body.get("currency", "")},
        content={"from": invoice},
    )


def delete(ctx: Context, invoice: str, *, seen: str, form: str) -> Outcome:
    """Delete a draft for good; one that a membership made cannot go. Raises Changed when it is not as it was shown."""
    need(ctx, "money")
    with beforehand():
        body = {} if was_sent(ctx, form) else _draft(ctx, invoice, seen)
    return submit(
        ctx,
        DELETE,
        form=form,
        target=invoice,
        steps=lambda _intent: [Step("delete", f"/v1/invoices/{invoice}", {}, "delete")],
        seen={"signature": seen, "payer": body.get("customer", "")},
        detail={
            "payer": body.get("customer", ""),
            "total": body.get("total", 0),
            "currency": body.get("currency", ""),
        },
        content={},
    )


def finalise_many(
    ctx: Context, chosen: Sequence[Ready], balances: dict[str, Money], *, send: bool, form: str
) -> Iterator[Row]:
    """Finalise drafts one after the other, one intent each; yields what became of each as it is known.

    `balances` are the payers' as the screen showed them; each draft that is finalised moves its payer's on, and the
    next is held against that (scenario 3). Pressing again with the same form repeats nothing.
    """
    need(ctx, "money")
    if not chosen:
        raise Refused("Tick at least one draft.", field="rows")
    return _finalising(ctx, chosen, dict(balances), form, send=send)


def _finalising(
    ctx: Context, chosen: Sequence[Ready], now: dict[str, Money], form: str, *, send: bool
) -> Iterator[Row]:
    for one in chosen:
        key = f"{one.payer} {one.total.currency}"
        balance = now.get(key, Money(0, one.total.currency))
        try:
            invoices.finish_draft(
                ctx,
                one.invoice,
                payer=one.payer,
                total=one.total,
                balance=balance,
                send=send,
                form=f"{form}:{one.invoice}",
            )
        except PayerdeskError as no:
            yield Row(one.invoice, no.words)
            continue
        now[key] = settled(one.subtotal, one.tax, one.total, balance).balance_after
        yield Row(one.invoice, "")


def balance_key(one: Ready) -> str:
    """By what `finalise_many` knows a payer's balance: the payer and the currency."""
    return f"{one.payer} {one.total.currency}"


def _draft(ctx: Context, invoice: str, seen: str) -> Object:
    """The draft as Stripe has it now, which must be what was shown."""
    try:
        body = reading.invoice(ctx.stripe, invoice)
    except NotFound as gone:
        raise Changed("This draft is no longer in Stripe. Nothing was changed.", gone.detail) from gone
    if body["status"] != "draft":
        raise Changed(f"This is no longer a draft: Stripe says it is {body['status']}. Nothing was changed.")
    if _copying.is_of_subscription(body):
        raise Refused("A membership made this draft: Stripe changes and deletes it with the subscription only.")
    if _copying.signature(body) != seen:
        raise Changed("Somebody changed this draft meanwhile. Nothing was saved; look at what is there now.")
    return body


def _changes_something(body: Object, wanted: Edit) -> None:
    have = {line["id"] for line in body["lines"]["data"]}
    if set(wanted.off) - have:
        raise Changed("Somebody changed this draft meanwhile. Nothing was saved; look at what is there now.")
    left = len(have) - len(wanted.off) + len(wanted.on)
    if left > _copying.MOST_LINES:
        raise Refused(
            f"Stripe takes at most {_copying.MOST_LINES} lines on one invoice; this has {left}.", field="lines"
        )
    if not (wanted.off or wanted.on or _updates(body, wanted)):
        raise Refused("There is nothing to change: this is what the draft says already.")


def _updates(body: Object, wanted: Edit) -> Object:
    """The invoice's own parameters that are to be others; empty text takes one out."""
    params: Object = {}
    if wanted.terms_days != terms_of(body):
        params |= {"collection_method": "send_invoice", "days_until_due": int(wanted.terms_days)}
    if wanted.memo != (body.get("description") or ""):
        params["description"] = wanted.memo
    ours = {"Reference": wanted.reference, "Purchase order": wanted.purchase_order}
    if ours != printed(body):
        others = [(f["name"], f["value"]) for f in body.get("custom_fields") or [] if f["name"] not in _OURS]
        every = [*((name, value) for name, value in ours.items() if value), *others]
        if len(every) > _MOST_PRINTED:
            raise Refused(f"Stripe prints at most {_MOST_PRINTED} fields on an invoice.", field="reference")
        params["custom_fields"] = [{"name": name, "value": value} for name, value in every] or ""
    return params


def _editing(body: Object, wanted: Edit, intent: str) -> list[Step]:
    path, updates = f"/v1/invoices/{body['id']}", _updates(body, wanted)
    steps = [Step("update", path, {**updates, "metadata": {"pd_edit": intent}})] if updates else []
    if wanted.off:
        gone = [{"id": line, "behavior": "delete"} for line in wanted.off]
        chunks = [gone[start : start + _copying.CHUNK] for start in range(0, len(gone), _copying.CHUNK)]
        steps += [Step(f"off{n}", f"{path}/remove_lines", {"lines": chunk}) for n, chunk in enumerate(chunks)]
    lines = [invoices.line_params(line, body["currency"]) for line in wanted.on]
    return [*steps, *_copying.adding(lines, intent, body["id"])]


def _told(wanted: Edit) -> Object:
    """An edit as plain values, to tell whether a form that is sent again says the same."""
    lines = [[line.description, str(line.unit_amount), line.quantity, line.price] for line in wanted.on]
    rates = [line.rate.id if line.rate else "" for line in wanted.on]
    words = [wanted.terms_days, wanted.reference, wanted.purchase_order, wanted.memo]
    return {"off": list(wanted.off), "on": lines, "rates": rates, "words": words}


def _copy(ctx: Context, body: Object, intent: str) -> list[Step]:
    catalogue = _copying.in_catalogue(ctx, [body])
    lines = [_copying.copied(line, catalogue) for line in body["lines"]["data"]]
    dropped = ("pd_intent", "pd_edit", "pd_rebilled_from", *_copying.ENDED)
    tags = {key: value for key, value in (body.get("metadata") or {}).items() if key not in dropped}
    terms = terms_of(body) or str(ctx.settings.terms_days)
    params: dict[str, Any] = {
        "customer": body["customer"],
        "currency": body["currency"],
        "collection_method": "send_invoice",
        "days_until_due": int(terms),
        "auto_advance": False,
        "pending_invoice_items_behavior": "exclude",
        "metadata": {**tags, "pd_copied_from": body["id"], "pd_intent": intent},
        "custom_fields": [{"name": f["name"], "value": f["value"]} for f in body.get("custom_fields") or []] or "",
        **({"description": body["description"]} if body.get("description") else {}),
        **({"footer": body["footer"]} if body.get("footer") else {}),
    }
    return [Step("create", "/v1/invoices", params), *_copying.adding(lines, intent)]


def _look(ctx: Context, intent: Intent) -> None:
    _draft(ctx, intent.target, intent.seen["signature"])


def _look_at_source(ctx: Context, intent: Intent) -> None:
    living_customer(ctx, intent.seen["payer"])


def _edited(ctx: Context, intent: Intent, step: Step) -> Object | None:
    fresh = reading.invoice(ctx.stripe, intent.target)
    if step.name == "update":
        return fresh if (fresh.get("metadata") or {}).get("pd_edit") == intent.id else None
    if step.name.startswith("off"):
        gone = {line["id"] for line in step.params["lines"]}
        return None if gone & {line["id"] for line in fresh["lines"]["data"]} else fresh
    return fresh if _copying.added(fresh, intent.id, step) else None


def _copied(ctx: Context, intent: Intent, step: Step) -> Object | None:
    if step.name == "create":
        since = {"gte": intent.created - 300}
        return tagged(ctx.stripe.every("/v1/invoices", customer=intent.seen["payer"], created=since), intent.id)
    fresh = reading.invoice(ctx.stripe, intent.made("create"))
    return fresh if _copying.added(fresh, intent.id, step) else None


def _deleted(ctx: Context, intent: Intent, _step: Step) -> Object | None:
    found = reading.invoice_or_stub(ctx.stripe, intent.target)
    return found if found.get("deleted") else None


def _unchanged(ctx: Context, intent: Intent, _step: Step) -> None:
    """However long after the first look: what is deleted is what was shown."""
    _draft(ctx, intent.target, intent.seen["signature"])


def _touched(intent: Intent) -> list[tuple[str, str]]:
    return [("invoice_or_stub", intent.made("create") or intent.target)]


EDIT = register(Kind("invoice.edit", "invoice:edit", _look, _edited, _touched))
DUPLICATE = register(Kind("invoice.duplicate", "invoice:duplicate", _look_at_source, _copied, _touched))
DELETE = register(Kind("invoice.delete", "invoice:delete", _look, _deleted, _touched, before=_unchanged))
