"""Two processes on one Postgres behind the very proxy of compose.yaml, in a real browser: `make proxy`.

Not among `make test`, because it needs Caddy. The program runs from a copy of what the image holds.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page
from sqlalchemy import create_engine, text

from lib.sandbox import Sandbox, server
from lib.sandbox.command import furnish
from lib.sync.leader import LOCK
from tests.conftest import cannot_run
from tests.support.app_server import free_port
from tests.support.image import CADDYFILE, ROOT, copied

PERSON, PASSWORD = "mia", "four plain english words"
UPSTREAMS = "dynamic a {\n\t\t\tname {$APP_HOST:app}\n\t\t\tport {$APP_PORT:8501}\n\t\t\trefresh 2s\n\t\t}"
LEADER = text("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock AND granted")
pytestmark = pytest.mark.timeout(300)


@dataclass
class Desk:
    """The proxy's address, the processes behind it by their ports, and their database."""

    url: str
    database: str
    env: dict[str, str]
    folder: Path
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    others: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def authority(self) -> str:
        """The certificate of the proxy's own authority."""
        return str(self.folder / "caddy" / "pki" / "authorities" / "local" / "root.crt")

    def start(self, port: int) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        data = {"PAYERDESK_DATA": str(self.folder / f"data-{port}")}
        with (self.folder / f"{port}.log").open("ab") as log:
            self.processes[port] = subprocess.Popen(
                command, cwd=self.folder / "app", env=self.env | data, stdout=log, stderr=log
            )
        until(lambda: ask(f"http://127.0.0.1:{port}/healthz") == 200, 60)

    def leader(self) -> int | None:
        """The database's own number for whoever follows Stripe."""
        engine = create_engine(self.database)
        with engine.connect() as conn:
            found = conn.execute(LEADER, {"lock": LOCK}).scalar()
        engine.dispose()
        return found

    def seconds_to_another_leader(self, before: int | None) -> float:
        began = time.monotonic()
        until(lambda: self.leader() not in (None, before), 30)
        return time.monotonic() - began


def until(found: Callable[[], Any], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.1)


def ask(url: str, authority: str = "") -> int | None:
    """The status of an answer, or None."""
    with requests.Session() as plain:
        plain.trust_env = False
        try:
            return plain.get(url, timeout=5, verify=authority or True).status_code
        except OSError:
            return None


@pytest.fixture(scope="module")
def stripe_url() -> Iterator[str]:
    sandbox = Sandbox()
    furnish(sandbox)
    running = server.serve(sandbox)
    yield running.url
    running.stop()
    sandbox.close()


@pytest.fixture(scope="module")
def desk(postgres: Any, stripe_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    if shutil.which("caddy") is None:
        cannot_run("proxy", "Caddy is not installed (Debian, Ubuntu: apt install caddy)")
    folder, port = tmp_path_factory.mktemp("desk"), free_port()
    for path in copied():
        target = folder / "app" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / path, target) if (ROOT / path).is_dir() else shutil.copy(ROOT / path, target)
    with postgres.database() as database:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DATABASE_URL": database,
            "STRIPE_API_KEY": "sk_test_deploy",
            "STRIPE_API_BASE": stripe_url,
            "PAYERDESK_URL": f"https://localhost:{port}",
            "PAYERDESK_AUDIT_KEY": "the one key of the two processes of this desk",
            "STREAMLIT_SERVER_ALLOWED_HOSTS": "localhost",
        }
        found = Desk(env["PAYERDESK_URL"], database, env, folder)
        people = [sys.executable, "-m", "lib", "people", "add", PERSON, "--role", "admin", "--password-stdin"]
        here = {"PAYERDESK_DATA": str(folder / "data")}
        subprocess.run(people, input=PASSWORD.encode(), cwd=folder / "app", env=env | here, check=True)
        try:
            for each in (free_port(), free_port()):
                found.start(each)
            found.others.append(_proxy(found, port))
            until(lambda: ask(f"{found.url}/healthz", found.authority) == 200, 20)
            yield found
        finally:
            for process in (*found.processes.values(), *found.others):
                process.kill()
                process.wait()


def _proxy(desk: Desk, port: int) -> subprocess.Popen[bytes]:
    """Caddy with our Caddyfile; only the look-up of the processes' addresses is written out."""
    assert CADDYFILE.count(UPSTREAMS) == 1
    file = desk.folder / "Caddyfile"
    file.write_text(CADDYFILE.replace(UPSTREAMS, "to " + " ".join(f"127.0.0.1:{each}" for each in desk.processes)))
    env = {"PATH": os.environ["PATH"], "HOME": str(desk.folder), "XDG_DATA_HOME": str(desk.folder)}
    env |= {"PAYERDESK_HOST": f"localhost:{port}", "HTTPS_PORT": str(port), "HTTP_PORT": str(free_port())}
    with (desk.folder / "caddy.log").open("wb") as log:
        command = ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]
        return subprocess.Popen(command, env=env, stdout=log, stderr=log)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window that trusts the proxy's own authority."""
    context = browser.new_context(ignore_https_errors=True, accept_downloads=True)
    yield context.new_page()
    context.close()


def come_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Username").fill(PERSON)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def cookies(page: Page) -> dict[str, Any]:
    return {cookie["name"]: cookie for cookie in page.context.cookies()}


def test_a_person_signs_in_looks_around_and_downloads_a_list(desk: Desk, page: Page, tmp_path: Path) -> None:
    come_in(page, f"{desk.url}/invoices?status=open")
    assert page.url == f"{desk.url}/invoices?status=open"
    with page.expect_download() as download:
        page.get_by_text("Download CSV").first.click()
    rows = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert rows[0].startswith("Invoice ID,Number,Status")
    assert len(rows) > 10
    for name in ("Overview", "Organisations", "Patients", "Balances", "Activity", "Settings"):
        page.get_by_role("link", name=name).first.click()
        page.get_by_role("heading", name=name, level=1).wait_for()


def test_the_cookie_and_the_headers_are_those_of_https(desk: Desk, page: Page) -> None:
    come_in(page, desk.url)
    kept = cookies(page)
    mine = kept["__Host-payerdesk"]
    assert (mine["secure"], mine["httpOnly"], mine["sameSite"], mine["path"]) == (True, True, "Strict", "/")
    assert {name for name, cookie in kept.items() if not cookie["secure"]} == set()
    headers = page.request.get(f"{desk.url}/healthz").headers
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "server" not in headers
    assert page.request.get(f"{desk.url}/_stcore/metrics").status == 404


def test_both_processes_serve_and_each_browser_stays_with_one(desk: Desk) -> None:
    with requests.Session() as stranger:
        stranger.trust_env, stranger.verify = False, desk.authority
        seen = set()
        for _ in range(20):
            stranger.cookies.clear()
            stranger.get(f"{desk.url}/healthz", timeout=5)
            seen.add(stranger.cookies["payerdesk_server"])
        assert len(seen) == 2
        stays = {stranger.get(f"{desk.url}/healthz", timeout=5).headers.get("Set-Cookie") for _ in range(20)}
        assert stays == {None}


def test_a_process_that_is_killed_is_replaced_by_the_other_under_a_persons_hands(desk: Desk, page: Page) -> None:
    come_in(page, f"{desk.url}/patients")
    for port, process in list(desk.processes.items()):  # one of them drew this page, and one of them leads
        process.kill()
        process.wait()
        for name in ("Organisations", "Patients"):
            page.get_by_role("link", name=name).first.click()
            page.get_by_role("heading", name=name, level=1).wait_for()
        until(desk.leader, 15)
        desk.start(port)
        time.sleep(6)  # the proxy's memory of a failure


def test_when_the_one_who_follows_stripe_hangs_the_other_takes_over_within_15_seconds(desk: Desk) -> None:
    until(desk.leader, 15)
    for process in desk.processes.values():
        before = desk.leader()
        process.send_signal(signal.SIGSTOP)
        try:
            if _leads_another(desk, before):
                return
        finally:
            process.send_signal(signal.SIGCONT)
    pytest.fail("neither of the two led")


def _leads_another(desk: Desk, before: int | None) -> bool:
    try:
        return desk.seconds_to_another_leader(before) < 15
    except AssertionError:
        return False
