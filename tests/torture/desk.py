"""A desk to work at in a process of its own: a served Stripe, a database, and the manager Mira.

Time is the sandbox's, moved by whoever plays fate; waiting takes no real time.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import stripe
from sqlalchemy import func, select

from lib import audit_keys
from lib.actions import resolver
from lib.actions._intent import OPEN
from lib.context import Context
from lib.mirror.database import open_database, reading
from lib.mirror.ours import intents
from lib.people import Actor
from lib.sandbox import Sandbox
from lib.sandbox.server import serve
from lib.settings import Settings
from lib.stripe_api import client
from tests.support.world import NOON, World, add_person

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.torture.desk", "tests.torture.every"])


def begin(target: Callable[..., None], *given: Any) -> Any:
    """A process of its own, which does not run our main script again: Streamlit's tests put a page in its place."""
    process = PROCESSES.Process(target=target, args=given)
    main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main
    return process


class Impatient(stripe.RequestsClient):
    """The SDK's own client, which does not wait before it repeats a question."""

    def _sleep_time_seconds(self, *_: Any, **__: Any) -> float:
        return 0.0


@dataclass(frozen=True)
class Where:
    """What a process must know to sit down: it is sent to it."""

    stripe: str
    database: str
    folder: str
    now: Any  # a shared number, the moment in Stripe's seconds; without a lock: who is killed would keep it
    timeout: tuple[float, float] = (3, 20)

    def open(self) -> Context:
        """The context in Mira's hands."""
        began = time.monotonic()

        def clock() -> float:
            return self.now.value + time.monotonic() - began

        def sleep(seconds: float) -> None:
            self.now.value += seconds

        http = Impatient(timeout=self.timeout, session=client._pool(self.stripe)._session)
        api = client.connect("sk_test_torture", self.stripe, http_client=http, sleep=sleep)
        engine = open_database(self.database)
        settings = Settings(mode="sandbox", data=Path(self.folder), type_twice_above=None, second_person_above=None)
        audit_keys.settle(engine, settings, 0)
        mira = Actor("mira", "Mira", "manager")
        return Context(settings, engine, api, clock=clock, sleep=sleep).as_actor(mira)


@dataclass
class Desk:
    """What fate and the auditor see: Stripe itself, and our records."""

    sandbox: Sandbox
    where: Where
    ctx: Context
    world: World

    def pass_time(self, seconds: int) -> None:
        """For Stripe and for us."""
        self.where.now.value = max(self.where.now.value, self.sandbox.clock.now()) + seconds
        self.sandbox.clock.set(int(self.where.now.value))

    def settle(self) -> None:
        """Everything works again, and the resolver takes its rounds until nothing is open, or gives up loudly."""
        self.sandbox.faults.clear()
        for _ in range(40):
            self.pass_time(200)
            resolver.resolve(self.ctx)
            if not self.still_open():
                return
        raise AssertionError(f"{self.still_open()} changes are open after forty rounds without a fault")

    def still_open(self) -> int:
        """How many changes have not come to an end."""
        with reading(self.ctx.engine) as conn:
            return conn.execute(select(func.count()).where(intents.c.state.in_(OPEN))).scalar_one()

    def intents(self) -> list[Any]:
        """Every stored wish."""
        with reading(self.ctx.engine) as conn:
            return list(conn.execute(select(intents)).all())


@contextmanager
def desk(folder: Path, database: str = "", *, seed: int = 1) -> Iterator[Desk]:
    """An empty practice whose Stripe is served to other processes."""
    sandbox = Sandbox(folder / "stripe.sqlite", seed=seed)
    sandbox.clock.set(NOON)
    running = serve(sandbox)
    url = database or f"sqlite:///{folder / 'payerdesk.sqlite'}"
    where = Where(running.url, url, str(folder), PROCESSES.Value("d", float(NOON), lock=False))
    ctx = where.open()
    add_person(ctx, "mira", "manager")
    try:
        yield Desk(sandbox, where, ctx, World(sandbox, None, ctx, []))  # type: ignore[arg-type]
    finally:
        ctx.engine.dispose()
        running.stop()
        sandbox.close()
