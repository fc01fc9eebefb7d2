"""The door over HTTP: the API and the few pages a browser can open, on a port of their own."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lib.sandbox import pages
from lib.sandbox.engine import Sandbox

METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]
START_SECONDS = 20


@dataclass
class Running:
    """A server at work in a thread of its own."""

    url: str
    _server: uvicorn.Server
    _thread: threading.Thread

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)


def app(sandbox: Sandbox) -> Starlette:
    """The ASGI application in front of a sandbox."""

    async def api(request: Request) -> Response:
        body = await request.body()
        path, query = request.url.path, request.url.query
        answer = await run_in_threadpool(sandbox.handle, request.method, path, query, body, request.headers)
        return Response(answer.body, answer.status, answer.headers)

    return Starlette(routes=[*pages.routes(sandbox), Route("/{path:path}", api, methods=METHODS)])


def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Listen, and come back when it does; port 0 takes any free one."""
    sock = _listen(host, port)
    server = uvicorn.Server(uvicorn.Config(app(sandbox), log_level="warning", access_log=False, lifespan="off"))
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
