"""A page that is open anywhere puts the one who follows on its short step, at no cost to the page."""

from __future__ import annotations

import threading
import time

from sqlalchemy import event as on

from lib.mirror.database import reading, writing
from lib.sync import leader, loop, presence, state
from tests.support.world import World


def _said(world: World) -> str:
    with reading(world.ctx.engine) as conn:
        return state.recall(conn).get("present_at", "")


def test_a_page_touches_no_database_however_often_it_is_drawn(quick: World) -> None:
    touched: list[object] = []
    on.listen(quick.ctx.engine, "before_cursor_execute", lambda *given: touched.append(given[2]))
    for _ in range(100):
        presence.somebody_is_here()
    assert not presence.alone(quick.ctx)
    assert touched == []


def test_nobody_anywhere_is_alone_and_somebody_elsewhere_is_not_for_two_minutes(world: World) -> None:
    assert presence.alone(world.ctx)
    with writing(world.ctx.engine) as conn:
        state.remember(conn, present_at=world.ctx.now)
    assert not presence.alone(world.ctx)
    world.wait(121)
    assert presence.alone(world.ctx)


def test_who_does_not_lead_says_twice_a_minute_at_most_that_somebody_is_here(world: World) -> None:
    presence.tell(world.ctx)
    assert _said(world) == ""
    presence.somebody_is_here()
    presence.tell(world.ctx)
    first = _said(world)
    world.wait(29)
    presence.tell(world.ctx)
    assert _said(world) == first != ""
    presence._told[0] = time.monotonic() - 31
    presence.tell(world.ctx)
    assert int(_said(world)) == int(first) + 29


def test_who_waits_to_lead_says_that_somebody_is_here(quick: World) -> None:
    stop = threading.Event()
    presence.somebody_is_here()
    with leader.leading(quick.ctx, patience=0):
        waiting = threading.Thread(target=leader.wait_to_lead, args=(quick.ctx, stop, presence.tell))
        waiting.start()
        until = time.monotonic() + 10
        while not _said(quick) and time.monotonic() < until:
            time.sleep(0.02)
        stop.set()
        waiting.join(10)
    assert _said(quick)


def test_a_page_opened_elsewhere_ends_the_long_step_and_not_the_short_one(world: World) -> None:
    world.sync()
    assert not loop._called(world.ctx, alone=True)
    with writing(world.ctx.engine) as conn:
        state.remember(conn, present_at=world.ctx.now)
    assert loop._called(world.ctx, alone=True)
    assert not loop._called(world.ctx, alone=False)


def test_a_pause_ends_when_somebody_opens_a_page_here(quick: World) -> None:
    began = time.monotonic()
    threading.Timer(0.1, presence.somebody_is_here).start()
    loop._pause(quick.ctx, 30, loop._nothing, listen=False, alone=True)
    assert time.monotonic() - began < 10
