"""What Stripe has no address for: faults, the clock and the keys of a sandbox that is running.

`/_sandbox/faults`, `/_sandbox/clock` and `/_sandbox/keys`, outside /v1 and for programs on this machine only. A change
is sent as JSON, so that no page in a browser can send one behind its reader's back.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lib.sandbox import faults
from lib.sandbox.engine import Sandbox

HERE = ("127.0.0.1", "::1", "localhost")
Action = Callable[[Sandbox, Request, Any], Any]


class Wrong(ValueError):
    """A request that cannot be carried out, with the status that says so."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


def routes(sandbox: Sandbox) -> list[Route]:
    return [
        _route(sandbox, "/_sandbox/faults", GET=_faults, POST=_add_faults, DELETE=_clear_faults),
        _route(sandbox, "/_sandbox/faults/{number:int}", DELETE=_remove_fault),
        _route(sandbox, "/_sandbox/clock", GET=_clock, POST=_set_clock),
        _route(sandbox, "/_sandbox/keys", GET=_keys, POST=_set_key),
    ]


def _route(sandbox: Sandbox, path: str, **actions: Action) -> Route:
    async def answer(request: Request) -> Response:
        try:
            given = await _given(request)
            found = await run_in_threadpool(actions[request.method], sandbox, request, given)
        except ValueError as wrong:
            return JSONResponse({"error": {"message": str(wrong)}}, getattr(wrong, "status", 400))
        return JSONResponse(found)

    return Route(path, answer, methods=list(actions))


async def _given(request: Request) -> Any:
    """The JSON that came with a change. Raises Wrong for a stranger."""
    host = request.url.hostname
    if request.client is None or request.client.host not in HERE or host not in HERE:
        raise Wrong("Only programs on this machine may ask for this.", 403)
    if request.method != "POST":
        return None
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise Wrong("Send JSON, and say so in Content-Type.", 415)
    try:
        return json.loads(await request.body())
    except ValueError as wrong:
        raise Wrong(f"This is not JSON: {wrong}") from None


def _faults(sandbox: Sandbox, request: Request, given: Any) -> Any:
    return {"faults": [fault.shown() for fault in sandbox.faults]}


def _add_faults(sandbox: Sandbox, request: Request, given: Any) -> Any:
    return {"faults": [fault.shown() for fault in faults.added(sandbox.faults, given)]}


def _clear_faults(sandbox: Sandbox, request: Request, given: Any) -> Any:
    sandbox.faults.clear()
    return {"faults": []}


def _remove_fault(sandbox: Sandbox, request: Request, given: Any) -> Any:
    if not sandbox.faults.remove(request.path_params["number"]):
        raise Wrong("There is no such fault.", 404)
    return _faults(sandbox, request, given)


def _clock(sandbox: Sandbox, request: Request, given: Any) -> Any:
    return {"now": sandbox.clock.now(), "running": sandbox.clock.running}


def _set_clock(sandbox: Sandbox, request: Request, given: Any) -> Any:
    """`{"set": timestamp}`, `{"advance": seconds}` or `{"real": true}`."""
    match given:
        case {"set": int(at)}:
            sandbox.clock.set(at)
        case {"advance": int(seconds)}:
            sandbox.clock.advance(seconds)
        case {"real": True}:
            sandbox.clock.real()
        case _:
            raise Wrong('Send {"set": timestamp}, {"advance": seconds} or {"real": true}.')
    return _clock(sandbox, request, given)


def _keys(sandbox: Sandbox, request: Request, given: Any) -> Any:
    return sandbox.keys.shown()


def _set_key(sandbox: Sandbox, request: Request, given: Any) -> Any:
    """`{"key": …}`, with `permissions` for a restricted one; `{"revoke": key}`; `{"strict": true}`."""
    match given:
        case {"key": str(key), "permissions": dict(permissions)}:
            sandbox.keys.add(key, permissions)
        case {"key": str(key)}:
            sandbox.keys.add(key)
        case {"revoke": str(key)}:
            sandbox.keys.revoke(key)
        case {"strict": bool(strict)}:
            sandbox.keys.strict = strict
        case _:
            raise Wrong('Send {"key": …, "permissions": {…}}, {"revoke": key} or {"strict": true}.')
    return sandbox.keys.shown()
