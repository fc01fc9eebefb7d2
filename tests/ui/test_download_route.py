"""The door that lists leave through, over a real connection: who gets one, and how a list looks that was cut off."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Generator, Iterator
from http.client import HTTPConnection, IncompleteRead
from threading import Thread
from typing import Any

import pytest
import uvicorn
from anyio import CapacityLimiter
from starlette.applications import Starlette

from lib.actions import exports
from lib.context import Context
from lib.people import sessions, who
from lib.ui import download_route
from lib.ui.server import MIDDLEWARE, ROUTES
from tests.support.world import World

WIDE, NAME = b"x" * 300_000, "Ada Byrne"


class Door:
    """The doors of the dashboard on a port of their own, and a browser's cookie."""

    def __init__(self, world: World) -> None:
        self.world, self.ctx = world, world.ctx
        self.cookie = sessions.begin(self.ctx.engine, "mira", self.ctx.now)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        app = Starlette(routes=ROUTES, middleware=MIDDLEWARE)
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        self._thread = Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def ticket(self, report: str = "organisations") -> str:
        person = who(self.ctx.engine, self.cookie, self.ctx.now)
        return exports.ticket(self.ctx.as_actor(person), report)

    def ask(self, path: str, method: str = "GET", **headers: str) -> Any:
        """A whole answer, read to its end. Raises IncompleteRead when it was cut off."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers={"Cookie": f"payerdesk={self.cookie}", **headers})
        answer = connection.getresponse()
        try:
            answer.content = answer.read()  # type: ignore[attr-defined]
        finally:
            connection.close()
        return answer

    def raw(self, path: str, version: str = "1.1") -> socket.socket:
        """A connection that has asked and not read yet."""
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        cookie = f"Cookie: payerdesk={self.cookie}\r\n"
        opened.sendall(f"GET {path} HTTP/{version}\r\nHost: localhost\r\n{cookie}Connection: close\r\n\r\n".encode())
        return opened


@pytest.fixture
def door(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setattr("lib.context._shared", [world.ctx.as_actor(None)])
    monkeypatch.setattr(download_route, "_places", CapacityLimiter(download_route.AT_ONCE))
    found = Door(world)
    yield found
    found.stop()


@pytest.fixture
def leaves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let this leave through the door, whatever the ticket; says afterwards whether it was closed."""

    def let(pieces: Callable[[], Iterator[bytes]]) -> list[str]:
        ended: list[str] = []

        def watched() -> Generator[bytes, None, None]:
            try:
                yield from pieces()
            finally:
                ended.append("closed")

        def fetch(_ctx: Context, _ticket: str) -> exports.File:
            return exports.File("list.csv", watched())

        monkeypatch.setattr(exports, "fetch", fetch)
        return ended

    return let


def soon(happened: Callable[[], Any]) -> Any:
    """What comes true within a few seconds."""
    until = time.monotonic() + 5
    while not (found := happened()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def test_a_stranger_gets_nothing_and_the_ticket_stays_good(door: Door) -> None:
    path = f"/download/{door.ticket()}"
    assert door.ask(path, Cookie="").status == 401
    assert door.ask(path, Cookie="payerdesk=made-up").status == 401
    assert door.ask(path).status == 200


def test_a_ticket_is_good_once(door: Door) -> None:
    path = f"/download/{door.ticket()}"
    assert [door.ask(path).status for _ in range(2)] == [200, 404]


@pytest.mark.parametrize(
    "path", ["/download/", "/download/x", "/download/x/y", "/download/%00", "/download/%F0%9F%8F%A5"]
)
def test_a_made_up_ticket_is_not_found(door: Door, path: str) -> None:
    assert door.ask(path).status == 404


def test_another_persons_ticket_is_not_found(door: Door) -> None:
    path = f"/download/{door.ticket()}"
    door.world.person("vera", "admin")
    theirs = sessions.begin(door.ctx.engine, "vera", door.ctx.now)
    assert door.ask(path, Cookie=f"payerdesk={theirs}").status == 404
    assert door.ask(path).status == 200


def test_a_role_that_may_not_is_refused_and_that_is_on_record(door: Door) -> None:
    path = f"/download/{door.ticket()}"
    door.world.change_person("mira", role="nobody")
    assert door.ask(path).status == 403
    assert [entry.verb for entry in door.world.audited()][-1] == "people:denied"


def test_whoever_signed_out_in_between_is_a_stranger(door: Door) -> None:
    path = f"/download/{door.ticket()}"
    sessions.end(door.ctx.engine, door.cookie, door.ctx.now)
    assert door.ask(path).status == 401


def test_no_other_verb_and_no_other_site_uses_the_ticket_up(door: Door) -> None:
    path = f"/download/{door.ticket()}"
    assert {door.ask(path, verb).status for verb in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS")} == {405}
    for site in ("cross-site", "same-site", "none"):
        assert door.ask(path, **{"Sec-Fetch-Site": site}).status == 403
    assert door.ask(path, **{"Sec-Fetch-Site": "same-origin"}).status == 200


def test_where_a_part_could_not_be_told_from_the_whole_there_is_no_list(door: Door) -> None:
    path = f"/download/{door.ticket()}"
    with door.raw(path, "1.0") as reader:
        assert reader.recv(100).split()[1] == b"505"
    assert door.ask(path).status == 200


def test_the_answer_is_a_file_that_nobody_keeps(door: Door) -> None:
    answer = door.ask(f"/download/{door.ticket()}")
    assert answer.getheader("Content-Type") == "text/csv; charset=utf-8"
    assert answer.getheader("Content-Disposition").startswith(
        'attachment; filename="payerdesk-organisations-2026-11-16-'
    )
    assert (answer.getheader("Cache-Control"), answer.getheader("X-Content-Type-Options")) == ("no-store", "nosniff")
    assert answer.content.startswith(b"\xef\xbb\xbfCustomer ID,Organisation,")


def test_a_list_that_breaks_off_does_not_look_whole(
    door: Door, leaves: Callable[..., list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    def breaking() -> Iterator[bytes]:
        yield WIDE
        yield WIDE
        raise ValueError(NAME)

    ended = leaves(breaking)
    with pytest.raises(IncompleteRead):
        door.ask("/download/x")
    assert soon(lambda: ended) == ["closed"]
    assert "ValueError" in caplog.text
    assert NAME not in caplog.text


def test_a_list_that_cannot_even_begin_is_an_error_and_no_file(
    door: Door, leaves: Callable[..., list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "uvicorn.error")

    def broken() -> Iterator[bytes]:
        raise ValueError(NAME)
        yield b""

    leaves(broken)
    answer = door.ask("/download/x")
    assert (answer.status, answer.getheader("Content-Disposition")) == (500, None)
    assert NAME.encode() not in answer.content


def test_a_reader_who_hangs_up_gives_the_rows_back(door: Door, leaves: Callable[..., list[str]]) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield WIDE

    ended = leaves(endless)
    reader = door.raw("/download/x")
    assert reader.recv(1000).startswith(b"HTTP/1.1 200 OK")
    assert ended == []
    reader.close()
    assert soon(lambda: ended) == ["closed"]


def test_a_reader_who_takes_nothing_is_cut_off(
    door: Door, leaves: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_route, "PATIENCE", 0.3)
    ended = leaves(lambda: iter([WIDE] * 500))
    with door.raw("/download/x") as reader:
        assert soon(lambda: ended) == ["closed"]
        got = b"".join(iter(lambda: reader.recv(1_000_000), b""))
    assert not got.endswith(b"\r\n0\r\n\r\n")
    assert len(got) < 500 * len(WIDE)


def test_a_list_that_takes_too_long_is_cut_off(
    door: Door, leaves: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_route, "LONGEST", 0.3)

    def slow() -> Iterator[bytes]:
        for _ in range(50):
            time.sleep(0.02)
            yield WIDE

    leaves(slow)
    with pytest.raises(IncompleteRead):
        door.ask("/download/x")


def test_no_more_than_a_few_lists_leave_at_once_and_a_ticket_outlives_the_wait(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_route, "_places", CapacityLimiter(1))
    monkeypatch.setattr(download_route, "TURN", 0.2)
    path = f"/download/{door.ticket()}"
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(exports, "fetch", lambda *_: exports.File("list.csv", (WIDE for _ in range(500))))
        reader = door.raw("/download/x")
        assert reader.recv(1000)
    assert door.ask(path).status == 503
    reader.close()
    assert soon(lambda: door.ask(path).status == 200)


def test_memory_holds_a_few_pieces_however_slow_the_reader_is(door: Door, leaves: Callable[..., list[str]]) -> None:
    made: list[int] = []

    def counted() -> Iterator[bytes]:
        for number in range(500):
            made.append(number)
            yield WIDE

    leaves(counted)
    reader = door.raw("/download/x")
    reader.recv(1000)
    time.sleep(0.3)
    assert len(made) < 40
    reader.close()


def test_every_row_arrives(door: Door) -> None:
    from lib.mirror import store
    from lib.mirror.database import writing

    marked = {"object": "customer", "created": 1, "metadata": {"pd_kind": "organisation"}}
    found = [{**marked, "id": f"cus_{n:05d}", "name": f"Payer {n}"} for n in range(5000)]
    with writing(door.ctx.engine) as conn:
        store.put(conn, found, 1.0, door.ctx.settings)
    answer = door.ask(f"/download/{door.ticket()}")
    assert answer.content.count(b"\r\n") == 5001
