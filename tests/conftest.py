"""What every test stands on: a machine that is forgotten, a Stripe that is watched, two databases, a real browser.

Nothing reaches beyond this machine: sockets are closed except to loopback (pytest-socket, see pyproject.toml), and a
browser page that asks any other host for anything fails its test.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import settings as hypothesis_settings

from tests.support.annotations import check
from tests.support.environment import forget_the_machine

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from sqlalchemy import Engine

    from lib.sandbox import Answer, Sandbox
    from lib.sandbox.server import Running
    from tests.support.app_server import AppServer
    from tests.support.furnished import Furnished
    from tests.support.postgres import Postgres

forget_the_machine()
hypothesis_settings.register_profile("payerdesk", deadline=None, derandomize=True)
hypothesis_settings.load_profile("payerdesk")

TABLES = ("lib.mirror.ours", "lib.mirror.tables", "lib.people.tables")
LAST = ("slow", "node", "postgres", "browser")
FAILED = pytest.StashKey[set[str]]()


def cannot_run(part: str, reason: str) -> NoReturn:
    """Say that a part cannot run here: a skip on somebody's laptop, a failure where everything must have run."""
    sentence = f"The {part} tests cannot run: {reason}"
    if os.environ.get("CI"):
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FAILED] = set()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first. The browser's come last also because its driver leaves an event loop on the main thread."""
    parts = {item: [mark.name for mark in item.iter_markers() if mark.name in LAST] for item in items}
    items.sort(key=lambda item: max((LAST.index(part) + 1 for part in parts[item]), default=0))
    for item in items:
        item.user_properties += [("part", part) for part in parts[item]]  # for scripts/parts_that_ran.py
        if "browser" in parts[item]:
            item.add_marker(pytest.mark.timeout(400))  # a journey through ten pages, on a crowded machine


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The tests of a browser file share a dashboard, so a worker; those of Node share one run of it. (xdist 3.8's own
    groups do nothing under pytest 9.2: they are written into an attribute of a test that is no longer read.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return file if "browser" in file or "tests/node" in file else nodeid

    config.option.loadscopereorder = False  # the largest file first would put the browser before everything else
    return Scheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[misc]
    if report.failed:
        item.config.stash[FAILED].add(item.nodeid)
    return report


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An empty Stripe in memory. Any answer that does not fit the SDK's annotations fails the test that got it."""
    from lib.sandbox import Sandbox

    box = Sandbox()
    misfits: list[str] = []

    def watch(method: str, path: str, answer: Answer) -> None:
        misfits.extend(f"{method} {path}: {misfit}" for misfit in check(json.loads(answer.body)))

    box.observers.append(watch)
    yield box
    box.close()
    assert not misfits, "\n".join(["Answers do not fit the SDK's annotations:", *dict.fromkeys(misfits)])


@pytest.fixture
def stripe(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A sandbox on a port of its own, and settings that lead there."""
    from lib.sandbox.server import serve

    running = serve(sandbox)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_tests")
    monkeypatch.setenv("STRIPE_API_BASE", running.url)
    monkeypatch.setenv("PAYERDESK_DATA", str(tmp_path / "data"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One real Postgres server for the whole run."""
    from tests.support.postgres import Postgres, PostgresMissing

    server = Postgres()
    try:
        server.start()
    except PostgresMissing as missing:
        server.stop()
        cannot_run("postgres", str(missing))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def furnished(postgres: Postgres) -> Furnished:
    """Databases of that server with every table in place."""
    from lib.mirror.database import open_database
    from tests.support.furnished import Furnished

    for tables in TABLES:
        importlib.import_module(tables)
    return Furnished(postgres, lambda url: open_database(url).dispose())


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a row: every test that asks for it runs on SQLite and on Postgres."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'payerdesk.sqlite'}"
        return
    with request.getfixturevalue("furnished").database() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Our database with every table in place, on SQLite and on Postgres."""
    from lib.mirror.database import open_database

    for tables in TABLES:
        importlib.import_module(tables)
    opened = open_database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def start_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., AppServer]]:
    """Start a dashboard, `start_app(STRIPE_API_KEY=…)`, on its own new data folder; all are stopped at the end."""
    from tests.support import app_server

    started: list[AppServer] = []

    def start(data: Path | None = None, **env: str) -> AppServer:
        started.append(app_server.start_app(data or tmp_path_factory.mktemp("app"), env))
        return started[-1]

    yield start
    for app in started:
        app.stop()


@pytest.fixture(scope="session")
def app(start_app: Callable[..., AppServer]) -> AppServer:
    """The dashboard with its demo practice, shared by the whole run: a test adds to it and counts on no absence."""
    return start_app()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.support import chromium

    found = chromium.find()
    if found is None:
        cannot_run("browser", "no Chromium or Chrome is installed (scripts/get_chromium.sh gets one)")
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=found, headless=True, args=list(chromium.FLAGS))
        yield running
        running.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: errors on the console, and requests that left this machine. A test that means
    to cause one clears the list; anything left in it fails the test."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str], request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """A new browser window with no past. A failing test leaves a picture of it."""
    from tests.support.window import listen

    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", accept_downloads=True)
    opened = context.new_page()
    opened.set_default_timeout(60_000)  # a crowded machine is slow, not wrong
    listen(context, complaints)
    yield opened
    if request.node.nodeid in request.config.stash[FAILED] or complaints:
        picture = tmp_path / "failure.png"
        opened.screenshot(path=picture)
        request.node.add_report_section("teardown", "picture", f"{opened.url} looked like this: {picture}")
    context.close()
    assert not complaints, "\n".join(["The browser complained:", *complaints])
