"""Nobody waits at a screen for a Stripe that does not answer: the time that is left is shared by every request."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from lib.actions import _screen, approvals, review
from lib.actions.sharing import oldest_first
from lib.errors import Changed, NotConfirmed, PayerdeskError, Refused
from lib.mirror.database import writing
from lib.sandbox.server import serve
from lib.stripe_api.client import connect
from tests.support.approving import ask
from tests.support.builders import adjust
from tests.support.parked import parked
from tests.support.payments import by_card
from tests.support.remitting import owing, remit
from tests.support.world import World

# A second is the least that a request is given, and connections are made anew.
MORE = 2.5


@pytest.fixture
def served(quick: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The practice with its Stripe at the end of a real line, and two seconds of patience."""
    with _line(quick, monkeypatch):
        yield quick


@contextmanager
def _line(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_screen, "SCREEN", 2)
    running = serve(world.sandbox)
    world.ctx = replace(world.ctx, stripe=connect("sk_test_tests", running.url))
    yield
    world.sandbox.faults.clear()
    running.stop()


@pytest.mark.parametrize(("method", "told"), [("GET", Refused), ("POST", NotConfirmed)])
def test_a_stripe_that_hangs_is_given_up_in_time_whatever_was_asked(
    served: World, method: str, told: type[PayerdeskError]
) -> None:
    acme = served.customer()
    served.sandbox.faults.add("latency", ms=6000, method=method)
    began = time.monotonic()
    with pytest.raises(told):
        adjust(served, acme)
    assert time.monotonic() - began < _screen.SCREEN + MORE


def test_the_shorter_of_two_ends_counts_and_afterwards_there_is_none(served: World) -> None:
    served.sandbox.faults.add("latency", ms=6000, method="GET")
    began = time.monotonic()
    with served.ctx.stripe.within(0.5), served.ctx.stripe.within(60), pytest.raises(PayerdeskError):
        served.ctx.stripe.get("/v1/customers", limit=1)
    assert time.monotonic() - began < 0.5 + MORE
    served.sandbox.faults.clear()
    assert served.ctx.stripe.get("/v1/customers", limit=1)["data"] == []


def _approved(world: World) -> Callable[[], object]:
    noor, asked = world.person("noor"), ask(world, world.customer())
    return lambda: approvals.approve(replace(noor, stripe=world.ctx.stripe), asked, generation=1)


def _tried_again(world: World) -> Callable[[], object]:
    asked = parked(world, world.customer(), landed=False)
    return lambda: review.try_again(world.ctx, asked, generation=1)


def _looked_up(world: World) -> Callable[[], object]:
    asked = parked(world, world.customer(), landed=False)
    return lambda: review.look_up(world.ctx, asked)


YES = [_approved, _tried_again]


@pytest.mark.parametrize(("decided", "method"), [*itertools.product(YES, ["GET", "POST"]), (_looked_up, "GET")])
def test_whoever_approves_tries_again_or_looks_waits_no_longer_than_whoever_asked(
    quick: World, monkeypatch: pytest.MonkeyPatch, decided: Callable[[World], Callable[[], object]], method: str
) -> None:
    act = decided(quick)
    with _line(quick, monkeypatch):
        quick.sandbox.faults.add("latency", ms=6000, method=method)
        began = time.monotonic()
        with pytest.raises(PayerdeskError):
            act()
        assert time.monotonic() - began < _screen.SCREEN + MORE


def test_many_invoices_are_read_again_no_longer_than_somebody_waits(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sync brings the rest."""
    payer = quick.customer()
    invoices = [quick.invoice(payer, 1000) for _ in range(12)]
    quick.sync()
    shares = oldest_first(owing(quick, payer), 12_000)
    by_card(quick, invoices[0])
    with _line(quick, monkeypatch):
        quick.sandbox.faults.add("latency", ms=500, method="GET")
        began = time.monotonic()
        with pytest.raises(Changed):
            remit(quick, payer, 12_000, shares)
        assert time.monotonic() - began < _screen.SCREEN + MORE


@pytest.mark.parametrize("decided", YES)
def test_a_database_that_fails_after_a_yes_was_sent_says_that_it_is_on_record(
    quick: World, decided: Callable[[World], Callable[[], object]]
) -> None:
    act = decided(quick)
    quick.wire.then("/balance_transactions", lambda: _full(quick))
    with pytest.raises(NotConfirmed, match=r"on record.*Please do not send it again"):
        act()
    with writing(quick.ctx.engine) as conn:
        conn.exec_driver_sql("DROP TRIGGER full")
    assert [wish.state for wish in quick.intents()] == ["sent"]


def _full(world: World) -> None:
    """From now on nothing can be noted about a change."""
    trigger = "CREATE TRIGGER full BEFORE UPDATE ON intents BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    with writing(world.ctx.engine) as conn:
        conn.exec_driver_sql(trigger)
