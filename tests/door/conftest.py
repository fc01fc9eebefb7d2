"""A dashboard of its own for the tests of the door, with an empty practice behind it and people that they add."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from lib import audit_keys
from lib.context import Context
from lib.mirror.database import open_database
from lib.people import SHELL, check_password, register
from lib.sandbox import Sandbox, server
from lib.settings import load_settings

if TYPE_CHECKING:
    from tests.support.app_server import AppServer

PASSWORD = "four plain english words"


@dataclass(frozen=True)
class House:
    """A running dashboard, and its database in the hands of the shell."""

    app: AppServer
    ctx: Context

    @property
    def url(self) -> str:
        return self.app.url

    def add(self, username: str, role: str) -> str:
        register.add(self.ctx, username, PASSWORD, role)
        return username

    def ticket(self, username: str) -> str:
        got = check_password(self.ctx.engine, username, PASSWORD, self.ctx.now).ticket
        assert got is not None
        return got

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request without a browser."""
        with requests.Session() as plain:
            plain.trust_env = False
            return plain.request(method, self.url + path, timeout=10, **options)

    def claim(self, ticket: str, **headers: str) -> requests.Response:
        return self.ask("POST", "/session/claim", json={"ticket": ticket}, headers={"Origin": self.url, **headers})

    def signed_in(self, username: str) -> dict[str, str]:
        """The cookies of somebody who has signed in."""
        return dict(self.claim(self.ticket(username)).cookies)


@pytest.fixture(scope="session")
def stripe_url() -> Iterator[str]:
    """An empty Stripe to stand behind the dashboard."""
    sandbox = Sandbox()
    running = server.serve(sandbox)
    yield running.url
    running.stop()
    sandbox.close()


@pytest.fixture(scope="session")
def new_house(start_app: Callable[..., AppServer], stripe_url: str) -> Callable[..., House]:
    """Start a dashboard that nobody has visited yet."""

    def start(**more: str) -> House:
        env = {
            "STRIPE_API_KEY": "sk_test_door",
            "STRIPE_API_BASE": stripe_url,
            "PAYERDESK_PRACTICE": "St *Anne* <b>& Co",
            **more,
        }
        app = start_app(**env)
        settings = load_settings(env | {"PAYERDESK_DATA": str(app.data)})
        nowhere: Any = None
        ctx = Context(settings=settings, engine=open_database(settings.database_url), stripe=nowhere, actor=SHELL)
        audit_keys.settle(ctx.engine, settings, ctx.now)
        return House(app, ctx)

    return start


@pytest.fixture(scope="session")
def house(new_house: Callable[..., House]) -> House:
    """A dashboard for all tests of the door."""
    return new_house()


@pytest.fixture
def nobody_there(tmp_path: Path) -> Iterator[Context]:
    """A database with nobody in it, for pages without a server."""
    settings = load_settings({"STRIPE_API_KEY": "sk_test_door", "PAYERDESK_DATA": str(tmp_path)})
    nowhere: Any = None
    ctx = Context(settings=settings, engine=open_database(settings.database_url), stripe=nowhere)
    yield ctx
    ctx.engine.dispose()
