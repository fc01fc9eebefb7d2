"""Invoices: raise one for a payer, as a draft or finalised and sent; finish a draft.

Steps in order, each safe to repeat: create (a draft, `send_invoice`, never advancing by itself), lines in chunks,
finalise, send unless credit on account has paid it already (scenario 4). A stop half-way leaves a draft that is found
by its tag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lib.actions import _checks
from lib.actions._compare import living_customer, same_balance, tagged
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._submit import submit
from lib.billing import Line, Preview
from lib.context import Context
from lib.errors import Changed, Refused
from lib.money import Money
from lib.people import need
from lib.stripe_api import reading

# Stripe: 250 items an invoice; many lines are sent in chunks (scenario 22).
MOST_LINES = 250
_CHUNK = 50
# Stripe prints at most four fields of ours beside the lines.
_MOST_PRINTED = 4


@dataclass(frozen=True)
class Wanted:
    """What a manager wants billed: for whom, to whom, and what is printed beside the lines. `also_printed`: names and
    values that stand on all of the payer's invoices because somebody said so in Stripe.
    """

    patient: str
    payer: str
    lines: tuple[Line, ...]
    currency: str
    terms_days: str
    reference: str = ""
    purchase_order: str = ""
    memo: str = ""
    also_printed: tuple[tuple[str, str], ...] = ()

    def checked(self) -> Wanted:
        """The same, trimmed. Raises Refused with the field at fault."""
        if not self.payer:
            raise Refused("Choose who the invoice goes to.", field="payer")
        terms = _checks.days(self.terms_days)
        if terms is None:
            raise Refused("Enter the payment terms in days; 0 means due today.", field="terms_days")
        return Wanted(
            self.patient,
            self.payer,
            checked_lines(self.lines),
            self.currency,
            str(terms),
            _checks.within(self.reference, "reference", 140),
            _checks.within(self.purchase_order, "purchase_order", 140),
            _checks.within(self.memo, "memo", 500),
            self.also_printed,
        )


def save_draft(ctx: Context, wanted: Wanted, *, form: str) -> Outcome:
    """Raise an invoice and leave it as a draft; the outcome's result is its id. A draft moves no balance."""
    need(ctx, "money")
    right = wanted.checked()
    return submit(
        ctx,
        DRAFT,
        form=form,
        target="",
        steps=lambda intent: _drafting(right, intent),
        seen=_seen(right, None),
        detail=_detail(right),
    )


def finalise_and_send(ctx: Context, wanted: Wanted, *, seen: Preview, form: str) -> Outcome:
    """Raise an invoice, finalise it and send it. `seen` is the preview on the screen: Changed when Stripe would come
    to other figures.
    """
    need(ctx, "money")
    right = wanted.checked()
    return submit(
        ctx,
        RAISE,
        form=form,
        target="",
        seen=_seen(right, seen),
        detail={**_detail(right), "total": seen.total.minor},
        steps=lambda intent: [*_drafting(right, intent), *_issuing("{create}")],
    )


def finish_draft(
    ctx: Context, invoice: str, *, payer: str, total: Money, balance: Money, send: bool = True, form: str
) -> Outcome:
    """Finalise and send a draft that was saved before; `total` and `balance` are what the page showed."""
    return submit(
        ctx,
        FINISH,
        form=form,
        target=invoice,
        steps=lambda _intent: _issuing(invoice)[: 2 if send else 1],
        seen={"payer": payer, "total": total.minor, "balance": balance.minor, "currency": total.currency},
        detail={"payer": payer, "total": total.minor, "currency": total.currency},
    )


def _drafting(wanted: Wanted, intent: str) -> list[Step]:
    fields = (("Reference", wanted.reference), ("Purchase order", wanted.purchase_order), *wanted.also_printed)
    printed = [{"name": name, "value": value} for name, value in fields if value][:_MOST_PRINTED]
    params: dict[str, Any] = {
        "customer": wanted.payer,
        "currency": wanted.currency,
        "collection_method": "send_invoice",
        "days_until_due": int(wanted.terms_days),
        "auto_advance": False,
        "pending_invoice_items_behavior": "exclude",
        "metadata": {"pd_patient": wanted.patient, "pd_intent": intent} if wanted.patient else {"pd_intent": intent},
        # Said even when empty: otherwise the payer's own would be printed, which the person took out.
        "custom_fields": printed or "",
        **({"description": wanted.memo} if wanted.memo else {}),
    }
    chunks = [wanted.lines[start : start + _CHUNK] for start in range(0, len(wanted.lines), _CHUNK)]
    return [
        Step("create", "/v1/invoices", params),
        *(
            Step(
                f"lines{n}",
                "/v1/invoices/{create}/add_lines",
                {"lines": [_tagged(line, wanted.currency, f"{intent}:{n}") for line in chunk]},
            )
            for n, chunk in enumerate(chunks)
        ),
    ]


def _tagged(line: Line, currency: str, tag: str) -> dict[str, Any]:
    return {**line_params(line, currency), "metadata": {"pd_intent": tag}}


def line_params(line: Line, currency: str) -> dict[str, Any]:
    """A line as Stripe takes it: a catalogue price, or a one-off, which is an amount where one unit is billed and a
    price of its own where several are. Its metadata is empty.
    """
    rates = {"tax_rates": [line.rate.id]} if line.rate else {}
    common = {"description": line.description, "metadata": {}, **rates}
    if line.price:
        return {**common, "pricing": {"price": line.price}, "quantity": line.quantity}
    if line.quantity == 1:
        return {**common, "amount": line.amount}
    priced = {
        "currency": currency,
        "product_data": {"name": line.description},
        "unit_amount_decimal": str(line.unit_amount),
    }
    return {**common, "price_data": priced, "quantity": line.quantity}


def _issuing(invoice: str) -> list[Step]:
    path = f"/v1/invoices/{invoice}"
    return [Step("finalise", f"{path}/finalize", {"auto_advance": False}), Step("send", f"{path}/send", {})]


def checked_lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The same lines. Raises Refused with the field at fault, also for none and for more than Stripe takes."""
    if not lines:
        raise Refused("Add at least one line.", field="lines")
    if len(lines) > MOST_LINES:
        raise Refused(f"Stripe takes at most {MOST_LINES} lines on one invoice; this has {len(lines)}.", field="lines")
    for line in lines:
        _checks.required(line.description, "Describe the line: it is what the payer reads.", "description", 500)
        if not 1 <= line.quantity <= 9999:
            raise Refused("Enter a whole quantity from 1 to 9,999.", field="quantity")
    return tuple(lines)


def _seen(wanted: Wanted, preview: Preview | None) -> Object:
    seen: Object = {"patient": wanted.patient, "payer": wanted.payer, "currency": wanted.currency}
    if preview:
        seen |= {
            "total": preview.total.minor,
            "balance": preview.balance.minor,
            "items": [_item(line) for line in wanted.lines],
        }
    return seen


def _item(line: Line) -> Object:
    """A line as Stripe's own preview takes it."""
    rates = {"tax_rates": [line.rate.id]} if line.rate else {}
    if line.price:
        return {"price": line.price, "quantity": line.quantity, **rates}
    return {"amount": line.amount, "description": line.description, **rates}


def _detail(wanted: Wanted) -> Object:
    return {"payer": wanted.payer, "patient": wanted.patient, "currency": wanted.currency}


def _look_before_raising(ctx: Context, intent: Intent) -> None:
    """Payer and patient are alive; and, when it will be finalised, Stripe comes to the figures that the person saw."""
    seen = intent.seen
    payer = living_customer(ctx, seen["payer"], field="payer")
    if seen["patient"] and seen["patient"] != seen["payer"]:
        living_customer(ctx, seen["patient"], field="patient")
    if "total" in seen:
        same_balance(payer, seen["currency"], seen["balance"])
        items = [{**item, **({} if "price" in item else {"currency": seen["currency"]})} for item in seen["items"]]
        preview = _preview(ctx, seen, items)
        # Stripe's preview takes in what is pending on the payer's account; the invoice will not.
        if preview["total"] == seen["total"] or not _pending(ctx, seen):
            _same_total(preview["total"], seen, "Nothing was raised")


def _preview(ctx: Context, seen: Object, items: list[Object]) -> Object:
    return ctx.stripe.preview(
        "/v1/invoices/create_preview", customer=seen["payer"], currency=seen["currency"], invoice_items=items
    )


def _pending(ctx: Context, seen: Object) -> bool:
    found = ctx.stripe.every("/v1/invoiceitems", customer=seen["payer"], pending=True)
    return any(item["currency"] == seen["currency"] for item in found)


def _same_total(total: int, seen: Object, so: str) -> None:
    if total != seen["total"]:
        theirs, ours = Money(total, seen["currency"]), Money(seen["total"], seen["currency"])
        raise Changed(f"Stripe comes to a total of {theirs}, not {ours}. {so}; check prices and VAT.")


def _as_previewed(intent: Intent, step: Step) -> None:
    """The last word before money is asked for: the draft's own total, as Stripe answered with its lines."""
    if step.name == "finalise":
        last = [each.name for each in intent.steps if each.name.startswith("lines")][-1]
        _same_total(intent.progress[last]["total"], intent.seen, "It was left as a draft")


def _look_at_draft(ctx: Context, intent: Intent) -> None:
    fresh, seen = reading.invoice(ctx.stripe, intent.target), intent.seen
    if fresh["status"] != "draft":
        raise Changed(f"This is no longer a draft: Stripe says it is {fresh['status']}. Nothing was changed.")
    if fresh["collection_method"] != "send_invoice":
        raise Refused("This draft is set to charge a card. Finish it where it was raised.")
    _same_total(fresh["total"], seen, "Nothing was changed")
    same_balance(living_customer(ctx, seen["payer"]), seen["currency"], seen["balance"])


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    if step.name == "create":
        return tagged(
            ctx.stripe.every("/v1/invoices", customer=intent.seen["payer"], created={"gte": intent.created - 300}),
            intent.id,
        )
    invoice = intent.made("create") or intent.target
    fresh = reading.invoice(ctx.stripe, invoice)
    if step.name == "finalise":
        return fresh if fresh["status"] != "draft" else None
    if step.name == "send":
        return fresh if _was_sent(ctx, intent, invoice) else None
    tag = f"{intent.id}:{step.name.removeprefix('lines')}"
    return fresh if any(line["metadata"].get("pd_intent") == tag for line in fresh["lines"]["data"]) else None


def _was_sent(ctx: Context, intent: Intent, invoice: str) -> bool:
    sent = ctx.stripe.every("/v1/events", type="invoice.sent", created={"gte": intent.created - 300})
    return any(event["data"]["object"].get("id") == invoice for event in sent)


def _paid_by_credit(intent: Intent, step: Step) -> bool:
    """An invoice that credit settled at once is not sent: Stripe refuses, and there is nothing to ask for."""
    return step.name == "send" and intent.progress.get("finalise", {}).get("status") == "paid"


def _affected(intent: Intent) -> list[tuple[str, str]]:
    payer = intent.seen.get("payer", "")
    touched = [("invoice", intent.made("create") or intent.target)]
    return [*touched, ("customer", payer), ("ledger", payer)] if payer else touched


DRAFT = register(Kind("invoice.draft", "invoice:draft", _look_before_raising, _landed, _affected))
RAISE = register(
    Kind("invoice.raise", "invoice:raise", _look_before_raising, _landed, _affected, _paid_by_credit, _as_previewed)
)
FINISH = register(Kind("invoice.finish", "invoice:finalise", _look_at_draft, _landed, _affected, _paid_by_credit))
