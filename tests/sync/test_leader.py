"""One process follows Stripe: who takes over, and what becomes of a leader that wakes up too late."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lib.errors import Unavailable
from lib.mirror.database import writing
from lib.sync import fence, leader, state
from lib.sync.fence import Superseded
from lib.sync.follow import catch_up
from tests.support.world import World

ON_POSTGRES = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
ROOT = Path(__file__).parents[2]
LEADS = """
import os, time
from lib.context import open_context
from lib.settings import load_settings
from lib.sync import leader
kept = leader.try_to_lead(open_context(load_settings(os.environ), ask=False))
print("leads" if kept else "waits", flush=True)
time.sleep(600)
"""
HOLDERS = text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock")


def test_a_second_process_waits_until_the_first_has_gone(world: World) -> None:
    with leader.leading(world.ctx, patience=0):
        with pytest.raises(Unavailable), leader.leading(world.ctx, patience=0.3):
            pytest.fail("two leaders")
        stop = threading.Event()
        stop.set()
        assert leader.wait_to_lead(world.ctx, stop, print) is None
    with leader.leading(world.ctx, patience=5) as led:
        assert led.fence


def test_a_leader_that_wakes_up_after_another_took_over_writes_nothing(world: World) -> None:
    world.sync()
    old = leader.numbered(world.ctx)
    new = leader.numbered(world.ctx)
    world.customer("Acme Ltd")
    with pytest.raises(Superseded):
        catch_up(old)
    with state.writing(new) as conn:
        assert state.recall(conn)["fence"] == str(new.fence)
    assert catch_up(new)["events"] == 1


def test_whoever_takes_over_gets_a_higher_number_even_in_the_same_second(world: World) -> None:
    numbers = [leader.numbered(world.ctx).fence or 0 for _ in range(3)]
    assert numbers == sorted(set(numbers))


def test_who_could_not_be_given_a_number_gives_the_lock_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_connection(_conn: object) -> int:
        raise PoolTimeout

    with monkeypatch.context() as busy:
        busy.setattr(fence, "raise_it", no_connection)
        with pytest.raises(PoolTimeout) as kept:
            leader.wait_to_lead(world.ctx, threading.Event(), print)
    with leader.leading(world.ctx, patience=0) as led:
        assert led.fence
    assert kept


@pytest.mark.slow
def test_when_a_leading_process_is_killed_the_next_one_leads_within_fifteen_seconds(
    world: World, engine: Engine
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "PAYERDESK_DATA": str(world.ctx.settings.data),
        "STRIPE_API_KEY": "sk_test_x",
    }
    other = subprocess.Popen([sys.executable, "-c", LEADS], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout
        assert other.stdout.readline() == "leads\n"
        assert leader.try_to_lead(world.ctx) is None
    finally:
        other.kill()
        other.communicate()
    began = time.monotonic()
    found = leader.wait_to_lead(world.ctx, threading.Event(), print)
    assert found
    assert time.monotonic() - began < 15
    found[1]()


@ON_POSTGRES
def test_when_its_connection_ends_a_leader_is_followed_by_the_next(world: World) -> None:
    first = leader.try_to_lead(world.ctx)
    with writing(world.ctx.engine) as conn:
        conn.execute(HOLDERS, {"lock": leader.LOCK})
    with leader.leading(world.ctx, patience=15) as led:
        assert led.fence
    assert first
    first()


@ON_POSTGRES
def test_who_gives_up_the_lead_after_the_connection_ended_and_was_noticed_does_so_quietly(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader, "BEAT", 0.05)
    release = leader.try_to_lead(world.ctx)
    with writing(world.ctx.engine) as conn:
        conn.execute(HOLDERS, {"lock": leader.LOCK})
    until = time.monotonic() + 10
    while [thread for thread in threading.enumerate() if thread.name == "leader"] and time.monotonic() < until:
        time.sleep(0.05)
    assert release
    release()
    with leader.leading(world.ctx, patience=0) as led:
        assert led.fence


@ON_POSTGRES
def test_a_leader_that_hangs_is_ended_after_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader, "BEAT", 3600.0)
    monkeypatch.setattr(leader, "SILENCE", 1.0)
    hanging = leader.try_to_lead(world.ctx)
    began = time.monotonic()
    with leader.leading(world.ctx, patience=15):
        assert time.monotonic() - began < 15
    assert hanging
    hanging()
