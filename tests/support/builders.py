"""What a manager does in tests, with the rest filled in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lib import billing
from lib.actions import balances, invoices, organisations, patients
from lib.actions._intent import Outcome
from lib.actions.organisation_details import Details
from lib.billing import Line, Preview, Rate
from lib.context import Context
from lib.money import Money
from tests.support.world import World, pounds


def adjust(world: World, customer: str, kind: str = "Credit", minor: int = 4500, **more: Any) -> Outcome:
    """Post a credit or debit, having seen no balance, on a new form."""
    ctx: Context = more.pop("ctx", world.ctx)
    currency = more.pop("currency", "gbp")
    given = {"reason": "Goodwill", "form": world.form(), "seen": Money(0, currency), **more}
    return balances.adjust_balance(ctx, customer=customer, kind=kind, amount=Money(minor, currency), **given)


def line(minor: int, quantity: int = 1, rate: Rate | None = None, words: str = "Consultation") -> Line:
    """A one-off line."""
    return Line(words, Decimal(minor), quantity, rate)


def wanted(payer: str, *lines: Line, **more: Any) -> invoices.Wanted:
    """An invoice in pounds at thirty days."""
    given = {"patient": "", "currency": "gbp", "terms_days": "30", **more}
    return invoices.Wanted(payer=payer, lines=lines, **given)


def seen(world: World, bill: invoices.Wanted) -> Preview:
    """The preview as the screen shows it, from the balance that Stripe has now."""
    return billing.preview(bill.lines, Money(world.balance(bill.payer), bill.currency))


def bill(world: World, payer: str, *lines: Line, form: str = "", **more: Any) -> Outcome:
    """Raise an invoice, finalise it and send it."""
    asked = wanted(payer, *lines, **more)
    return invoices.finalise_and_send(world.ctx, asked, seen=seen(world, asked), form=form or world.form())


def add(world: World, name: str = "Acme Ltd", email: str = "ap@acme.example", **more: Any) -> Outcome:
    """Add an organisation."""
    options = {key: more.pop(key) for key in ("form", "despite_duplicates") if key in more}
    ctx: Context = more.pop("ctx", world.ctx)
    details = Details(name, email, **more)
    return organisations.add_organisation(ctx, details, **{"form": world.form(), **options})


def pay_for(world: World, patient: str, payer: str, *, now: str = "", form: str = "") -> Outcome:
    """Set who pays for a patient; `now` is the payer on the screen, the patient's own id where they pay themselves."""
    shown = now or patient
    return patients.set_default_payer(world.ctx, patient, payer, seen=shown, form=form or world.form())


__all__ = ["add", "adjust", "bill", "line", "pay_for", "pounds", "seen", "wanted"]


def crowd(world: World, count: int) -> str:
    """So many customers, all of one second."""
    made = [world.customer(f"Acme {number}", kind="") for number in range(count)]
    return made[0]
