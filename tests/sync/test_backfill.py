"""The first copy: cut off, refused, interrupted, in motion; at its end the mirror is what Stripe is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lib.errors import NotFound, Unavailable
from lib.queries import customers as accounts
from lib.queries import freshness, invoices
from tests.support.builders import crowd
from tests.support.truth import assert_mirror_is_stripe
from tests.support.world import DAY, World, pounds


def _on_asking(world: World, monkeypatch: pytest.MonkeyPatch, do: Callable[[str, dict[str, Any]], None]) -> None:
    """Before each question of the copy."""
    ask = world.ctx.stripe.bulk.ask

    def asking(path: str, **params: Any) -> bytes:
        do(path, params)
        return ask(path, **params)

    monkeypatch.setattr(world.ctx.stripe.bulk, "ask", asking)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "storm", "reason": "endpoint-rate", "times": 2},
        {"kind": "storm", "reason": "global-rate", "times": 1},
        {"kind": "error", "status": 500, "times": 3},
        {"kind": "truncated", "times": 2},
        {"kind": "html", "status": 200, "times": 2},
        {"kind": "lost", "times": 2},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('reason', fault.get('status', ''))}".strip(),
)
def test_an_answer_that_was_refused_or_broken_is_asked_for_again(quick: World, fault: dict[str, Any]) -> None:
    acme = quick.customer()
    quick.invoice(acme, *[1000] * 12)
    crowd(quick, 120)
    quick.sandbox.faults.add(method="GET", path="/v1/[ci]*", **fault)
    quick.sync()
    assert_mirror_is_stripe(quick)


def test_hundreds_of_one_second_all_come_and_none_twice(world: World) -> None:
    crowd(world, 230)
    assert world.sync()["customers"] == 230
    assert_mirror_is_stripe(world)


def test_when_the_object_under_the_cursor_is_gone_its_slice_is_read_again(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(quick, 230)
    gone = []

    def forget(path: str, params: dict[str, Any]) -> None:
        if path == "/v1/customers" and "starting_after" in params and not gone:
            gone.append(quick.sandbox.call("DELETE", f"/v1/customers/{params['starting_after']}"))
            raise NotFound("No such customer.")

    _on_asking(quick, monkeypatch, forget)
    quick.sync()
    assert gone
    assert_mirror_is_stripe(quick)


def test_what_changes_comes_and_goes_during_the_copy_is_right_at_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, moved = crowd(world, 120), []
    invoice = world.draft(first, 100)
    world.wait(60)

    def move(path: str, params: dict[str, Any]) -> None:
        if path == "/v1/customers" and "starting_after" in params and not moved:
            moved.append(world.customer("Newcomer"))
            world.sandbox.call("DELETE", f"/v1/invoices/{invoice}")
            world.sandbox.call("POST", f"/v1/customers/{params['starting_after']}", {"name": "Renamed"})

    _on_asking(world, monkeypatch, move)
    world.sync()
    assert moved
    assert_mirror_is_stripe(world)


def test_a_copy_that_was_cut_off_goes_on_where_it_was(world: World) -> None:
    crowd(world, 420)
    fault = world.sandbox.faults.add("error", method="GET", path="/v1/customers", status=503, skip=3)
    with pytest.raises(Unavailable):
        world.sync()
    world.sandbox.faults.remove(fault.id)
    assert "customers" in freshness.get(world.ctx).progress
    assert world.sync()["customers"] <= 320
    assert_mirror_is_stripe(world)


def test_a_copy_begun_anew_weeks_after_it_was_cut_off_counts_what_the_first_attempt_brought(
    world: World,
) -> None:
    acme = world.customer()
    billed = [world.invoice(acme, 1000) for _ in range(205)]
    gone = world.draft(acme, 500)
    fault = world.sandbox.faults.add("error", method="GET", path="/v1/invoices", status=503, skip=1)
    with pytest.raises(Unavailable):
        world.sync()
    world.sandbox.faults.remove(fault.id)
    world.sandbox.call("DELETE", f"/v1/invoices/{gone}")
    world.wait(21 * DAY)
    world.sync()
    assert_mirror_is_stripe(world)
    assert invoices.table(world.ctx, invoices.Filters()).total == len(billed)
    assert accounts.get(world.ctx, acme).outstanding == (pounds(205_000),)


def test_ledgers_that_were_cut_off_are_owed_and_not_read_twice(quick: World) -> None:
    for number in range(6):
        quick.entry(quick.customer(f"Acme {number}"), -100)
    fault = quick.sandbox.faults.add("error", method="GET", path="*balance_transactions", status=503, skip=3)
    with pytest.raises(Unavailable):
        quick.sync()
    quick.sandbox.faults.remove(fault.id)
    assert freshness.get(quick.ctx).as_of is not None
    quick.sync()
    quick.wire.asked.clear()
    quick.sync()
    assert not [path for _, path in quick.wire.asked if path.endswith("balance_transactions")]


def test_the_questions_of_a_month_are_counted(quick: World) -> None:
    quick.customer()
    quick.sync()
    first = freshness.get(quick.ctx).reads
    quick.sync()
    assert (first > 4, freshness.get(quick.ctx).reads) == (True, first + 1)
