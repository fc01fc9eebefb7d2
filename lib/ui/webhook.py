"""The door that Stripe calls at, where the practice's server can be reached from outside: POST /webhook.

There is no such address without STRIPE_WEBHOOK_SECRET. A wrong call is told nothing, and nothing of a call is logged.
"""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lib.context import shared
from lib.errors import Unavailable
from lib.sync.called import called

PATH, _MOST = "/webhook", 512 * 1024


async def webhook(request: Request) -> Response:
    """204 when Stripe called, 400 when somebody else did, 413 for what is too long, 503 to be called again."""
    ctx = shared()
    if not ctx.settings.webhook_secret:
        return PlainTextResponse("not found", 404)
    if request.method != "POST":
        return PlainTextResponse("method not allowed", 405)
    body = await _body(request)
    if body is None:
        return PlainTextResponse("too long", 413)
    try:
        genuine = await to_thread.run_sync(called, ctx, body, request.headers.get("stripe-signature", ""))
    except Unavailable:
        return PlainTextResponse("later", 503)
    return Response(status_code=204) if genuine else PlainTextResponse("bad request", 400)


async def _body(request: Request) -> bytes | None:
    """What came, unless it is longer than any event."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST:
            return None
    return body


ROUTE = Route(PATH, webhook, methods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])
