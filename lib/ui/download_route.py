"""The door that lists leave through: GET /download/<ticket>, a piece at a time, while the rows are being read.

No piece waits in memory for a slow reader, and no reader may hold a read transaction for ever. A list that cannot be
finished is cut off without the mark that ends it (HTTP/1.1, chunked), so that no browser or proxy takes it for whole.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING

from anyio import CancelScope, CapacityLimiter, create_task_group, fail_after, move_on_after, to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.context import Context, shared
from lib.errors import NotAllowed, NotFound
from lib.people import who
from lib.ui.session import cookie_name

if TYPE_CHECKING:
    from lib.actions import exports

PATH = "/download/"
# A process has fifteen connections to its database: lists may hold four of them, the next waits half a minute for one.
AT_ONCE, TURN = 4, 30
# Bytes at once, and for how many seconds a reader may leave them, or the whole list, untaken.
PIECE, PATIENCE, LONGEST = 256 * 1024, 60, 3600

_log = logging.getLogger("payerdesk")
_places = CapacityLimiter(AT_ONCE)


async def download(request: Request) -> ASGIApp:
    """A list as a file. 401 for a stranger, 403 for who may not, 404 for a ticket that is used, old or not theirs, 503
    when too many are being taken.
    """
    if request.method != "GET":
        return PlainTextResponse("method not allowed", 405)
    if request.scope["http_version"] == "1.0":
        return PlainTextResponse("a list needs HTTP/1.1: in 1.0 a part of it would pass for the whole", 505)
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return PlainTextResponse("forbidden", 403)
    ctx = shared()
    cookie = request.cookies.get(cookie_name(ctx.settings))
    actor = await to_thread.run_sync(lambda: who(ctx.engine, cookie, ctx.now, touch=False))
    if actor is None:
        return PlainTextResponse("sign in first", 401)
    return partial(_in_turn, ctx.as_actor(actor), request.path_params["ticket"])


async def _in_turn(ctx: Context, ticket: str, scope: Scope, receive: Receive, send: Send) -> None:
    from lib.actions import exports  # with pandas behind it: the server need not wait for that before it answers

    with move_on_after(TURN) as waiting:
        await _places.acquire()
    if waiting.cancelled_caught:
        await PlainTextResponse("other lists are being downloaded: try again in a minute", 503)(scope, receive, send)
        return
    try:
        file = await to_thread.run_sync(exports.fetch, ctx, ticket)
        await _leave(file, receive, send)
    except (NotAllowed, NotFound) as refused:
        status = 403 if isinstance(refused, NotAllowed) else 404
        await PlainTextResponse(refused.words, status)(scope, receive, send)
    finally:
        _places.release()


async def _leave(file: exports.File, receive: Receive, send: Send) -> None:
    """Until all is sent or the reader has gone; what the database holds open for the list is given back either way."""
    try:
        async with create_task_group() as together:
            together.start_soon(_stop_when_gone, receive, together.cancel_scope)
            await _send(file, send)
            together.cancel_scope.cancel()
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(file.pieces.close)


async def _send(file: exports.File, send: Send) -> None:
    headers = {"content-type": file.media, "content-disposition": f'attachment; filename="{file.name}"'}
    start = [(name.encode(), value.encode()) for name, value in headers.items()]
    try:
        with fail_after(LONGEST):
            piece = await to_thread.run_sync(_some, file.pieces)
            await send({"type": "http.response.start", "status": 200, "headers": start})
            while piece:
                with fail_after(PATIENCE):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await to_thread.run_sync(_some, file.pieces)
    except Exception as trouble:  # noqa: BLE001 - its words may hold a name, and the server would log them
        _log.error(
            "download cut off: %s\n%s", type(trouble).__name__, "".join(traceback.format_tb(trouble.__traceback__))
        )
        return  # without the last message: the server closes the connection in the middle
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _some(pieces: Generator[bytes, None, None]) -> bytes:
    """The next few pieces; nothing at the end."""
    taken = bytearray()
    for piece in pieces:
        taken += piece
        if len(taken) >= PIECE:
            break
    return bytes(taken)


async def _stop_when_gone(receive: Receive, together: CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    together.cancel()


ROUTE = Route(f"{PATH}{{ticket:path}}", download, methods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])
