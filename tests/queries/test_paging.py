"""Screenfuls follow each other whatever comes and goes meanwhile, and say where they stand."""

from __future__ import annotations

import pytest

from lib.queries import FIRST, Page, Place, activity, balances, organisations, patients
from lib.queries import invoices as lists
from lib.queries.invoices import Filters
from tests.support.builders import adjust
from tests.support.world import World


def numbers(found: Page) -> tuple[int | None, int, int | None]:
    """The first row's number, the last one's, and how many there are."""
    return found.start, (found.start or 0) + len(found.keys) - 1, found.total


def invoice(world: World, place: Place = FIRST, *, size: int = 2, **more: object) -> Page:
    return lists.table(world.ctx, Filters(), place=place, size=size, **more)


@pytest.fixture
def five(world: World) -> list[str]:
    """Five invoices of one second, so that only their ids tell them apart; newest first as listed."""
    acme = world.customer()
    made = [world.invoice(acme, 1000) for _ in range(5)]
    world.sync()
    return sorted(made, reverse=True)


def walk(world: World, way: str, **more: object) -> list[str]:
    """Every row from one end to the other."""
    found = invoice(world, Place("first" if way == "after" else "last"), **more)
    seen = [list(found.rows["id"])]
    while found.after if way == "after" else found.before:
        found = invoice(world, found.place(way), **more)
        seen.append(list(found.rows["id"]))
    return [row for rows in (seen if way == "after" else reversed(seen)) for row in rows]


@pytest.mark.parametrize("sort", list(lists.SORTS))
@pytest.mark.parametrize("descending", [True, False])
def test_every_row_is_met_once_from_either_end(world: World, five: list[str], sort: str, descending: bool) -> None:
    there = walk(world, "after", sort=sort, descending=descending)
    back = walk(world, "before", sort=sort, descending=descending)
    assert len(there) == 5
    assert set(there) == set(five)
    assert list(dict.fromkeys(back)) == there


def test_a_row_that_comes_in_front_repeats_nothing_and_loses_nothing(world: World, five: list[str]) -> None:
    first = invoice(world)
    world.wait(60)
    new = world.invoice(world.customer("Late"), 500)
    world.sync()
    second = invoice(world, first.place("after"))
    assert [*first.rows["id"], *second.rows["id"]] == five[:4]
    assert (numbers(second), second.exact) == ((3, 4, 6), False)
    assert next(iter(invoice(world).rows["id"])) == new


def test_the_way_goes_on_when_the_row_that_it_stood_at_is_gone(world: World) -> None:
    acme = world.customer()
    drafts = sorted((world.draft(acme, 100) for _ in range(5)), reverse=True)
    world.sync()
    first = invoice(world)
    world.wait(60)
    world.sandbox.call("DELETE", f"/v1/invoices/{drafts[1]}")
    world.sync()
    assert list(invoice(world, first.place("after")).rows["id"]) == drafts[2:4]


def test_a_screenful_whose_rows_have_all_gone_gives_way_to_the_last_one(world: World) -> None:
    acme = world.customer()
    drafts = sorted((world.draft(acme, 100) for _ in range(5)), reverse=True)
    world.sync()
    end = invoice(world, invoice(world, size=4).place("after"), size=4)
    assert numbers(end) == (5, 5, 5)
    world.wait(60)
    world.sandbox.call("DELETE", f"/v1/invoices/{drafts[4]}")
    world.sync()
    found = invoice(world, invoice(world, size=4).place("after"), size=4)
    assert list(found.rows["id"]) == drafts[:4]


def test_the_numbers_say_where_one_stands_from_the_front_and_from_the_end(world: World, five: list[str]) -> None:
    first = invoice(world)
    second = invoice(world, first.place("after"))
    last = invoice(world, first.place("last"))
    assert [numbers(each) for each in (first, second, last)] == [(1, 2, 5), (3, 4, 5), (5, 5, 5)]
    assert list(last.rows["id"]) == five[4:]
    assert [(each.before, each.after) for each in (first, second, last)] == [
        (False, True),
        (True, True),
        (True, False),
    ]


def test_a_step_back_to_the_beginning_shows_a_whole_screenful(world: World, five: list[str]) -> None:
    third = invoice(world, invoice(world, size=1).place("after"), size=2)
    found = invoice(world, third.place("before"), size=2)
    assert list(found.rows["id"]) == five[:2]


def test_customers_balances_and_the_log_are_paged_alike(world: World) -> None:
    for number in range(5):
        adjust(world, world.customer(f"Payer {number}"))
        world.patient(f"Patient {number}")
    world.sync()
    for query, column in ((organisations, "name"), (patients, "name"), (balances, "name"), (activity, "seq")):
        found, seen = query.table(world.ctx, size=2), []
        seen += list(found.rows[column])
        while found.after:
            found = query.table(world.ctx, place=found.place("after"), size=2)
            seen += list(found.rows[column])
        assert (len(seen), len(set(seen))) == (5, 5), query.__name__
