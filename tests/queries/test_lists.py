"""Lists: searched, sorted and cut into pages by the database, whatever was typed."""

from __future__ import annotations

from datetime import date

import pytest

from lib.queries import activity, balances, catalogue, customers, freshness, organisations, overview, patients, reports
from lib.queries import invoices as lists
from lib.queries._stream import batches
from lib.queries.invoices import Filters
from lib.stripe_api.client import connect
from tests.support.builders import adjust, pay_for
from tests.support.wire import Wire
from tests.support.world import DAY, World

NAMES = (
    "Acme Ltd",
    "100% Health",
    "A_B Clinic",
    "AxB Clinic",
    "Zoë & Søn",
    "Corvane \\ Sons",
    "شركة النور",
    "acme junior",
)


@pytest.fixture
def names(world: World) -> World:
    for number, name in enumerate(NAMES):
        world.customer(name, email=f"ap{number}@payer.example")
    world.sync()
    return world


FOUND = {
    "acme": {"Acme Ltd", "acme junior"},
    "ACME  ltd": {"Acme Ltd"},
    "%": {"100% Health"},
    "a_b": {"A_B Clinic"},
    "\\": {"Corvane \\ Sons"},
    "zoe": {"Zoë & Søn"},
    "النور": {"شركة النور"},
    "AP2@payer": {"A_B Clinic"},
    "' OR 1=1 --": set(),
    "ａｃｍｅ ltd": {"Acme Ltd"},
    "   ": set(NAMES),
}


def test_a_search_finds_words_as_typed_whatever_the_case_accents_or_signs(names: World) -> None:
    told = {typed: set(organisations.table(names.ctx, search=typed).rows["name"]) for typed in FOUND}
    assert told == FOUND


@pytest.mark.parametrize("descending", [True, False])
def test_every_list_sorts_by_every_heading_that_it_offers(world: World, descending: bool) -> None:
    acme, ada = world.customer(), world.patient()
    world.invoice(acme, 1000)
    world.draft(ada, 500)
    world.entry(acme, -70)
    world.sync()
    for query in (organisations, patients, balances):
        for sort in query.SORTS:
            assert query.table(world.ctx, sort=sort, descending=descending).total >= 1
    for sort in lists.SORTS:
        assert lists.table(world.ctx, Filters(), sort=sort, descending=descending).total == 2


def test_the_larger_debt_comes_first_and_nothing_owed_last(world: World) -> None:
    for name, owed in (("Small", 100), ("Large", 900), ("None", 0)):
        customer = world.customer(name)
        if owed:
            world.invoice(customer, owed)
    world.sync()
    found = organisations.table(world.ctx, sort="Outstanding", descending=True).rows
    assert list(found["name"]) == ["Large", "Small", "None"]


def test_invoices_are_narrowed_by_every_filter(world: World) -> None:
    acme, ada = world.customer(), world.patient("Ada Byrne", metadata={"Postcode": "E1 1AA"})
    labels = {"Patient name": "Ada Byrne", "Appointment practitioner": "Dr Osei", "Appointment location": "Harbour"}
    old = world.invoice(acme, 9000, metadata={**labels, "pd_patient": ada})
    world.wait(40 * DAY)
    new = world.draft(ada, 500)
    world.sync()

    def ids(**wanted: object) -> set[str]:
        return set(lists.table(world.ctx, Filters(**wanted)).rows["id"])

    assert ids(statuses=("open",)) == ids(payer=acme) == ids(practitioner="Dr Osei") == ids(location="Harbour") == {old}
    assert ids(patient=ada) == {old, new}
    assert ids(created_to=date(2026, 11, 16)) == ids(age="Overdue") == {old}
    assert ids(created_from=date(2026, 11, 17)) == ids(statuses=("draft",)) == {new}
    assert ids(text="byrne") == ids(text="e11aa") == {old, new}
    assert ids(text="byrne acme") == {old}
    assert ids(currency="eur") == ids(text="100%") == set()


def test_the_last_second_of_a_day_belongs_to_it(world: World) -> None:
    acme = world.customer()
    world.sandbox.clock.set(1_793_491_199)  # 31 October, 23:59:59
    late = world.invoice(acme, 100)
    world.wait(1)
    early = world.invoice(acme, 100)
    world.sync()
    october = lists.table(world.ctx, Filters(created_to=date(2026, 10, 31))).rows
    november = lists.table(world.ctx, Filters(created_from=date(2026, 11, 1))).rows
    assert (list(october["id"]), list(november["id"])) == ([late], [early])


def test_balances_are_told_apart_by_side_and_leave_out_who_has_none(world: World) -> None:
    held, owing, _even = world.customer("Held"), world.customer("Owing"), world.customer("Even")
    world.entry(held, -100)
    world.entry(owing, 100)
    world.sync()
    assert list(balances.table(world.ctx).rows["name"]) == ["Held", "Owing"]
    assert list(balances.table(world.ctx, side="Credit").rows["name"]) == ["Held"]
    assert list(balances.table(world.ctx, side="Debit").rows["name"]) == ["Owing"]


def test_two_people_of_one_name_are_told_apart(quick: World) -> None:
    ids = [quick.patient("Ada Byrne", email="ada@home.example") for _ in range(2)]
    quick.sync()
    labels = {choice.label for choice in customers.choices(quick.ctx, text="ada")}
    assert len(labels) == 2
    assert all(any(each[-6:] in label for label in labels) for each in ids)


def test_the_log_shows_what_was_done_to_whom_and_how_it_ended(world: World) -> None:
    acme, ada = world.customer(), world.patient()
    world.sync()
    adjust(world, acme)
    pay_for(world, ada, acme)
    found = activity.table(world.ctx).rows
    assert [tuple(row) for row in found[["actor", "about", "amount", "outcome"]].to_numpy()] == [
        ("Mira", "Ada Byrne", "", "Done"),
        ("Mira", "Acme Ltd", "£45.00 credit", "Done"),
    ]
    assert activity.table(world.ctx, subject=acme).total == 1


def test_reading_never_asks_stripe(world: World, tmp_path: object) -> None:
    acme, ada = world.customer(), world.patient()
    opened = world.invoice(acme, 1000)
    world.sync()
    dead = Wire(world.sandbox)
    ctx = world.ctx.__class__(
        settings=world.ctx.settings,
        engine=world.ctx.engine,
        stripe=connect("sk_test_dead", http_client=dead),
        clock=world.ctx.clock,
    )
    assert organisations.table(ctx).total + patients.table(ctx).total + balances.table(ctx).total == 2
    assert (lists.get(ctx, opened).id, customers.get(ctx, ada).id) == (opened, ada)
    overview.figures(ctx), overview.by_age(ctx, "gbp"), overview.by_payer(ctx, "gbp"), freshness.get(ctx)
    activity.table(ctx), activity.unconfirmed(ctx), catalogue.items(ctx, "gbp"), catalogue.rates(ctx)
    for report in reports.REPORTS.values():
        list(batches(ctx, report.rows(ctx)))
    assert dead.asked == []
