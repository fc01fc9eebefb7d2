"""What must be there in every demo practice, whatever the routine throws: the awkward cases, each told once.

Quiet patients have no other invoices, so their stories end as written here.
"""

from __future__ import annotations

from functools import partial

from lib.sandbox.seed.billing import DAY, Bill, adjust, issue, void, write_off
from lib.sandbox.seed.people import Patient
from lib.sandbox.seed.practice import Practice

LATE_CANCELLATION, RETURNED_KIT, POSTAGE = "Late cancellation, paid in advance", "Returned kit", "Postage"
COURIER = "Courier for samples"
# (days ago, minor units as Stripe signs them, why): still on account today.
KEPT: tuple[tuple[int, int, str], ...] = (
    (3, -9500, LATE_CANCELLATION),
    (9, -8900, RETURNED_KIT),
    (16, -18000, LATE_CANCELLATION),
    (27, -7000, "Video consultation called off by us"),
    (41, -2500, "Flu vaccine out of stock, paid in advance"),
    (64, -4500, LATE_CANCELLATION),
    (5, 495, POSTAGE),
    (19, 1250, COURIER),
    (33, 350, POSTAGE),
)
KEPT_BY_ORGANISATIONS = (
    ("corvane", -8900, RETURNED_KIT),
    ("meridian", -12000, "Overpaid on a remittance"),
    ("akitsu", -18500, LATE_CANCELLATION),
    ("aldwyn", 650, POSTAGE),
)
# (days ago, credit, item that used it up): each leaves something to pay.
USED: tuple[tuple[int, int, str], ...] = (
    (6, -4500, "gp-15"),
    (22, -8900, "gp-30"),
    (48, -5000, "screen"),
    (95, -2500, "ecg"),
    (150, -9500, "gp-30"),
)
STILL_OPEN = (8, 17, 42, 50, 75, 82, 100, 140, 210)  # days ago; one at least in every bucket, by due date or by 30 days
GIVEN_UP = (150, 200, 230, 260, 330, 400)
QUIET = len(KEPT) + len(USED) + 4 + len(STILL_OPEN) + len(GIVEN_UP)


def plan(practice: Practice) -> None:
    """Writes every story into the calendar, each with patients of its own."""
    cast = (practice.patients[key] for key in practice.quiet)
    for days, amount, why in KEPT:
        practice.ago(days, partial(adjust, practice, next(cast).key, amount, why))
    for number, (payer, amount, why) in enumerate(KEPT_BY_ORGANISATIONS):
        practice.ago(1, partial(adjust, practice, payer, amount, why), hour=17, minute=40 + number)
    for days, amount, item in USED:
        _adjusted_before(practice, next(cast), days, amount, item)
    _adjusted_before(practice, next(cast), 30, -25000, "gp-30")  # paid at once, £70.00 left
    _adjusted_before(practice, next(cast), 58, -9480, "gp-15")  # 20p is under the minimum charge: it stays as a debit
    _adjusted_before(practice, next(cast), 13, 1250, "ecg", why=COURIER)  # the debit is asked for on top
    _void_gives_credit_back(practice, next(cast))
    for days in STILL_OPEN:
        practice.ago(days, partial(_issue, practice, next(cast), "gp-30"))
    for days in GIVEN_UP:
        practice.ago(days, partial(_given_up, practice, next(cast)))


def _adjusted_before(
    practice: Practice, patient: Patient, days: int, amount: int, item: str, why: str = LATE_CANCELLATION
) -> None:
    """A credit or debit on account, which the next invoice takes up."""
    practice.ago(days + 12, partial(adjust, practice, patient.key, amount, why))
    practice.ago(days, partial(_issue, practice, patient, item))


def _void_gives_credit_back(practice: Practice, patient: Patient) -> None:
    practice.ago(50, partial(adjust, practice, patient.key, -6000, LATE_CANCELLATION))
    practice.ago(40, partial(_raised_in_error, practice, patient))


def _raised_in_error(practice: Practice, patient: Patient) -> None:
    invoice = _issue(practice, patient, "gp-15")
    practice.calendar.at(practice.sandbox.clock.now() + 3600, partial(void, practice, invoice))


def _given_up(practice: Practice, patient: Patient) -> None:
    invoice = _issue(practice, patient, "gp-15")
    practice.calendar.at(practice.sandbox.clock.now() + 100 * DAY, partial(write_off, practice, invoice))


def _issue(practice: Practice, patient: Patient, item: str) -> str:
    return issue(practice, Bill(patient, patient.key, [practice.catalogue.line(item, say_exempt=False)]))["id"]
