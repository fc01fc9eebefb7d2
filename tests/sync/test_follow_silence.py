"""After a silence, and after a look that was cut off: nothing is lost, and nothing is begun anew without need."""

from __future__ import annotations

import pytest

from lib.errors import Unavailable
from lib.mirror.database import writing
from lib.queries import customers, freshness
from lib.queries import invoices as lists
from lib.sync import follow, state
from tests.support.following import a_practice, assert_equals_a_fresh_copy
from tests.support.world import DAY, World


def test_after_a_silence_longer_than_stripe_keeps_events_everything_is_copied(world: World) -> None:
    acme, _ = a_practice(world)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    world.wait(40 * DAY)
    assert "customers" in world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Group"


def test_when_stripe_does_not_know_the_last_event_everything_is_copied(world: World) -> None:
    a_practice(world)
    assert "events" in follow.catch_up(world.ctx, check_anchor=True)
    with writing(world.ctx.engine) as conn:
        state.remember(conn, anchor="evt_of_another_account")
    assert "customers" in follow.catch_up(world.ctx, check_anchor=True)


def test_a_copy_that_is_cut_off_keeps_what_came_and_is_begun_again(world: World) -> None:
    acme = world.customer()
    world.invoice(acme, 100)
    world.wire.cut("/v1/invoices", method="get", times=100)
    with pytest.raises(Unavailable):
        world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Ltd"
    assert freshness.get(world.ctx).as_of is None
    world.wire.mend()
    assert world.sync()["invoices"] == 1


def test_a_look_that_is_cut_off_does_not_move_the_cursor(world: World) -> None:
    acme, _ = a_practice(world)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    world.wire.cut(acme, method="get", times=100)
    world.wait(3600)
    with pytest.raises(Unavailable):
        world.sync()
    world.wire.mend()
    world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Group"


def test_what_disappeared_during_a_silence_is_asked_for_by_name_before_it_is_called_deleted(world: World) -> None:
    acme, _ = a_practice(world)
    draft = world.draft(acme, 100)
    world.sync()
    world.wait(40 * DAY)
    world.sandbox.call("DELETE", f"/v1/invoices/{draft}")
    world.wire.asked.clear()
    world.sync()
    assert ("get", f"/v1/invoices/{draft}") in world.wire.asked
    assert draft not in set(lists.table(world.ctx, lists.Filters()).rows["id"])


def test_one_object_that_cannot_be_read_does_not_keep_the_others_and_is_asked_for_again(world: World) -> None:
    acme, opened = a_practice(world)
    corvane = world.customer("Corvane")
    world.sync()
    world.wait(30)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    world.sandbox.call("POST", f"/v1/customers/{corvane}", {"name": "Corvane Health"})
    world.sandbox.call("POST", f"/v1/invoices/{opened}/void")
    fault = world.sandbox.faults.add("error", method="GET", path=f"/v1/customers/{acme}", status=503)
    with pytest.raises(Unavailable):
        world.sync()
    assert (customers.name_of(world.ctx, acme), customers.name_of(world.ctx, corvane)) == ("Acme Ltd", "Corvane Health")
    assert lists.get(world.ctx, opened).status == "void"
    assert freshness.get(world.ctx).age == 30
    world.sandbox.faults.remove(fault.id)
    world.wire.asked.clear()
    world.wait(3600)
    world.sync()
    assert customers.name_of(world.ctx, acme) == "Acme Group"
    assert {path for _, path in world.wire.asked if path != "/v1/events"} == {
        f"/v1/customers/{acme}",
        f"/v1/customers/{acme}/balance_transactions",
    }


def test_a_long_backlog_is_dealt_with_piece_by_piece_and_not_begun_anew_when_cut_off(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.sync.listing._TOGETHER", 100)
    people = [quick.customer(f"Acme {number}", kind="") for number in range(130)]
    quick.sync()
    quick.wait(5 * DAY)
    for turn in range(3):
        for customer in people:
            quick.sandbox.call("POST", f"/v1/customers/{customer}", {"name": f"Acme {turn}"})
    fault = quick.sandbox.faults.add("error", method="GET", path="/v1/events", status=503, skip=3)
    with pytest.raises(Unavailable):
        quick.sync()
    quick.sandbox.faults.remove(fault.id)
    quick.wire.asked.clear()
    assert quick.sync()["events"] <= 100
    assert len([path for _, path in quick.wire.asked if "cus_" in path]) <= 100
    assert_equals_a_fresh_copy(quick)


def test_a_backlog_that_names_more_than_a_copy_asks_for_is_a_copy(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [quick.customer(f"Acme {number}", kind="") for number in range(60)]
    quick.sync()
    monkeypatch.setattr(follow, "_FEW", 50)
    quick.wait(5 * DAY)
    for customer in people:
        quick.sandbox.call("POST", f"/v1/customers/{customer}", {"name": "Acme Group"})
    quick.wire.asked.clear()
    assert "customers" in quick.sync()
    assert not [path for _, path in quick.wire.asked if "cus_" in path]
    assert_equals_a_fresh_copy(quick)


def test_a_gap_of_forty_days_is_copied_while_the_old_figures_serve_with_their_age(world: World) -> None:
    acme, opened = a_practice(world)
    drafts = [world.draft(acme, 100) for _ in range(3)]
    gone = world.customer("Gone Ltd")
    world.sync()
    began = world.ctx.now
    world.wait(10 * DAY)
    world.sandbox.call("DELETE", f"/v1/invoices/{drafts[0]}")
    world.sandbox.call("DELETE", f"/v1/customers/{gone}")
    world.sandbox.call("POST", f"/v1/invoices/{opened}/pay", {"paid_out_of_band": True})
    world.wait(30 * DAY)
    fault = world.sandbox.faults.add("error", method="GET", path="/v1/invoices", status=503)
    with pytest.raises(Unavailable):
        world.sync()
    told = freshness.get(world.ctx)
    assert (told.as_of, told.stale, told.copying) == (began, True, True)
    assert lists.get(world.ctx, opened).status == "open"
    world.sandbox.faults.remove(fault.id)
    world.sync()
    told = freshness.get(world.ctx)
    assert (told.as_of, told.stale, told.copying) == (world.ctx.now, False, False)
    assert lists.get(world.ctx, opened).status == "paid"
    assert drafts[0] not in set(lists.table(world.ctx, lists.Filters()).rows["id"])
    assert customers.name_of(world.ctx, gone) == "Gone Ltd (deleted in Stripe)"
    assert_equals_a_fresh_copy(world)
