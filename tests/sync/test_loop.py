"""The background loop outlives whatever an answer does to it, and says what is the matter."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lib.actions import _intent, resolver
from lib.errors import NotConfirmed
from lib.queries import customers, freshness
from lib.sync import leader, loop, presence
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


def test_whatever_ends_a_lead_gives_the_lock_back_and_the_loop_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loop, "_PRESENT", 0.05)
    looked, free, alone = threading.Event(), threading.Event(), presence.alone

    def odd(ctx: Any) -> bool:
        monkeypatch.setattr(presence, "alone", alone)
        monkeypatch.setattr(leader, "wait_to_lead", tried)
        raise ValueError("Ada Byrne")

    def tried(*given: Any, wait: Any = leader.wait_to_lead, **more: Any) -> Any:
        with leader.leading(world.ctx, patience=0):
            free.set()
        return wait(*given, **more)

    monkeypatch.setattr(presence, "alone", odd)
    stop = loop.start(world.ctx, first=lambda _ctx: looked.set() if free.is_set() else None)
    went_on = looked.wait(10)
    stop()
    assert (went_on, "ValueError" in caplog.text, "Byrne" in caplog.text) == (True, True, False)


def test_a_pool_without_a_connection_is_a_database_that_is_away(
    quick: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none_left(*_: Any) -> None:
        raise PoolTimeout("QueuePool limit")

    with monkeypatch.context() as busy:
        busy.setattr(quick.ctx.engine, "connect", none_left)
        assert presence.alone(quick.ctx)
        assert not loop._called(quick.ctx, alone=True)
        assert not loop._tick(quick.ctx, loop._nothing, untried=True)
    assert "TimeoutError" in caplog.text


def test_who_learns_during_a_pause_that_another_leads_ends_its_lead(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_CUT_OFF", 0.05)
    world.sync()
    led, tries = leader.numbered(world.ctx), iter(range(100))

    def first(_ctx: Any) -> None:
        if next(tries):  # the look went well; the next round, within the pause, does not
            leader.numbered(world.ctx)
            raise ValueError

    ended = threading.Thread(target=loop._lead, args=(led, threading.Event(), first), daemon=True)
    with monkeypatch.context() as watched:
        died: list[Any] = []
        watched.setattr(threading, "excepthook", died.append)
        ended.start()
        ended.join(10)
    assert (ended.is_alive(), died) == (False, [])


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
