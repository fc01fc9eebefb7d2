"""Nobody waits at a screen for a Stripe that does not answer: the time that is left is shared by every request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lib.actions import _submit
from lib.errors import NotConfirmed, PayerdeskError, Refused
from lib.sandbox.server import serve
from lib.stripe_api.client import connect
from tests.support.builders import adjust
from tests.support.world import World

# A second is the least that a request is given, and connections are made anew.
MORE = 2.5


@pytest.fixture
def served(quick: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The practice with its Stripe at the end of a real line, and two seconds of patience."""
    monkeypatch.setattr(_submit, "SCREEN", 2)
    running = serve(quick.sandbox)
    quick.ctx = replace(quick.ctx, stripe=connect("sk_test_tests", running.url))
    yield quick
    quick.sandbox.faults.clear()
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
    assert time.monotonic() - began < _submit.SCREEN + MORE


def test_the_shorter_of_two_ends_counts_and_afterwards_there_is_none(served: World) -> None:
    served.sandbox.faults.add("latency", ms=6000, method="GET")
    began = time.monotonic()
    with served.ctx.stripe.within(0.5), served.ctx.stripe.within(60), pytest.raises(PayerdeskError):
        served.ctx.stripe.get("/v1/customers", limit=1)
    assert time.monotonic() - began < 0.5 + MORE
    served.sandbox.faults.clear()
    assert served.ctx.stripe.get("/v1/customers", limit=1)["data"] == []
