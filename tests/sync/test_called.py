"""Stripe's calls: who is believed, and what a call does."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
import stripe
from sqlalchemy import event as on
from sqlalchemy.exc import OperationalError

from lib.errors import Unavailable
from lib.mirror.database import reading
from lib.sync import called, news, state
from tests.support.world import World

SECRET = "whsec_tests"


@pytest.fixture
def reached(world: World) -> World:
    """A practice whose server Stripe can call, and whose mirror is up to date."""
    world.ctx = replace(world.ctx, settings=replace(world.ctx.settings, webhook_secret=SECRET))
    called._marked[0] = 0
    world.sync()
    world.wait(5)
    return world


def call(world: World, *, secret: str = SECRET, at: int | None = None, tampered: str = "", **more: Any) -> bool:
    body = json.dumps({"id": "evt_1", "object": "event", "livemode": False, "type": "invoice.paid", **more})
    header = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    return called.called(world.ctx, (tampered or body).encode(), header)


def news_wanted(world: World) -> bool:
    with reading(world.ctx.engine) as conn:
        return news.wanted(replace(world.ctx, clock=lambda: world.ctx.now + 1), state.recall(conn))


@pytest.mark.parametrize("header", ["", "t=1,v1=x", "v1=x", "t=é,v1=é", "nonsense", "t=99999999999,v1=" + "0" * 64])
@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe", b'{"livemode": false}'])
def test_who_cannot_sign_is_not_believed(reached: World, header: str, body: bytes) -> None:
    assert not called.called(reached.ctx, body, header)
    assert not news_wanted(reached)


def test_a_call_signed_with_another_secret_changed_on_the_way_or_too_old_is_not_believed(reached: World) -> None:
    assert not call(reached, secret="whsec_other")
    assert not call(reached, tampered='{"object": "event", "livemode": false}')
    assert not call(reached, at=int(time.time()) - 301)
    assert not news_wanted(reached)


@pytest.mark.parametrize("other", [{"livemode": True}, {"account": "acct_other"}, {"livemode": None}])
def test_news_of_another_account_or_mode_are_taken_and_left_alone(reached: World, other: dict[str, Any]) -> None:
    assert call(reached, **other)
    assert not news_wanted(reached)


def test_a_call_asks_whoever_leads_to_look_now(reached: World) -> None:
    assert call(reached, at=int(time.time()) - 290)
    assert news_wanted(reached)
    reached.wait(1)
    reached.sync()
    assert not news_wanted(reached)


def test_a_storm_of_calls_is_written_down_once_a_second(reached: World) -> None:
    written: list[str] = []
    on.listen(reached.ctx.engine, "before_cursor_execute", lambda *given: written.append(given[2]))
    for _ in range(200):
        assert call(reached)
    assert len([each for each in written if "sync_state" in each]) == 1


def test_when_the_database_is_away_stripe_is_asked_to_call_again(
    reached: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_ctx: object) -> int:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(news, "expect", away)
    with pytest.raises(Unavailable):
        call(reached)
    monkeypatch.undo()
    assert call(reached)
    assert news_wanted(reached)
