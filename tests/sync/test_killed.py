"""A first copy in a process of its own, killed again and again; and how much memory it takes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lib.context import open_context
from lib.sandbox import Sandbox
from lib.sandbox.server import serve
from lib.settings import load_settings
from tests.bench import account
from tests.support.truth import assert_mirror_is_stripe
from tests.support.world import World

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def copying(tmp_path: Path, database_url: str) -> Iterator[tuple[Sandbox, dict[str, str]]]:
    """A served account of some size, and the environment that leads a process there."""
    sandbox = account.build(tmp_path / "stripe.sqlite", invoices=2100, customers=400, now=int(time.time()))
    running = serve(sandbox)
    env = {"STRIPE_API_KEY": "sk_test_tests", "STRIPE_API_BASE": running.url, "DATABASE_URL": database_url}
    yield sandbox, {**os.environ, **env, "PAYERDESK_DATA": str(tmp_path / "data")}
    running.stop()
    sandbox.close()


def _start(env: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "lib", "sync", "--once"]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _kill_during_the_copy(env: dict[str, str], after: float) -> bool:
    """Kill it so long after its first objects came; False when it had ended by then."""
    process = _start(env)
    assert process.stderr
    process.stderr.readline()
    time.sleep(after)
    ended = process.poll() is not None
    process.kill()
    process.communicate()
    return not ended


def test_a_copy_killed_ten_times_is_whole_in_the_end(copying: tuple[Sandbox, dict[str, str]]) -> None:
    sandbox, env = copying
    draw = random.Random(11)
    killed = sum(_kill_during_the_copy(env, draw.uniform(0, 0.25)) for _ in range(10))
    told, wrong = _start(env).communicate(timeout=120)
    assert killed >= 3, wrong
    assert json.loads(told)["rate_limited"] == 0
    settings = load_settings(env)
    ctx = open_context(settings, ask=False)
    assert_mirror_is_stripe(World(sandbox, None, replace(ctx, actor=None), []))  # type: ignore[arg-type]
    ctx.engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_five_times_the_account_takes_no_more_memory(tmp_path: Path, copying: tuple[Sandbox, dict[str, str]]) -> None:
    _, env = copying
    small = json.loads(_start(env).communicate(timeout=120)[0])["peak_mb"]
    large = account.build(None, invoices=10_000, customers=400, now=int(time.time()))
    running = serve(large)
    try:
        there = {"STRIPE_API_BASE": running.url, "PAYERDESK_DATA": str(tmp_path / "large"), "DATABASE_URL": ""}
        told = json.loads(_start({**env, **there}).communicate(timeout=120)[0])
    finally:
        running.stop()
        large.close()
    assert told["objects"]["invoices"] >= 10_000
    assert told["peak_mb"] < small + 40
    assert told["peak_mb"] < 170
