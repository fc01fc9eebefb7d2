"""The demo practice: Harbour Street, its payers and patients, and eighteen months of their invoices.

`build` tells the story through Stripe's own API with the clock moved forward, so that every amount, number and balance
is the sandbox's own arithmetic. The same day gives the same practice.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from lib.sandbox.seed import endings, routine, story
from lib.sandbox.seed.calendar import Calendar, moment
from lib.sandbox.seed.catalogue import stock
from lib.sandbox.seed.households import patients
from lib.sandbox.seed.organisations import ORGANISATIONS
from lib.sandbox.seed.people import Patient
from lib.sandbox.seed.practice import Practice

if TYPE_CHECKING:
    from lib.sandbox import Sandbox

MARK = "demo_practice"  # metadata on the tax rate "Exempt": loading, then complete


class SeedRefused(RuntimeError):
    """The sandbox holds something else already, or half a demo practice."""


def build(sandbox: Sandbox, today: date) -> None:
    """Fills an empty sandbox with the demo practice as of `today`, a day in London. One that is there is left alone."""
    if _is_there(sandbox):
        return
    try:
        practice = _open(sandbox, today)
        for chapter in (routine, story, endings):
            chapter.plan(practice)
        practice.calendar.play(sandbox.clock)
        practice.post(f"tax_rates/{practice.catalogue.exempt}", {"metadata": {MARK: "complete"}})
    finally:
        sandbox.clock.real()


def _is_there(sandbox: Sandbox) -> bool:
    rates = sandbox.call("GET", "/v1/tax_rates", {"limit": 100})["data"]
    marks = [rate["metadata"][MARK] for rate in rates if MARK in rate["metadata"]]
    if marks == ["complete"]:
        return True
    if marks:
        raise SeedRefused("The demo practice was interrupted while loading. Delete the data file and start again.")
    if rates or sandbox.call("GET", "/v1/customers", {"limit": 1})["data"]:
        raise SeedRefused("This sandbox already holds other data. The demo practice goes into an empty one.")
    return False


def _open(sandbox: Sandbox, today: date) -> Practice:
    """The practice on its first morning: a price list, and the people who will come."""
    calendar = Calendar(today)
    sandbox.clock.set(moment(routine.first_day(today), 6))
    people = patients(today, {payer.key: payer.covers for payer in ORGANISATIONS})
    return Practice(
        sandbox=sandbox,
        calendar=calendar,
        catalogue=stock(sandbox, {MARK: "loading"}),
        organisations={payer.key: payer for payer in ORGANISATIONS},
        patients={patient.key: patient for patient in people},
        payers={patient.key: patient.payer for patient in people},
        quiet=_quiet(people),
    )


def _quiet(people: list[Patient]) -> tuple[str, ...]:
    """Adults who pay for themselves and for nobody else; those with the plainest names, from the end of the list."""
    paying = {patient.payer for patient in people} | {patient.key for patient in people if patient.sent_by_hero}
    alone = [patient.key for patient in people if not patient.payer and patient.key not in paying]
    return tuple(alone[-story.QUIET :])
