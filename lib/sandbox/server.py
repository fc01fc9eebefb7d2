"""The door over HTTP: the API and the few pages a browser can open, on a port of their own.

A fault may break the connection itself: reset it, leave it without an answer, or stop half-way through one.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from lib.sandbox import admin, pages
from lib.sandbox.engine import Sandbox
from lib.sandbox.strikes import Broken
from lib.sandbox.wire import Answer

START_SECONDS = 20
AT_ONCE = struct.pack("ii", 1, 0)  # close without a goodbye: the other side sees a reset


@dataclass
class Running:
    """A server at work in a thread of its own."""

    url: str
    _server: uvicorn.Server
    _thread: threading.Thread

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)


class Connection(H11Protocol):
    """A connection that requests can find, to break it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.app_state = {**self.app_state, "connection": self}


class Api:
    """Everything under /v1, and Stripe's words for any other address."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body, path, query = await request.body(), request.url.path, request.url.query
        except ClientDisconnect:
            return  # nobody waits for an answer to half a question
        try:
            answer = await run_in_threadpool(self._sandbox.handle, request.method, path, query, body, request.headers)
        except Broken as broken:
            await _hang_up(request, receive, reset="reset" in str(broken))
            return
        if answer.whole is None:
            await Response(answer.body, answer.status, answer.headers)(scope, receive, send)
        else:
            await _stop_half_way(request, receive, send, answer)


async def _hang_up(request: Request, receive: Receive, *, reset: bool) -> None:
    transport: asyncio.Transport = request.state.connection.transport
    if reset:
        with suppress(OSError):  # whoever asked may have gone meanwhile
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    transport.abort()
    await receive()  # until the server has noticed, so that it answers nothing by itself


async def _stop_half_way(request: Request, receive: Receive, send: Send, answer: Answer) -> None:
    headers = {**answer.headers, "Content-Length": str(answer.whole)}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    request.state.connection.transport.close()
    await receive()


def app(sandbox: Sandbox) -> Starlette:
    """The ASGI application in front of a sandbox."""
    return Starlette(routes=[*pages.routes(sandbox), *admin.routes(sandbox), Route("/{path:path}", Api(sandbox))])


def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Listen, and come back when it does; port 0 takes any free one."""
    sock = _listen(host, port)
    server = uvicorn.Server(
        uvicorn.Config(app(sandbox), http=Connection, log_level="warning", access_log=False, lifespan="off")
    )
    thread = threading.Thread(target=server.run, args=([sock],), daemon=True, name="sandbox")
    thread.start()
    url = f"http://{host}:{sock.getsockname()[1]}"
    _wait(server, thread)
    sandbox.origin = url
    return Running(url, server, thread)


def _listen(host: str, port: int) -> socket.socket:
    """Small answers go out at once: without this every second one waits for an acknowledgement."""
    sock = socket.create_server((host, port), backlog=256)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise RuntimeError("The sandbox's server did not start.")
        time.sleep(0.005)
