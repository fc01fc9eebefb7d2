"""The real dashboard in front of a made-up practice, talking to a Stripe in which nothing happens.

The mirror says that it was copied to its end from this Stripe a moment ago, so following it brings nothing and the
mirror stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time

from sqlalchemy import delete

from lib import audit_keys
from lib.mirror import ours
from lib.mirror.database import open_database, writing
from lib.sandbox import Sandbox
from lib.sandbox.server import Running, serve
from lib.settings import Settings
from lib.sync import state
from tests.bench import office
from tests.bench.practice import FOLDER, Practice
from tests.support.app_server import AppServer, start_app

KEY = "sk_test_bench"


@dataclass(frozen=True)
class Quiet:
    """A Stripe in which nothing happens, and the practice that seems to come from it. `cookies` open the door."""

    practice: Practice
    stripe: Running
    cookies: list[str]
    folder: Path

    def start(self, **more: str) -> AppServer:
        """Start the dashboard, as `make run` does, and wait until it answers."""
        env = {**more, "STRIPE_API_KEY": KEY, "STRIPE_API_BASE": self.stripe.url, "DATABASE_URL": self.practice.url}
        (self.folder / "app" / "server.log").unlink(missing_ok=True)
        return start_app(self.folder / "app", env)

    @contextmanager
    def running(self, **more: str) -> Iterator[AppServer]:
        """The dashboard, from start to stop."""
        app = self.start(**more)
        try:
            yield app
        finally:
            app.stop()


@contextmanager
def in_front_of(practice: Practice, folder: Path = FOLDER) -> Iterator[Quiet]:
    """Everything that the dashboard needs to run on this practice."""
    sandbox = Sandbox()
    running = serve(sandbox)
    engine, now = open_database(practice.url), int(time())
    (folder / "app").mkdir(parents=True, exist_ok=True)
    audit_keys.settle(engine, Settings(mode="test", data=folder / "app"), now)  # as the dashboard did the last time
    sandbox.call("POST", "/v1/customers", {"name": "Nobody"})
    known = sandbox.call("GET", "/v1/events")["data"]
    with writing(engine) as conn:
        conn.execute(delete(ours.stamp))
        state.note_events(conn, [state.event_row(event) for event in known])
        state.remember(
            conn, copied_at=now, fresh_at=now, cursor=now, anchor=known[0]["id"], copying="", ledgers_owed=""
        )
    cookies = office.cookies(engine, now)
    engine.dispose()
    try:
        yield Quiet(practice, running, cookies, folder)
    finally:
        running.stop()
        sandbox.close()
