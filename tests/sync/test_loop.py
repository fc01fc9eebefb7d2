"""The background loop outlives whatever an answer does to it, and says what is the matter."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lib.actions import _intent, resolver
from lib.errors import NotConfirmed
from lib.queries import customers, freshness
from lib.sync import loop
from tests.support.builders import adjust
from tests.support.world import World


def test_trouble_is_kept_for_the_screen_and_forgotten_when_it_is_over(world: World) -> None:
    world.sync()
    world.wire.cut("/v1/events", method="get", times=6)
    assert not loop._tick(world.ctx, resolver.resolve, untried=False)
    assert freshness.get(world.ctx).problem == "Stripe cannot be reached just now."
    assert loop._tick(world.ctx, resolver.resolve, untried=False)
    assert freshness.get(world.ctx).problem == ""


def test_what_nobody_foresaw_is_survived_without_a_name_in_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def odd(*_: Any, **__: Any) -> None:
        raise ValueError("Ada Byrne")

    monkeypatch.setattr(loop, "catch_up", odd)
    assert not loop._tick(world.ctx, resolver.resolve, untried=True)
    assert "reason of ours" in freshness.get(world.ctx).problem
    assert "Byrne" not in caplog.text


def test_one_wish_that_cannot_be_driven_holds_up_neither_the_others_nor_the_news(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    poisoned, fine = world.customer("Acme Ltd"), world.customer("Corvane")
    for customer in (poisoned, fine):
        world.wire.lose_all_from(f"{customer}/balance_transactions")
        with pytest.raises(NotConfirmed):
            adjust(world, customer)
        world.wire.mend()
    landed = _intent.KINDS["balance.adjust"].landed

    def odd(ctx: Any, intent: Any, step: Any) -> Any:
        if intent.target == poisoned:
            raise KeyError("Ada Byrne")
        return landed(ctx, intent, step)

    kind = _intent.KINDS["balance.adjust"]
    monkeypatch.setitem(_intent.KINDS, kind.name, kind.__class__(**{**kind.__dict__, "landed": odd}))
    world.wait(180)
    assert loop._tick(world.ctx, resolver.resolve, untried=False)
    assert {intent.target: intent.state for intent in world.intents()} == {poisoned: "unknown", fine: "done"}
    assert "Byrne" not in caplog.text


def test_the_loop_starts_looks_and_stops(quick: World) -> None:
    quick.customer()
    looked = threading.Event()
    stop = loop.start(quick.ctx, first=lambda _ctx: looked.set())
    assert looked.wait(10)
    stop()
    assert freshness.get(quick.ctx).as_of


def test_the_loop_reads_through_every_list_a_day_later_and_survives_a_failure(quick: World) -> None:
    acme = quick.customer()
    quick.sync()
    quick.sandbox.call("DELETE", f"/v1/customers/{acme}")
    with quick.sandbox.writing() as call:
        call.store.drop_older("event", 2**40)
    quick.wait(86_000)
    assert loop._check(quick.ctx, threading.Event(), alone=True)
    assert customers.name_of(quick.ctx, acme) == "Acme Ltd"
    quick.wait(1000)
    fault = quick.sandbox.faults.add("error", method="GET", path="/v1/customers", status=503)
    assert not loop._check(quick.ctx, threading.Event(), alone=True)
    quick.sandbox.faults.remove(fault.id)
    assert loop._check(quick.ctx, threading.Event(), alone=True)
    assert customers.name_of(quick.ctx, acme) == "Acme Ltd (deleted in Stripe)"


def test_what_was_cut_off_is_finished_every_half_minute_also_when_nobody_is_there(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_CUT_OFF", 0.05)
    rounds: list[Any] = []
    loop._pause(quick.ctx, 0.4, rounds.append, listen=False, alone=True)
    assert len(rounds) >= 2


def test_a_round_that_fails_does_not_end_the_pause(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_CUT_OFF", 0.05)

    def odd(_ctx: Any) -> None:
        raise ValueError("Ada Byrne")

    loop._pause(quick.ctx, 0.2, odd, listen=False, alone=True)
