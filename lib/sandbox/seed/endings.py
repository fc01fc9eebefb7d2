"""How matters stand today: drafts, a clinic of 37 lines, an organisation deleted in Stripe, payers changed."""

from __future__ import annotations

from functools import partial

from lib.sandbox.seed.billing import HERO, PAYERDESK, Bill, draft, issue, pay
from lib.sandbox.seed.calendar import moment
from lib.sandbox.seed.catalogue import EMPLOYER
from lib.sandbox.seed.practice import Practice
from lib.sandbox.seed.routine import bill_for

CLINIC_LINES = 37
CLINIC, DELETED, MEMO_ITEM = 43, 18, 12  # days ago
DRAFTS = (1, 1, 2, 3, 3, 4, 5, 6, 7, 9, 10, 12, 75, 131)
OWED = (("quarterlight", (24, 35, 52, 70, 95)), ("akitsu", (20, 62)))  # never paid
WRONG_PAYER = ((6, "corvane"), (24, "wrenfield"), (47, "halden"), (88, "corvane"))
MOVED = ((15, "corvane", "halden"), (70, "halden", "corvane"), (110, "pellworth", "tidewell"))
OVERNIGHT_PAYERS = ("corvane", "wrenfield", "pellworth", "meridian")


def plan(practice: Practice) -> None:
    """Writes the endings into the calendar."""
    practice.ago(CLINIC, partial(_clinic, practice), hour=15)
    practice.ago(DELETED, partial(_delete, practice, "quarterlight"), hour=16)
    practice.ago(MEMO_ITEM, partial(_pending_item, practice, "lanternway"))
    for days, old, new in MOVED:
        practice.ago(days, partial(_change_payer, practice, old, new), hour=10)
    for payer, days in ((payer, days) for payer, ages in OWED for days in ages):
        practice.ago(days, partial(_owed, practice, payer), hour=14)
    for number, (days, payer) in enumerate(WRONG_PAYER):
        practice.ago(days, partial(_wrong_payer, practice, payer, number), hour=12)
    for number, days in enumerate(DRAFTS):
        practice.ago(days, partial(_draft, practice, number), hour=16, minute=30 + number)
    practice.calendar.at(moment(practice.calendar.today, 0, 1), partial(_overnight, practice))


def _covered(practice: Practice, payer: str) -> list[str]:
    return [key for key in practice.attending if practice.payers[key] == payer]


def _clinic(practice: Practice) -> None:
    """A morning at the school: one line a person, by staff number, since names are nobody's business there."""
    patient = practice.patients[_covered(practice, "aldwyn")[0]]
    jab = practice.catalogue.line("clinic-jab", EMPLOYER)
    staff = [f"Vaccination, workplace clinic: staff no. {4100 + 7 * number}" for number in range(CLINIC_LINES)]
    people = [{**jab, "description": description} for description in staff]
    issue(practice, Bill(patient, "aldwyn", people, PAYERDESK))


def _delete(practice: Practice, payer: str) -> None:
    """Somebody tidied up in Stripe: the customer is gone, its debts and the patients that point at it are not."""
    practice.sandbox.call("DELETE", f"/v1/customers/{practice.ids[payer]}")
    practice.deleted.add(payer)


def _pending_item(practice: Practice, payer: str) -> None:
    params = {"customer": practice.ids[payer], "amount": 1500, "currency": "gbp", "description": "Copy of notes"}
    practice.post("invoiceitems", params)


def _change_payer(practice: Practice, old: str, new: str) -> None:
    """The patient has a new employer."""
    patient = _covered(practice, old)[-1]
    practice.payers[patient] = new
    practice.post(f"customers/{practice.ids[patient]}", {"metadata": {"pd_default_payer": practice.ids[new]}})


def _owed(practice: Practice, payer: str) -> None:
    patient = practice.patients[practice.rng.choice(_covered(practice, payer))]
    tariff = practice.tariff_of(payer, patient)
    issue(practice, Bill(patient, payer, [practice.catalogue.line("medical", tariff)], PAYERDESK))


def _wrong_payer(practice: Practice, payer: str, number: int) -> None:
    """Sent to the patient although an organisation is their default payer, and not paid."""
    patient = practice.patients[_covered(practice, payer)[number]]
    issue(practice, Bill(patient, patient.key, [practice.catalogue.line("gp-30", say_exempt=False)]))


def _draft(practice: Practice, number: int) -> None:
    """Not issued yet; the fourth has no lines yet either, and the sixth is about to go to the wrong payer."""
    patient = practice.patients[practice.rng.choice(practice.attending)]
    if number == 3:
        draft(practice, Bill(patient, patient.key, []))
    elif number == 5:
        patient = practice.patients[_covered(practice, "tidewell")[0]]
        draft(practice, Bill(patient, patient.key, [practice.catalogue.line("medical")], HERO))
    else:
        draft(practice, bill_for(practice, patient))


def _overnight(practice: Practice) -> None:
    """Bookings and bank payments do not sleep: there is something of today from its first minute."""
    for payer in OVERNIGHT_PAYERS:
        pay(practice, next((invoice for invoice, owed_by in practice.unpaid.items() if owed_by == payer), ""))
    booked = [key for key in practice.attending if practice.payer_of(practice.patients[key]) == key][:2]
    for patient in (practice.patients[key] for key in booked):
        line = practice.catalogue.line("video", practice.tariff_of(patient.key, patient), say_exempt=False)
        pay(practice, issue(practice, Bill(patient, patient.key, [line], HERO, at_once=True))["id"])
