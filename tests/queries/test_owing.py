"""What is owed, per payer and in all: outstanding beside credit, currencies apart (scenarios 7, 20 and 26)."""

from __future__ import annotations

import pytest

from lib.actions import invoices as raising
from lib.errors import Refused
from lib.money import Money
from lib.queries import balances, customers, organisations, overview, patients
from lib.queries import invoices as lists
from tests.support.builders import adjust, line, pounds, wanted
from tests.support.world import DAY, World


def test_credit_stands_beside_what_is_outstanding_and_never_lowers_it(world: World) -> None:
    """Scenario 7."""
    acme = world.customer()
    bills = [world.invoice(acme, 12_000), world.invoice(acme, 8000)]
    world.entry(acme, -5000)
    world.sync()
    row = organisations.table(world.ctx).rows.iloc[0]
    assert (row["outstanding"], row["balance"], row["outstanding"] + row["balance"]) == (20_000, -5000, 15_000)
    assert [lists.get(world.ctx, each).remaining.minor for each in bills] == [12_000, 8000]
    figures = overview.figures(world.ctx)[0]
    assert (figures.outstanding, figures.credit) == (pounds(20_000), pounds(5000))


def test_sums_are_whole_numbers_that_money_takes_on_any_database(world: World) -> None:
    acme = world.customer()
    world.invoice(acme, 12_000)
    world.entry(acme, -5000)
    world.sync()
    row = organisations.table(world.ctx).rows.iloc[0]
    assert [type(row[name]) for name in ("outstanding", "overdue", "drafts", "balance", "patients")] == [int] * 5
    assert customers.get(world.ctx, acme).outstanding == (pounds(12_000),)
    assert type(overview.by_payer(world.ctx, "gbp").iloc[0]["outstanding"]) is int
    assert type(lists.sums(world.ctx, lists.Filters()).rows.iloc[0]["total"]) is int
    assert type(patients.table(world.ctx).rows["outstanding"].sum()) is int
    assert type(balances.table(world.ctx).rows.iloc[0]["balance"]) is int


def test_drafts_voids_and_write_offs_are_not_outstanding(world: World) -> None:
    acme = world.customer()
    world.draft(acme, 100)
    for verb in ("void", "mark_uncollectible"):
        world.sandbox.call("POST", f"/v1/invoices/{world.invoice(acme, 200)}/{verb}")
    world.invoice(acme, 12_000)
    world.sync()
    row = organisations.table(world.ctx).rows.iloc[0]
    assert (row["outstanding"], row["drafts"]) == (12_000, 1)
    assert overview.figures(world.ctx)[0].outstanding == pounds(12_000)


def test_currencies_are_never_added_up(world: World) -> None:
    embassy = world.customer("Embassy of Japan")
    world.invoice(embassy, 12_000, currency="jpy")
    world.invoice(world.customer(), 9000)
    world.entry(world.customer("Corvane"), -700, "eur")
    world.sync()
    figures = {each.currency: each for each in overview.figures(world.ctx)}
    assert list(figures) == ["gbp", "eur", "jpy"]
    assert (figures["gbp"].outstanding, figures["jpy"].outstanding) == (pounds(9000), Money(12_000, "jpy"))
    assert (figures["eur"].credit, figures["gbp"].credit) == (Money(700, "eur"), pounds(0))
    assert list(overview.by_payer(world.ctx, "jpy")["payer"]) == [embassy]
    assert overview.by_age(world.ctx, "jpy")["outstanding"].sum() == 12_000


def test_an_empty_practice_has_figures_of_nothing_in_its_own_currency(world: World) -> None:
    world.sync()
    [figures] = overview.figures(world.ctx)
    assert (str(figures.outstanding), figures.drafts) == ("£0.00", 0)
    assert (organisations.table(world.ctx).total, overview.by_payer(world.ctx, "gbp").empty) == (0, True)


def test_money_received_counts_from_the_first_of_the_month_in_london(world: World) -> None:
    acme = world.customer()
    world.sandbox.clock.set(1_793_491_199)  # 31 October, 23:59:59
    old = world.invoice(acme, 5000)
    world.sandbox.call("POST", f"/v1/invoices/{old}/pay", {"paid_out_of_band": True})
    world.wait(1)
    new = world.invoice(acme, 700)
    world.sandbox.call("POST", f"/v1/invoices/{new}/pay", {"paid_out_of_band": True})
    world.sync()
    assert overview.figures(world.ctx)[0].received == pounds(700)


def test_what_patients_owe_themselves_is_one_row_among_the_payers(world: World) -> None:
    acme = world.customer()
    world.invoice(acme, 9000)
    world.invoice(world.patient("Ada"), 3000)
    world.invoice(world.patient("Ben"), 4000)
    world.sync()
    rows = overview.by_payer(world.ctx, "gbp")
    assert [tuple(row) for row in rows[["payer", "outstanding"]].to_numpy()] == [(acme, 9000), (lists.PATIENTS, 7000)]


def test_the_charts_add_up_to_what_is_outstanding(world: World) -> None:
    payers = [world.customer(f"Payer {n}") for n in range(3)]
    for number in range(12):
        terms = {"due_date": world.sandbox.clock.now() + 60}
        world.invoice(payers[number % 3], 1000 + number, **terms)
        world.wait(11 * DAY)
    world.sync()
    outstanding = overview.figures(world.ctx)[0].outstanding.minor
    ages = overview.by_age(world.ctx, "gbp")
    assert ages["outstanding"].sum() == overview.by_payer(world.ctx, "gbp")["outstanding"].sum() == outstanding
    assert (ages["invoices"] > 0).sum() >= 4


def test_an_organisation_deleted_in_stripe_stays_while_something_hangs_on_it(world: World) -> None:
    """Scenario 26."""
    acme = world.customer("Acme Ltd")
    opened = world.invoice(acme, 9900)
    dependants = [world.patient(f"P{n}", metadata={"pd_default_payer": acme}) for n in range(3)]
    world.sync()
    world.wait(60)
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    world.sync()
    row = organisations.table(world.ctx).rows.iloc[0]
    assert (bool(row["deleted"]), row["name"], row["outstanding"], row["patients"]) == (True, "Acme Ltd", 9900, 3)
    assert lists.get(world.ctx, opened).payer_deleted
    assert customers.name_of(world.ctx, acme) == "Acme Ltd (deleted in Stripe)"
    pointing = patients.table(world.ctx, payer=acme).rows
    assert (set(pointing["id"]), set(pointing["payer_deleted"])) == (set(dependants), {True})
    for attempt in (
        lambda: adjust(world, acme),
        lambda: raising.save_draft(world.ctx, wanted(acme, line(100)), form=world.form()),
    ):
        with pytest.raises(Refused, match="deleted in Stripe"):
            attempt()


def test_an_organisation_deleted_before_we_ever_looked_is_known_by_its_invoices(world: World) -> None:
    """Scenario 26, for a first copy that comes too late."""
    acme = world.customer("Acme Ltd")
    world.invoice(acme, 9900)
    world.patient(metadata={"pd_default_payer": acme})
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    world.sync()
    row = organisations.table(world.ctx).rows.iloc[0]
    assert (bool(row["deleted"]), row["name"], row["outstanding"]) == (True, "Acme Ltd", 9900)


def test_an_organisation_deleted_with_nothing_left_leaves_the_list(world: World) -> None:
    acme = world.customer()
    world.sync()
    world.wait(60)
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    world.sync()
    assert organisations.table(world.ctx).total == 0
