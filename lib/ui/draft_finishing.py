"""What happens when a draft's "Finalise and send" is pressed, and what is said afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from lib.actions import drafts_finalise
from lib.billing import Preview
from lib.context import Context
from lib.errors import Changed, NotConfirmed, NotFound, PayerdeskError, Refused
from lib.queries import invoices
from lib.queries.invoices import Invoice
from lib.ui import feedback, invoice_saving, page
from lib.ui.forms import Form


@dataclass(frozen=True)
class Shown:
    """What a draft's page showed: what it comes to, its signature, and whether it said that it will be sent."""

    figures: Preview
    seen: str
    send: bool


def finish(ctx: Context, form: Form, found: Invoice, shown: Shown) -> None:
    """Finalise a draft, send it, and say what came of it; also where it came only half-way."""
    words, kind = "", "success"
    with form.submitting(()):
        try:
            _finish(ctx, found, shown, form.key)
        except (Refused, Changed, NotConfirmed) as no:
            words, kind = _stopped(ctx, found.id, no), "warning" if isinstance(no, NotConfirmed) else "error"
            if not words:
                raise
    feedback.flash(words or invoice_saving.said(ctx, found.id, sent=shown.send), kind)
    form.finish()
    page.go("invoice", id=found.id)


def _finish(ctx: Context, found: Invoice, shown: Shown, key: str) -> None:
    drafts_finalise.finish_draft(
        ctx,
        found.id,
        payer=found.payer,
        total=shown.figures.total,
        balance=shown.figures.balance,
        seen=shown.seen,
        send=shown.send,
        form=key,
    )


def _stopped(ctx: Context, invoice: str, no: PayerdeskError) -> str:
    """What its page says where it is no draft any more, and the form that would have said it is not drawn; empty while
    it is one.
    """
    try:
        now = invoices.get(ctx, invoice)
    except NotFound:
        return no.words
    if now.status == "draft":
        return ""
    half = isinstance(no, Refused) and now.status == "open"
    return f"Invoice {now.number} is finalised, and it was not sent from here. {no.words}" if half else no.words
