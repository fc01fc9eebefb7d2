"""Eighteen months of ordinary days: people register, are seen and billed, and the money comes in, late or never."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from random import Random

from lib.sandbox.seed.billing import BY_HAND, DAY, HERO, PAYERDESK, Bill, issue, pay, void, write_off
from lib.sandbox.seed.calendar import day_of, moment, next_weekday, working_day, working_days
from lib.sandbox.seed.people import DOCTORS, NURSE, Patient
from lib.sandbox.seed.practice import Practice
from lib.sandbox.seed.visits import lines, visit

DAYS = 548
ADOPTED = 270  # days ago: since when organisations are billed from Payerdesk, mostly
AT_FIRST = 0.62  # share of the patients who were there on the first day


def first_day(today: date) -> date:
    """Eighteen months back."""
    return today - timedelta(days=DAYS)


def plan(practice: Practice) -> None:
    """Writes every registration and every appointment into the calendar."""
    first = first_day(practice.calendar.today)
    for number, key in enumerate(practice.organisations):
        day = first + timedelta(days=practice.organisations[key].joined)
        practice.calendar.at(moment(day, 7, number), partial(_add_organisation, practice, key))
    _plan_registrations(practice, first)
    days = list(working_days(first + timedelta(days=1), practice.calendar.today - timedelta(days=1)))
    for number, day in enumerate(days):
        _plan_day(practice, day, number / len(days))


def _plan_registrations(practice: Practice, first: date) -> None:
    """Most on the first day, when Hero was connected; nobody before whoever pays for them."""
    rng, times = Random("registrations"), dict[str, int]()
    for number, patient in enumerate(practice.patients.values()):
        payer = practice.organisations.get(patient.payer or "")
        day = first + timedelta(days=payer.joined if payer else 0)
        if rng.random() > AT_FIRST and patient.key not in practice.quiet:
            day = working_day(day + timedelta(days=rng.randint(5, DAYS - 220)))
        own = moment(day, 8, number // 60, number % 60)
        times[patient.key] = max(own, times.get(patient.payer or "", 0) + 1)
        practice.calendar.at(times[patient.key], partial(register, practice, patient))


def _plan_day(practice: Practice, day: date, progress: float) -> None:
    """A practice that grows: from about two and a half invoices a day to four."""
    expected = 2.3 + 1.5 * progress
    for _ in range(int(expected) + (practice.rng.random() < expected % 1)):
        at = moment(day, practice.rng.randint(9, 17), practice.rng.randint(0, 29), practice.rng.randint(0, 59))
        practice.calendar.at(at, partial(_appointment, practice))


def _add_organisation(practice: Practice, key: str) -> None:
    practice.ids[key] = practice.post("customers", practice.organisations[key].params())["id"]


def register(practice: Practice, patient: Patient) -> None:
    """Hero syncs a new patient to Stripe; Payerdesk's default payer goes along."""
    payer = practice.ids[patient.payer] if patient.payer else None
    practice.ids[patient.key] = practice.post("customers", patient.params(payer))["id"]
    if patient.key not in practice.quiet:
        practice.attending.append(patient.key)


def _appointment(practice: Practice) -> None:
    patient = practice.patients[practice.rng.choice(practice.attending)]
    settle(practice, bill_for(practice, patient))


def bill_for(practice: Practice, patient: Patient) -> Bill:
    """An invoice as the front desk would raise it for what the patient came for."""
    rng, payer = practice.rng, _payer_today(practice, patient)
    organisation = practice.organisations.get(payer)
    hand, kind = _hand(practice, payer), organisation.tariff if organisation else "self"
    items, tariff = visit(rng, kind), practice.tariff_of(payer, patient)
    what = lines(rng, practice.catalogue, items, kind, tariff, say_exempt=hand == PAYERDESK or rng.random() < 0.3)
    seen_by = NURSE if "nurse" in items else patient.practitioner if rng.random() < 0.8 else rng.choice(DOCTORS)
    return Bill(patient, payer, what, hand, organisation is None and rng.random() < 0.76, seen_by)


def _payer_today(practice: Practice, patient: Patient) -> str:
    """The usual payer; now and then the wrong one, or an organisation for this once."""
    rng, payer = practice.rng, practice.payer_of(patient)
    if payer in practice.organisations:
        return patient.key if rng.random() < 0.05 else payer
    return rng.choice(("valdoria", "wrenfield")) if payer == patient.key and rng.random() < 0.02 else payer


def _hand(practice: Practice, payer: str) -> str:
    """Who raises it: Hero for patients; for our organisations mostly Payerdesk, since it came."""
    organisation = practice.organisations.get(payer)
    adopted = practice.sandbox.clock.now() > practice.calendar.end - ADOPTED * DAY
    if organisation and organisation.marked and adopted and practice.rng.random() < 0.7:
        return PAYERDESK
    return BY_HAND if practice.rng.random() < 0.03 else HERO


def settle(practice: Practice, bill: Bill) -> None:
    """Issues it, and writes down what becomes of it."""
    issued = issue(practice, bill)
    if issued["status"] != "open":
        return
    then = _organisation_pays if bill.payer in practice.organisations else _patient_pays
    then(practice, bill, issued["id"])


def _organisation_pays(practice: Practice, bill: Bill, invoice: str) -> None:
    """Payment runs: on Thursdays, some time about the end of the terms."""
    organisation, rng = practice.organisations[bill.payer], practice.rng
    if rng.random() < 0.015:
        _later(practice, rng.randint(1, 6), partial(void, practice, invoice))
    elif rng.random() >= organisation.forgets:
        days = max(1, organisation.terms + rng.randint(*organisation.late))
        _later(practice, days, partial(pay, practice, invoice), weekday=3)
    elif rng.random() < 0.4:
        _later(practice, rng.randint(200, 260), partial(write_off, practice, invoice))


def _patient_pays(practice: Practice, bill: Bill, invoice: str) -> None:
    """At the desk, within the month, after some reminding, or not at all."""
    rng, now = practice.rng, practice.sandbox.clock.now()
    if practice.payer_of(bill.patient) in practice.organisations and rng.random() < 0.6:
        return  # they are right not to pay: it went to the wrong payer
    if bill.at_once:
        practice.calendar.at(now + rng.randint(120, 1500), partial(pay, practice, invoice))
        return
    fate = rng.random()
    if fate < 0.10:
        _later(practice, rng.randint(1, 4), partial(void, practice, invoice))
    elif fate < 0.92:
        _later(practice, rng.randint(1, 30 if fate < 0.75 else 110), partial(pay, practice, invoice))
    elif fate < 0.96:
        _later(practice, rng.randint(120, 190), partial(write_off, practice, invoice))


def _later(practice: Practice, days: int, step: partial[None], *, weekday: int | None = None) -> None:
    """In so many days, or on the first such weekday after that, at office hours."""
    day = day_of(practice.sandbox.clock.now()) + timedelta(days=days)
    day = day if weekday is None else next_weekday(day, weekday)
    practice.calendar.at(moment(day, practice.rng.randint(8, 16), practice.rng.randint(0, 59)), step)
