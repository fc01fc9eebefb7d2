"""Who is in the demo practice, before anything is billed."""

from __future__ import annotations

import unicodedata
from collections import Counter
from datetime import date

import pytest

from lib.sandbox.seed.calendar import Calendar, day_of, end_of, working_days
from lib.sandbox.seed.households import patients
from lib.sandbox.seed.organisations import ORGANISATIONS
from lib.sandbox.seed.people import Patient

TODAY = date(2026, 3, 2)
HERO_CUSTOMER_LABELS = {
    "First name",
    "Last name",
    "Full name",
    "Date of birth",
    "Mobile",
    "Email",
    "Postcode",
    "Gender",
    "Registered practitioner",
}


@pytest.fixture(scope="module")
def people() -> list[Patient]:
    return patients(TODAY, {payer.key: payer.covers for payer in ORGANISATIONS})


def test_two_people_share_a_name_and_differ_in_their_date_of_birth(people):
    shared = [name for name, count in Counter(person.name for person in people).items() if count > 1]

    assert shared == ["David Evans"]
    assert len({person.born for person in people if person.name == "David Evans"}) == 2


@pytest.mark.parametrize("awkward", ["'", "’", "-", "*", "ł", "ễ", "花", "Ε", "O"])
def test_the_names_have_every_awkward_character(people, awkward):
    assert any(awkward in person.name for person in people)


def test_one_name_is_written_from_right_to_left(people):
    written = [person.name for person in people if unicodedata.bidirectional(person.name[0]) in ("R", "AL")]

    assert len(written) == 1


def test_every_family_has_one_parent_who_pays_and_shares_a_surname_and_a_mailbox(people):
    by_key = {person.key: person for person in people}
    children = [person for person in people if person.payer in by_key]

    assert len(children) == 24
    for child in children:
        parent = by_key[child.payer or ""]
        assert (child.last, child.email) == (parent.last, parent.email)
        assert parent.payer is None
        assert child.born > parent.born


def test_nobody_else_shares_a_mailbox_and_a_few_have_none(people):
    adults = [person for person in people if person.key.startswith("p")]
    mailboxes = [person.email for person in adults if person.email]

    assert len(mailboxes) == len(set(mailboxes))
    assert 0 < len(adults) - len(mailboxes) < 10


def test_an_organisation_is_the_default_payer_of_nearly_half(people):
    keys = {payer.key for payer in ORGANISATIONS}

    assert len(people) == 240
    assert sum(person.payer in keys for person in people) == 108


def test_hero_writes_its_own_labels_and_leaves_out_those_switched_off(people):
    used = Counter(label for person in people for label in person.labels())

    assert set(used) == HERO_CUSTOMER_LABELS
    assert used["Full name"] == 240
    assert 200 < used["Gender"] < 240


def test_no_telephone_number_or_address_can_belong_to_anybody(people):
    digits = {"".join(char for char in person.mobile if char.isdigit())[-10:] for person in people}
    hosts = [(person.email or "x.example") for person in people] + [payer.email for payer in ORGANISATIONS]

    assert all(number.startswith("7700900") for number in digits)
    assert all(host.endswith(".example") for host in hosts)


def test_a_day_that_has_not_come_yet_is_left_out_of_the_calendar():
    calendar, played = Calendar(TODAY), []
    calendar.at(calendar.end + 1, lambda: played.append("too late"))
    calendar.at(calendar.end, lambda: played.append("last"))
    calendar.at(calendar.end - 60, lambda: played.append("first"))
    calendar.play(_Silent())

    assert played == ["first", "last"]


def test_the_end_of_a_day_is_that_day_in_london_in_summer_too():
    assert day_of(end_of(date(2026, 7, 1))) == date(2026, 7, 1)
    assert day_of(end_of(date(2026, 1, 1)) + 1) == date(2026, 1, 2)


def test_nobody_works_at_weekends_or_on_christmas_day():
    days = list(working_days(date(2025, 12, 24), date(2025, 12, 30)))

    assert days == [date(2025, 12, 24), date(2025, 12, 29), date(2025, 12, 30)]


class _Silent:
    def set(self, timestamp: int) -> None:
        """Time does not matter here."""
