"""What happens when "Save draft" or "Finalise and send" is pressed, and what is said afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lib.actions import invoices as actions
from lib.actions import patients
from lib.actions.invoices import Wanted
from lib.billing import preview
from lib.context import Context
from lib.errors import Changed, NotFound, PayerdeskError, Refused
from lib.money import Money
from lib.queries import invoices
from lib.queries.invoices import Invoice
from lib.ui import feedback, page
from lib.ui.forms import Form
from lib.ui.invoice_form import FIELDS, Parties


@dataclass(frozen=True)
class Agreed:
    """What the screen showed when the button was pressed: the payer's balance, and the patient's default payer."""

    balance: Money
    default_payer: str


def save_draft(ctx: Context, form: Form, parties: Parties, wanted: Callable[[], Wanted], agreed: Agreed) -> None:
    """Raise it as a draft, and go to it."""
    _raise(ctx, form, parties, lambda key: actions.save_draft(ctx, wanted(), form=key).result, agreed)


def finalise_and_send(ctx: Context, form: Form, parties: Parties, wanted: Callable[[], Wanted], agreed: Agreed) -> None:
    """Raise it, finalise it, send it, and go to it."""

    def do(key: str) -> str:
        bill = wanted()
        return actions.finalise_and_send(ctx, bill, seen=preview(bill.lines, agreed.balance), form=key).result

    _raise(ctx, form, parties, do, agreed)


def _raise(ctx: Context, form: Form, parties: Parties, do: Callable[[str], str], agreed: Agreed) -> None:
    """Carry out `do` under the form's key; what was refused half-way has left a draft, which is shown."""
    key, words, kind = form.key, "", "success"
    with form.submitting(FIELDS):
        try:
            invoice = do(key)
        except (Refused, Changed) as no:
            invoice, words, kind = invoices.left_behind(ctx, key), no.words, "error"
            if not invoice:
                raise
    if kind == "success":
        words = said(ctx, invoice)
        if parties.make_default:
            more, kind = _keep_default(ctx, parties, f"{key}:payer", agreed.default_payer)
            words = f"{words} {more}"
    feedback.flash(words, kind)
    form.finish()
    page.go("invoice", id=invoice)


def said(ctx: Context, invoice: str, *, sent: bool = True) -> str:
    """What became of it, for the top of the next page; `sent` is whether that was asked for."""
    try:
        found = invoices.get(ctx, invoice)
    except NotFound:
        return "It was done. It shows here as soon as it has come from Stripe."
    if found.status == "draft":
        return "The draft was saved. No balance moves and nobody is written to before it is finalised."
    if found.status == "open":
        return f"Invoice {found.number} was finalised and {'sent' if sent else 'not sent'}, {found.due} to pay."
    return f"Invoice {found.number} was paid at once{_by(found)}, no request was sent."


def _by(found: Invoice) -> str:
    if found.ending_balance and found.ending_balance.minor > 0:
        return f": {found.ending_balance} is too little to charge and was carried forward"
    return " by credit on account" if found.starting_balance.minor < 0 else ""


def _keep_default(ctx: Context, parties: Parties, key: str, seen: str) -> tuple[str, str]:
    """The invoice stands, whatever becomes of this."""
    try:
        patients.set_default_payer(ctx, parties.patient.id, parties.payer.id, seen=seen, form=key)
    except PayerdeskError as no:
        return f"The patient's default payer was not changed: {no.words}", "warning"
    return "The patient's default payer was changed. Now set it in Hero too.", "success"
