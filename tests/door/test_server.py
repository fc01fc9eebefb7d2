"""What the server answers to whom, without a browser."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lib.people import register, sessions, who
from lib.ui import front_page
from lib.ui.rooms import ROOMS
from tests.door.conftest import House
from tests.support.app_server import ROOT

pytestmark = pytest.mark.slow
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/agent/openapi.json",
        "/_stcore/agent/mcp",
        "/component/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_doors_that_nobody_needs_are_closed(house: House, method: str, path: str) -> None:
    assert house.ask(method, path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/invoices", "/_stcore/health", "/healthz", "/session/go.js", "/media/x.csv", "/nope"]
)
def test_every_answer_carries_the_headers(house: House, path: str) -> None:
    headers = house.ask("GET", path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


def test_every_page_asks_for_the_script_that_draws_tables_while_it_waits(house: House) -> None:
    for room in ROOMS:
        page = house.ask("GET", f"/{room.path}")
        [script] = re.findall(r"<script>addEventListener.*?</script>", page.text)
        [address] = re.findall(r'import\("(.*?)"\)', script)
        asked = house.ask("GET", address)  # Streamlit answers with its front page where there is no such file
        assert "javascript" in asked.headers["Content-Type"]
        inside = script.removeprefix("<script>").removesuffix("</script>").encode()
        digest = base64.b64encode(hashlib.sha256(inside).digest()).decode()
        assert f"'sha256-{digest}'" in page.headers["Content-Security-Policy"], "or the browser refuses it"
        assert page.headers["Cache-Control"] == "no-cache"


def test_the_front_page_is_streamlits_own_where_that_script_is_called_something_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<head></head>")
    monkeypatch.setattr(front_page, "_STATIC", tmp_path)
    assert front_page.html.__wrapped__() == "<head></head>"


def test_health_is_told_to_anybody_who_asks_and_to_no_other_verb(house: House) -> None:
    answer = house.ask("GET", "/healthz")
    assert (answer.status_code, answer.text, answer.headers["Cache-Control"]) == (200, "ok", "no-store")
    assert house.ask("HEAD", "/healthz").status_code == 200
    assert {house.ask(method, "/healthz").status_code for method in ("POST", "PUT", "DELETE", "PATCH")} == {405}


def test_downloads_need_a_session_that_is_alive(house: House) -> None:
    cookies = house.signed_in(house.add("downloader", "viewer"))
    assert house.ask("GET", "/media/x.csv").status_code == 401
    assert house.ask("GET", "/media/x.csv", cookies={"payerdesk": "made up"}).status_code == 401
    let_in = house.ask("GET", "/media/x.csv", cookies=cookies)
    assert (let_in.status_code, let_in.headers["Cache-Control"]) == (404, "no-store")
    register.disable(house.ctx, "downloader")
    assert house.ask("GET", "/media/x.csv", cookies=cookies).status_code == 401


def _upload(house: House, path: str, method: str = "PUT", **options: Any) -> int:
    files = {"file": ("list.csv", options.pop("data", b"Invoice,Amount"), "text/csv")} if method == "PUT" else None
    return house.ask(method, f"/_stcore/upload_file/{path}", files=files, **options).status_code


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "GET", "OPTIONS"])
@pytest.mark.parametrize("path", ["a/b", "a/b/c", "", "../upload_file/a/b"])
def test_a_stranger_uploads_nothing(house: House, method: str, path: str) -> None:
    for cookies in ({}, {"payerdesk": "made up"}):
        assert _upload(house, path, method, cookies=cookies) == 401


def test_an_upload_needs_a_session_that_is_alive_and_a_screen_of_its_own(house: House) -> None:
    """Signed in, what is refused is refused by Streamlit: no such screen, no token of our own page's, too large."""
    cookies = house.signed_in(house.add("uploader", "manager"))
    assert _upload(house, "nowhere/file", cookies=cookies) in (400, 403)
    assert _upload(house, "nowhere/file", cookies=cookies, data=b"x" * 3_000_000) in (400, 403, 413)
    register.disable(house.ctx, "uploader")
    assert _upload(house, "nowhere/file", cookies=cookies) == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(house: House) -> None:
    answer = house.claim(house.ticket(house.add("cookie", "viewer")))
    assert answer.status_code == 204
    words = {word.strip().lower() for word in answer.headers["Set-Cookie"].split(";")}
    assert {"httponly", "samesite=strict", "path=/"} <= words


def test_a_ticket_is_taken_once_and_from_our_own_page_only(house: House) -> None:
    ticket = house.ticket(house.add("ticket", "viewer"))
    elsewhere = ({"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"})
    assert [house.claim(ticket, **headers).status_code for headers in elsewhere] == [403, 403, 403]
    assert house.ask("POST", "/session/claim", json={"ticket": ticket}).status_code == 403
    assert [house.claim(ticket).status_code for _ in range(2)] == [204, 403]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"ticket": 1}', b'{"ticket": ""}', b'{"ticket": "\xff"}', b"x" * 5000]
)
def test_an_odd_claim_is_only_refused(house: House, body: bytes) -> None:
    answer = house.ask("POST", "/session/claim", data=body, headers={"Origin": house.url})
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)


def test_signing_in_anew_ends_the_session_that_the_browser_held_before(house: House) -> None:
    before = house.signed_in(house.add("again", "viewer"))
    house.ask(
        "POST", "/session/claim", json={"ticket": house.ticket("again")}, headers={"Origin": house.url}, cookies=before
    )
    assert who(house.ctx.engine, before["payerdesk"], house.ctx.now) is None


def test_signing_out_ends_the_session_and_takes_the_cookie_back_from_our_own_page_only(house: House) -> None:
    cookies = house.signed_in(house.add("leaver", "viewer"))
    assert house.ask("POST", "/session/end", cookies=cookies).status_code == 403
    assert who(house.ctx.engine, cookies["payerdesk"], house.ctx.now)
    answer = house.ask("POST", "/session/end", cookies=cookies, headers={"Origin": house.url})
    assert (answer.status_code, "Max-Age=0" in answer.headers["Set-Cookie"]) == (204, True)
    assert who(house.ctx.engine, cookies["payerdesk"], house.ctx.now) is None


def test_health_says_so_when_the_database_does_not_answer(house: House) -> None:
    from sqlalchemy import create_engine

    assert sessions.answers(house.ctx.engine)
    assert not sessions.answers(create_engine("sqlite:////nowhere/at/all.sqlite"))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("STRIPE_API_KEY", "not a key"),
        ("PAYERDESK_TIMEZONE", "Mars/Base"),
        ("DATABASE_URL", "sqlite:////proc/nowhere/payerdesk.sqlite"),
        ("DATABASE_URL", "nonsense"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path, setting: str, value: str) -> None:
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0"]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PAYERDESK_DATA": str(tmp_path)}
    env |= {"STRIPE_API_KEY": "sk_test_x", "STRIPE_API_BASE": "http://127.0.0.1:9"} if setting == "DATABASE_URL" else {}
    ended = subprocess.run(
        command, cwd=ROOT, env=env | {setting: value}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode != 0
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("Payerdesk cannot start: ")
