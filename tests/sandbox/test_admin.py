"""Breaking a sandbox that is running: by an address of its own, and from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from lib.sandbox import Sandbox, command
from lib.sandbox.command import break_it, options_of
from tests.sandbox.conftest import KEY, NOON

ONE = {"kind": "storm", "path": "/v1/customers", "times": 1}
AS_KEY = {"Authorization": f"Bearer {KEY}"}


class Admin:
    """A program on this machine that talks to a running sandbox."""

    def __init__(self, origin: str) -> None:
        self._origin, self._session = origin, requests.Session()
        self._session.trust_env = False

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        return self._session.request(method, self._origin + path, timeout=10, **more)

    def close(self) -> None:
        self._session.close()


@pytest.fixture
def admin(box: Sandbox, door: Any) -> Iterator[Admin]:
    door.box = box
    found = Admin(door.origin)
    yield found
    found.close()


@pytest.mark.parametrize("path", ["faults", "clock", "keys"])
def test_a_stranger_may_ask_for_nothing(box, admin, path):
    foreign = {"Host": "practice.example"}
    assert admin("GET", f"/_sandbox/{path}", headers=foreign).status_code == 403
    assert admin("POST", f"/_sandbox/{path}", headers=foreign, json=ONE).status_code == 403


@pytest.mark.parametrize("path", ["faults", "clock", "keys"])
def test_a_form_that_a_page_in_a_browser_could_send_is_refused(box, admin, path):
    assert admin("POST", f"/_sandbox/{path}", data="advance=60").status_code == 415
    as_text = {"Content-Type": "text/plain"}
    assert admin("POST", f"/_sandbox/{path}", data=json.dumps(ONE), headers=as_text).status_code == 415
    assert (list(box.faults), box.clock.now()) == ([], NOON)


@pytest.mark.parametrize("given", [{"kind": "flood"}, {}, [ONE, {"kind": "lost", "ms": 1}], "lost", 3])
def test_faults_that_nobody_can_mean_are_refused_and_none_is_added(box, admin, given):
    answer = admin("POST", "/_sandbox/faults", json=given)
    assert (answer.status_code, "error" in answer.json()) == (400, True)
    assert list(box.faults) == []


def test_what_is_no_json_or_no_order_is_refused_in_words(admin):
    headers = {"Content-Type": "application/json"}
    assert "not JSON" in admin("POST", "/_sandbox/faults", data="{", headers=headers).json()["error"]["message"]
    assert "Send" in admin("POST", "/_sandbox/clock", json={"set": "noon"}).json()["error"]["message"]
    assert "Send" in admin("POST", "/_sandbox/keys", json={"key": 1}).json()["error"]["message"]
    assert admin("POST", "/_sandbox/keys", json={"key": "rk_live_1"}).status_code == 400
    assert admin("DELETE", "/_sandbox/faults/99").status_code == 404
    assert admin("GET", "/_sandbox/nothing", headers=AS_KEY).json()["error"]["message"].startswith("Unrecognized")


def test_a_fault_is_added_seen_striking_and_taken_away(admin):
    added = admin("POST", "/_sandbox/faults", json=ONE).json()["faults"][0]
    assert [admin("GET", "/v1/customers", headers=AS_KEY).status_code for _ in range(2)] == [429, 200]
    seen = admin("GET", "/_sandbox/faults").json()["faults"]
    assert [(fault["kind"], fault["seen"], fault["struck"]) for fault in seen] == [("storm", 2, 1)]
    assert admin("DELETE", f"/_sandbox/faults/{added['id']}").json() == {"faults": []}


def test_all_faults_are_taken_away_at_once(box, admin):
    admin("POST", "/_sandbox/faults", json=[ONE, {"kind": "lost"}])
    assert admin("DELETE", "/_sandbox/faults").json() == {"faults": []}
    assert list(box.faults) == []


def test_the_clock_is_stopped_moved_and_let_go(box, admin):
    assert admin("POST", "/_sandbox/clock", json={"set": 1000}).json() == {"now": 1000, "running": False}
    assert admin("POST", "/_sandbox/clock", json={"advance": -60}).json()["now"] == 940
    assert admin("POST", "/_sandbox/clock", json={"real": True}).json()["running"] is True
    assert admin("GET", "/_sandbox/clock").json()["now"] > NOON


def test_a_key_is_restricted_and_revoked(admin):
    headers = {"Authorization": "Bearer rk_test_1"}
    admin("POST", "/_sandbox/keys", json={"key": "rk_test_1", "permissions": {"customer": "read"}})
    assert admin("GET", "/v1/customers", headers=headers).status_code == 200
    assert admin("GET", "/v1/invoices", headers=headers).status_code == 403
    admin("POST", "/_sandbox/keys", json={"revoke": "rk_test_1"})
    assert admin("GET", "/v1/customers", headers=headers).status_code == 401
    admin("POST", "/_sandbox/keys", json={"strict": True})
    assert admin("GET", "/v1/customers", headers=AS_KEY).status_code == 401
    assert admin("GET", "/_sandbox/keys").json()["strict"] is True


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--fault", "flood"], "There is no fault 'flood'."),
        (["--key", "rk_test_1:customer"], "'customer' is no permission"),
        (["--key", "sk_live_1"], "Only a key that begins with"),
        (["--faults", "missing.json"], "missing.json"),
    ],
)
def test_the_command_line_says_what_it_does_not_understand(capsys, argv, words):
    assert command.run(["--port", "0", *argv]) == 2
    assert words in capsys.readouterr().err


def test_the_command_line_breaks_the_sandbox_in_the_same_way(box, tmp_path):
    listed = tmp_path / "faults.json"
    listed.write_text(json.dumps([{"kind": "lost", "nth": 3}]), "utf-8")
    argv = ["--faults", str(listed), "--fault", "error,status=503,times=2", "--fault", "latency,ms=5"]
    break_it(box, options_of([*argv, "--key", "rk_test_1:customer=read,invoice=write", "--only-these-keys"]))
    assert [fault.kind for fault in box.faults] == ["lost", "error", "latency"]
    assert (box.keys.strict, list(box.keys.shown()["keys"].values())) == (
        True,
        [{"customer": "read", "invoice": "write"}],
    )
