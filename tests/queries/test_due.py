"""When an invoice is due and how late it is: by the payer's terms, in whole days of London (scenario 29)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from lib import dates
from lib.queries import invoices as lists
from lib.queries import overview, statements
from tests.support.london import LONDON, at, by_hero
from tests.support.world import World


def _age(world: World, today: str) -> tuple[str, int]:
    """The bucket it is in on a day, and the days it is late."""
    world.sandbox.clock.set(at(today))
    world.sync()
    rows = overview.by_age(world.ctx, "gbp")
    [bucket] = rows.loc[rows["outstanding"] > 0, "age"]
    return bucket, lists.table(world.ctx, lists.Filters()).rows.iloc[0]["overdue_days"]


def test_heros_same_day_due_date_does_not_make_a_thirty_day_employer_late(world: World) -> None:
    """Scenario 29."""
    by_hero(world, "30", "2026-10-01T10:00")
    assert _age(world, "2026-10-20T12:00") == ("Not yet due", 0)
    assert _age(world, "2026-11-15T12:00") == ("1-30 days", 15)


def _on_statement(world: World, payer: str, *, by_stripe: bool) -> tuple[str, int]:
    """The same, from the payer's statement; its ages add up to what is outstanding."""
    section = statements.get(world.ctx, payer, by_stripe=by_stripe).section("gbp")
    [line] = section.lines
    assert section.outstanding.minor == line.remaining == overview.figures(world.ctx)[0].outstanding.minor
    [bucket] = [age for age, minor in zip(lists.AGES, section.ages, strict=True) if minor]
    return bucket, line.overdue_days


def test_the_statement_counts_by_terms_and_by_stripes_due_date_when_asked(world: World) -> None:
    """Scenario 29, with its toggle."""
    payer = lists.get(world.ctx, _synced(world, by_hero(world, "30", "2026-10-01T10:00"))).payer
    for today, terms, stripe in (
        ("2026-10-20T12:00", ("Not yet due", 0), ("1-30 days", 19)),
        ("2026-10-25T23:59", ("Not yet due", 0), ("1-30 days", 24)),
        ("2026-10-31T23:59", ("Not yet due", 0), ("1-30 days", 30)),
        ("2026-11-01T00:00", ("1-30 days", 1), ("31-60 days", 31)),
        ("2026-11-15T12:00", ("1-30 days", 15), ("31-60 days", 45)),
    ):
        assert _age(world, today) == terms
        assert _on_statement(world, payer, by_stripe=False) == terms
        assert _on_statement(world, payer, by_stripe=True) == stripe


def _synced(world: World, invoice: str) -> str:
    world.sync()
    return invoice


def test_without_terms_of_their_own_stripes_due_date_counts(world: World) -> None:
    by_hero(world, "", "2026-10-01T10:00")
    assert _age(world, "2026-10-20T12:00") == ("1-30 days", 19)


@pytest.mark.parametrize("issued", ["2026-10-01T00:30", "2026-10-01T12:00", "2026-10-01T23:30"])
def test_the_due_day_is_counted_in_days_of_london_across_the_october_change(world: World, issued: str) -> None:
    made = by_hero(world, "30", issued)
    assert _age(world, "2026-10-31T23:59") == ("Not yet due", 0)
    assert _age(world, "2026-11-01T00:00") == ("1-30 days", 1)
    assert dates.day(lists.get(world.ctx, made).due_at, LONDON) == date(2026, 10, 31)


@pytest.mark.parametrize("issued", ["2026-03-10T00:10", "2026-03-10T23:50"])
def test_the_due_day_is_counted_in_days_of_london_across_the_march_change(world: World, issued: str) -> None:
    made = by_hero(world, "30", issued)
    assert _age(world, "2026-04-09T23:59") == ("Not yet due", 0)
    assert _age(world, "2026-04-10T00:00") == ("1-30 days", 1)
    assert dates.day(lists.get(world.ctx, made).due_at, LONDON) == date(2026, 4, 9)


@pytest.mark.parametrize("due", ["2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T23:30", "2026-03-29T00:30"])
def test_days_late_are_whole_days_even_when_a_day_has_twenty_five_hours(quick: World, due: str) -> None:
    acme = quick.customer()
    quick.sandbox.clock.set(at(due) - 86_400 * 5)
    quick.invoice(acme, 12_000, due_date=at(due))
    day = datetime.fromisoformat(due).date()
    assert _age(quick, f"{day}T23:59") == ("Not yet due", 0)
    for late in (1, 2, 30, 31, 60, 61, 90, 91):
        today = dates.moment(at(f"{day}T12:00") + late * 86_400, LONDON).date()
        bucket, days = _age(quick, f"{today}T00:00")
        assert days == late
        assert bucket == next(
            name for name, last in zip(lists.AGES[1:], (30, 60, 90, 10_000), strict=True) if late <= last
        )


def test_a_later_due_date_in_stripe_is_respected(world: World) -> None:
    acme = world.customer(metadata={"pd_terms_days": "14"})
    world.sandbox.clock.set(at("2026-10-01T10:00"))
    world.invoice(acme, 12_000, days_until_due=60)
    assert _age(world, "2026-11-29T12:00") == ("Not yet due", 0)


NONSENSE = ("99999999999999999999", "-5", "thirty", "1e3", "٣٠", "366000", "366")


def test_terms_that_make_no_sense_are_passed_over_and_break_nothing(world: World) -> None:
    for terms in NONSENSE:
        by_hero(world, terms, "2026-10-01T10:00", 100)
    assert _age(world, "2026-10-20T12:00") == ("1-30 days", 19)
    assert overview.by_age(world.ctx, "gbp")["outstanding"].sum() == 100 * len(NONSENSE)


def test_an_invoice_that_charges_a_card_has_no_due_date_and_is_never_late(world: World) -> None:
    ada = world.patient()
    made = world.sandbox.call("POST", "/v1/invoices", {"customer": ada, "currency": "gbp"})["id"]
    line = {"lines": [{"amount": 500, "description": "Visit"}]}
    world.sandbox.call("POST", f"/v1/invoices/{made}/add_lines", line)
    world.sandbox.call("POST", f"/v1/invoices/{made}/finalize")
    assert _age(world, "2027-11-16T12:00") == ("Not yet due", 0)


def test_paid_is_never_late(world: World) -> None:
    made = by_hero(world, "", "2026-10-01T10:00")
    world.sandbox.call("POST", f"/v1/invoices/{made}/pay", {"paid_out_of_band": True})
    world.sandbox.clock.set(at("2026-11-15T12:00"))
    world.sync()
    assert lists.table(world.ctx, lists.Filters()).rows.iloc[0]["overdue_days"] == 0
    assert lists.table(world.ctx, lists.Filters(age="Overdue")).total == 0
