"""How an invoice comes into the world: raised by Hero, by Payerdesk, or by hand in Stripe's Dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lib.sandbox.seed.calendar import day_of, end_of
from lib.sandbox.seed.people import PRACTITIONERS, Patient
from lib.sandbox.seed.practice import Practice

HERO, PAYERDESK, BY_HAND = "Hero", "Payerdesk", "by hand"
DAY = 86_400
LOCATIONS_SHOWN = 480  # days ago: since when Hero has been told to write the location
MEMOS = (
    "Occupational health services",
    "Thank you for your custom",
    "Please quote the invoice number with your payment",
)


@dataclass(frozen=True)
class Bill:
    """Who is billed for whose care, and by which hand."""

    patient: Patient
    payer: str
    lines: list[dict[str, Any]]
    raised_by: str = HERO
    at_once: bool = False  # "Pay now" in Hero, as against "Request payment"
    seen_by: str = ""  # the practitioner, where it was not the patient's own


def draft(practice: Practice, bill: Bill) -> str:
    """A draft with its lines; its id."""
    params = {
        "customer": practice.ids[bill.payer],
        "currency": practice.currency_of(bill.payer),
        "collection_method": "send_invoice",
        **_HANDS[bill.raised_by](practice, bill),
    }
    made = practice.post("invoices", params)["id"]
    if bill.lines:
        practice.post(f"invoices/{made}/add_lines", {"lines": bill.lines})
    return made


def issue(practice: Practice, bill: Bill) -> dict[str, Any]:
    """A finalised invoice; Payerdesk sends its own at once."""
    made = draft(practice, bill)
    issued = practice.post(f"invoices/{made}/finalize")
    if issued["status"] == "open":
        practice.unpaid[made] = bill.payer
        if bill.raised_by == PAYERDESK:
            _send(practice, made)
    return issued


def pay(practice: Practice, invoice: str) -> None:
    """Money that came in outside Stripe settles the whole invoice."""
    if invoice in practice.unpaid and practice.unpaid[invoice] not in practice.deleted:
        del practice.unpaid[invoice]
        practice.post(f"invoices/{invoice}/pay", {"paid_out_of_band": True})


def void(practice: Practice, invoice: str) -> None:
    """Raised in error."""
    if practice.unpaid.pop(invoice, None):
        practice.post(f"invoices/{invoice}/void")


def write_off(practice: Practice, invoice: str) -> None:
    """Given up."""
    if practice.unpaid.pop(invoice, None):
        practice.post(f"invoices/{invoice}/mark_uncollectible")


def adjust(practice: Practice, payer: str, amount: int, description: str) -> None:
    """A credit (negative, as Stripe has it) or a debit on account."""
    params = {"amount": amount, "currency": practice.currency_of(payer), "description": description}
    practice.post(f"customers/{practice.ids[payer]}/balance_transactions", params)


def _send(practice: Practice, invoice: str) -> None:
    """Sending leaves nothing but an event, and Stripe keeps events for 30 days."""
    if practice.sandbox.clock.now() > practice.calendar.end - 30 * DAY:
        practice.post(f"invoices/{invoice}/send")


def _hero(practice: Practice, bill: Bill) -> dict[str, Any]:
    """Hero's habit: due on the day of issue, with its labels in the metadata."""
    now = practice.sandbox.clock.now()
    return {
        "due_date": end_of(day_of(now)),
        "metadata": hero_labels(bill, now > practice.calendar.end - LOCATIONS_SHOWN * DAY),
    }


def hero_labels(bill: Bill, with_location: bool) -> dict[str, str]:
    """The labels Hero writes on an invoice, less those that the practice had switched off then."""
    patient, practitioner = bill.patient, bill.seen_by or bill.patient.practitioner
    found = {
        "Patient name": patient.name,
        "Patient gender": patient.gender,
        "Patient registered practitioner": patient.practitioner,
        "Patient mobile": patient.mobile,
        "Patient email": patient.email or "",
        "Patient postcode": patient.postcode,
        "Invoice billing and collection": "Pay now" if bill.at_once else "Request payment",
        "Appointment location": PRACTITIONERS[practitioner] if with_location else "",
        "Appointment practitioner": practitioner,
    }
    off = {f"Patient {label[0].lower()}{label[1:]}" for label in patient.hidden}
    return {label: value for label, value in found.items() if value and label not in off}


def _payerdesk(practice: Practice, bill: Bill) -> dict[str, Any]:
    """The payer's own terms, and the patient by Stripe's id."""
    return {
        "days_until_due": practice.organisations[bill.payer].terms,
        "metadata": {"pd_patient": practice.ids[bill.patient.key]},
        "description": practice.rng.choice(MEMOS),
    }


def _by_hand(practice: Practice, bill: Bill) -> dict[str, Any]:
    """Typed into the Dashboard by the bookkeeper: no metadata at all."""
    return {"days_until_due": 30, "description": f"For {bill.patient.name}"}


_HANDS = {HERO: _hero, PAYERDESK: _payerdesk, BY_HAND: _by_hand}
