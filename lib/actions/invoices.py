"""Invoices: raise one for a payer, as a draft or finalised and sent.

Steps in order, each safe to repeat: create, lines in chunks, finalise, send unless credit on account has paid it
already (scenario 4). A stop half-way leaves a draft that is found by its tag.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lib.actions import _checks
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._issue_steps import MOST_PRINTED, creating, finalising, paid_by_credit, sending
from lib.actions._landed import on_invoice
from lib.actions._last_look import as_raised
from lib.actions._lines import adding
from lib.actions._previewed import as_previewed, look
from lib.actions._submit import submit
from lib.actions._typed_lines import checked_lines, line_params, preview_item
from lib.billing import Line, Preview
from lib.context import Context
from lib.errors import Refused
from lib.people import need


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
        return replace(
            self,
            terms_days=_checks.terms(self.terms_days),
            lines=checked_lines(self.lines),
            reference=_checks.within(self.reference, "reference", 140),
            purchase_order=_checks.within(self.purchase_order, "purchase_order", 140),
            memo=_checks.within(self.memo, "memo", 500),
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
        seen=_who(right),
        detail=_who(right),
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
        steps=lambda intent: [*_drafting(right, intent), finalising("{create}"), sending("{create}")],
        seen={**_who(right), **_figures(right, seen)},
        detail={**_who(right), "total": seen.total.minor},
    )


def _drafting(wanted: Wanted, intent: str) -> list[Step]:
    fields = (("Reference", wanted.reference), ("Purchase order", wanted.purchase_order), *wanted.also_printed)
    empty = creating(
        wanted.payer,
        wanted.currency,
        int(wanted.terms_days),
        tags={"pd_patient": wanted.patient, "pd_intent": intent} if wanted.patient else {"pd_intent": intent},
        printed=[(name, value) for name, value in fields if value][:MOST_PRINTED],
        description=wanted.memo,
    )
    return [empty, *adding([line_params(line, wanted.currency) for line in wanted.lines], intent)]


def _who(wanted: Wanted) -> Object:
    return {"payer": wanted.payer, "patient": wanted.patient, "currency": wanted.currency}


def _figures(wanted: Wanted, seen: Preview) -> Object:
    """What Stripe must come to, and what its preview is asked with."""
    items = [preview_item(line) for line in wanted.lines]
    return {"total": seen.total.minor, "balance": seen.balance.minor, "items": items}


def _affected(intent: Intent) -> list[tuple[str, str]]:
    payer = intent.seen["payer"]
    return [("invoice", intent.made("create")), ("customer", payer), ("ledger", payer)]


DRAFT = register(Kind("invoice.draft", "invoice:draft", look, on_invoice, _affected))
RAISE = register(
    Kind(
        "invoice.raise",
        "invoice:raise",
        look,
        on_invoice,
        _affected,
        needless=paid_by_credit,
        ready=as_previewed,
        before=as_raised,
    )
)
