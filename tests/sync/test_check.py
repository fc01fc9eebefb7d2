"""The day's round through every list: what no event ever told is found all the same."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, replace
from typing import Any

import pytest

from lib.errors import Unavailable
from lib.queries import customers
from lib.queries import invoices as lists
from lib.sync import check, state
from tests.support.builders import crowd
from tests.support.following import assert_equals_a_fresh_copy
from tests.support.truth import assert_mirror_is_stripe
from tests.support.world import DAY, World


def round_through(world: World) -> check.Place:
    return check.run(world.ctx, threading.Event())


def nobody_tells(world: World) -> None:
    """Everything that Stripe would tell of what has happened is lost."""
    with world.sandbox.writing() as call:
        call.store.drop_older("event", 2**40)


@pytest.fixture
def practice(world: World) -> World:
    acme, ada = world.customer(), world.patient()
    world.entry(acme, -700)
    world.invoice(acme, *[1000] * 12)
    world.draft(ada, 500)
    crowd(world, 120)
    world.sync()
    world.wait(60)
    return world


def test_where_nothing_was_missed_a_round_takes_a_request_a_page_and_writes_nothing(practice: World) -> None:
    practice.wire.asked.clear()
    found = round_through(practice)
    lists_read = [path for _, path in practice.wire.asked if path in ("/v1/customers", "/v1/invoices")]
    assert (found.healed, found.pages, len(lists_read)) == (0, 3, 3)
    assert not [path for _, path in practice.wire.asked if path.count("/") > 2]


def test_what_changed_came_and_went_without_a_word_is_found(practice: World) -> None:
    call = practice.sandbox.call
    newest = call("GET", "/v1/invoices", {"limit": 2})["data"]
    call("POST", f"/v1/customers/{newest[1]['customer']}", {"name": "Acme Group"})
    call("POST", f"/v1/invoices/{newest[1]['id']}/void")
    call("DELETE", f"/v1/invoices/{newest[0]['id']}")
    for customer in call("GET", "/v1/customers", {"limit": 100})["data"][50:53]:
        call("DELETE", f"/v1/customers/{customer['id']}")
    quiet = practice.customer("Quiet Ltd")
    practice.entry(quiet, -4000)
    practice.draft(quiet, *[100] * 14)
    nobody_tells(practice)
    practice.wait(5)
    practice.sync()
    assert customers.name_of(practice.ctx, quiet) != "Quiet Ltd"
    practice.wait(5)
    assert round_through(practice).healed > 5
    assert_mirror_is_stripe(practice)
    assert_equals_a_fresh_copy(practice)


def test_a_long_draft_whose_last_line_changed_is_found(practice: World) -> None:
    draft = practice.draft(practice.customer(), *[100] * 14)
    practice.sync()
    last = practice.sandbox.call("GET", f"/v1/invoices/{draft}/lines", {"limit": 100})["data"][-1]["id"]
    practice.wait(5)
    practice.sandbox.call("POST", f"/v1/invoices/{draft}/lines/{last}", {"description": "Something else"})
    nobody_tells(practice)
    round_through(practice)
    assert "Something else" in set(lists.lines(practice.ctx, draft)["description"])


def test_entries_that_cancel_each_other_out_and_were_never_told_are_found_within_a_month(practice: World) -> None:
    acme = practice.customer("Corvane")
    practice.entry(acme, -100)
    practice.sync()
    practice.entry(acme, -900)
    practice.entry(acme, 900)
    nobody_tells(practice)
    for _ in range(4):
        practice.wait(8 * DAY)
        practice.sync()
        round_through(practice)
    practice.sync()
    assert len(customers.ledger(practice.ctx, acme)) == 3


def test_a_round_that_is_cut_off_goes_on_where_it_was(practice: World) -> None:
    fault = practice.sandbox.faults.add("error", method="GET", path="/v1/invoices", status=503)
    with pytest.raises(Unavailable):
        round_through(practice)
    practice.sandbox.faults.remove(fault.id)
    practice.wire.asked.clear()
    round_through(practice)
    assert [path for _, path in practice.wire.asked].count("/v1/customers") == 0


def test_when_the_object_under_the_cursor_is_gone_the_round_goes_on(practice: World) -> None:
    place = replace(check.Place(practice.ctx.clock()), at=practice.ctx.now, after="cus_nobody")
    with state.writing(practice.ctx) as conn:
        state.remember(conn, checking=json.dumps(asdict(place)))
    assert round_through(practice).pages == 3


def test_a_round_is_due_a_day_later_when_nobody_is_here_and_after_two_days_whoever_is(quick: World) -> None:
    assert not check.due(quick.ctx, alone=True)
    quick.sync()
    told: list[tuple[bool, bool]] = []
    for _ in range(4):
        told.append((check.due(quick.ctx, alone=True), check.due(quick.ctx, alone=False)))
        quick.wait(DAY - 3000)
        quick.sync()
        quick.wait(6000)
    assert told == [(False, False), (True, False), (True, True), (True, True)]
    round_through(quick)
    assert not check.due(quick.ctx, alone=False)


def test_news_are_followed_while_a_round_is_under_way(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = crowd(quick, 230)
    quick.sync()
    seen: list[str] = []
    read = check._page

    def reading_a_page(*given: Any) -> Any:
        seen.append(customers.name_of(quick.ctx, acme))
        quick.sandbox.call("POST", f"/v1/customers/{acme}", {"name": f"Acme Ltd {len(seen)}"})
        return read(*given)

    monkeypatch.setattr(check, "_A_WHILE", 0.0)
    monkeypatch.setattr(check, "_page", reading_a_page)
    round_through(quick)
    assert seen == ["Acme 0", "Acme Ltd 1", "Acme Ltd 2", "Acme Ltd 3"]
