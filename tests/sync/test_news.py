"""News at once: a list taken in the shell while the dashboard, which leads, looks at Stripe only now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lib.errors import Unavailable
from lib.mirror.database import reading
from lib.queries import customers
from lib.sync import leader, loop, news, presence, state
from tests.support.world import World


@pytest.fixture
def following(quick: World) -> Iterator[World]:
    """A dashboard that leads and that nobody looks at; both processes go by this machine's clock."""
    quick.sandbox.clock.real()
    quick.ctx = replace(quick.ctx, clock=time.time, sleep=time.sleep)
    presence._seen[0] = float("-inf")
    halt = loop.start(quick.ctx)
    until = time.monotonic() + 30
    while not news_have_come(quick) and time.monotonic() < until:
        time.sleep(0.1)
    yield quick
    halt()


def news_have_come(world: World) -> bool:
    with reading(world.ctx.engine) as conn:
        return "fresh_at" in state.recall(conn)


def test_what_was_done_in_stripe_a_moment_ago_is_brought_by_the_one_who_leads(following: World) -> None:
    acme = following.customer("Acme Ltd")
    news.bring(following.ctx, patience=30)
    assert customers.get(following.ctx, acme).name == "Acme Ltd"


def test_where_nobody_leads_the_news_are_brought_by_whoever_asks(quick: World) -> None:
    acme = quick.customer("Acme Ltd")
    news.bring(quick.ctx, patience=0)
    assert customers.get(quick.ctx, acme).name == "Acme Ltd"


def test_a_leader_that_does_not_answer_is_told_and_not_waited_for_for_ever(quick: World) -> None:
    with leader.leading(quick.ctx, patience=0), pytest.raises(Unavailable, match="has not answered"):
        news.bring(quick.ctx, patience=0.3)
