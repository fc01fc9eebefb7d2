"""The dashboard's doors: what answers HTTP beside Streamlit, what is closed, and what every answer carries.

Streamlit by itself serves downloads to anybody who knows their address, takes uploads from anybody, sends no security
headers, and has a metrics page that nobody here needs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from urllib.parse import urlsplit

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.context import shared
from lib.people import sessions, who
from lib.ui import download_route, front_page, webhook
from lib.ui.rooms import ROOMS
from lib.ui.session import cookie_name, over_https

CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check", "/component/")
# Downloads, and the way in for a payer's list: both only with a session that is alive.
SIGNED_IN = ("/media/", "/_stcore/upload_file")
_NEVER_KEPT = ("/media/", "/session/", "/healthz", download_route.PATH)

_GO = """\
// Trades a ticket for the session cookie, gives the cookie up, or fetches a list. The page that draws this script says
// which.
(() => {
  const me = document.currentScript;
  const post = (path, body) => fetch(path, {
    method: "POST", credentials: "same-origin",
    headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
  });
  const say = (words) => { const p = document.getElementById("payerdesk-go"); if (p) p.textContent = words; };
  if (me.dataset.ticket) {
    post("/session/claim", {ticket: me.dataset.ticket})
      .then((answer) => { if (!answer.ok) throw new Error(answer.status); location.reload(); })
      .catch(() => say("Signing in did not work: reload the page and try again."));
  } else if (me.dataset.end) {
    post("/session/end", {}).finally(() => location.replace("/"));
  } else if (me.dataset.download) {
    const link = document.createElement("a");
    link.href = me.dataset.download;
    link.download = "";
    document.body.append(link);
    link.click();
    link.remove();
  }
})();
"""


async def go(_request: Request) -> Response:
    """The one script of ours in the browser."""
    return Response(_GO, media_type="text/javascript")


def healthz(_request: Request) -> Response:
    """200 when the dashboard can serve, 503 when its database does not answer."""
    if not sessions.answers(shared().engine):
        return PlainTextResponse("the database does not answer", 503)
    return PlainTextResponse("ok")


async def front(_request: Request) -> Response:
    """Every page's address answers with the front page."""
    return HTMLResponse(front_page.html(), headers={"Cache-Control": "no-cache"})


async def claim(request: Request) -> Response:
    """A ticket from the sign-in page becomes the session cookie, once, from our own page only."""
    if not _from_our_page(request):
        return PlainTextResponse("forbidden", 403)
    ticket = await _ticket(request)
    ctx = shared()
    cookie = await to_thread.run_sync(sessions.claim, ctx.engine, ticket, ctx.now) if ticket else None
    if cookie is None:
        return PlainTextResponse("this ticket is not valid", 403)
    await to_thread.run_sync(sessions.end, ctx.engine, _cookie(request), ctx.now)
    answer = Response(status_code=204)
    # No end date: it is gone with the browser, and the server ends it before that.
    answer.set_cookie(
        cookie_name(ctx.settings), cookie, path="/", secure=over_https(ctx.settings), httponly=True, samesite="strict"
    )
    return answer


async def end(request: Request) -> Response:
    """Sign out: the session ends here, and the browser forgets its cookie."""
    if not _from_our_page(request):
        return PlainTextResponse("forbidden", 403)
    ctx = shared()
    await to_thread.run_sync(sessions.end, ctx.engine, _cookie(request), ctx.now)
    answer = Response(status_code=204)
    answer.delete_cookie(cookie_name(ctx.settings), secure=over_https(ctx.settings), httponly=True, samesite="strict")
    return answer


async def not_here(_request: Request) -> Response:
    """Any other method on an address of ours: without this, Streamlit would answer with its front page."""
    return PlainTextResponse("method not allowed", 405)


_OTHERS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
ROUTES = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/session/go.js", go, methods=["GET"]),
    Route("/session/claim", claim, methods=["POST"]),
    Route("/session/end", end, methods=["POST"]),
    webhook.ROUTE,
    download_route.ROUTE,
    *(Route(f"/{room.path}", front, methods=["GET"]) for room in ROOMS),
    *(
        Route(path, not_here, methods=_OTHERS)
        for path in ("/healthz", "/session/go.js", "/session/claim", "/session/end")
    ),
]


class Shield:
    """Around everything: closed doors answer 404, downloads and uploads need a live session, every answer carries the
    headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(MutableHeaders(scope=message), path)
            await send(message)

        refused = await _refusal(scope, path)
        await (refused or self._app)(scope, receive, dressed)


MIDDLEWARE = [Middleware(Shield)]


async def _refusal(scope: Scope, path: str) -> Response | None:
    if path.startswith(CLOSED):
        return PlainTextResponse("not found", 404)
    if path.startswith(SIGNED_IN):
        ctx, cookie = shared(), _cookie(HTTPConnection(scope))
        if await to_thread.run_sync(lambda: who(ctx.engine, cookie, ctx.now, touch=False)) is None:
            return PlainTextResponse("sign in first", 401)
    return None


def _dress(headers: MutableHeaders, path: str) -> None:
    headers["Content-Security-Policy"] = policy()
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Frame-Options"] = "DENY"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    if over_https(shared().settings):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if path.startswith(_NEVER_KEPT):
        headers["Cache-Control"] = "no-store"


@cache
def policy() -> str:
    """Scripts from this server only, nothing to or from any other: a name that holds a picture link fetches nothing."""
    return (
        f"default-src 'self'; script-src 'self' {_front_page_scripts()}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _front_page_scripts() -> str:
    """The hashes of the scripts written into the front page; all others are refused."""
    scripts = re.findall(r"<script>(.*?)</script>", front_page.html(), re.DOTALL)
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def _from_our_page(request: Request) -> bool:
    """Whether a POST comes from a page of this very host: a browser says so and no page can make it lie."""
    headers: Headers = request.headers
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    host = headers.get("host", "")
    return bool(host) and urlsplit(headers.get("origin", "")).netloc == host


async def _ticket(request: Request) -> str:
    size = request.headers.get("content-length", "")
    if not size.isascii() or not size.isdigit() or int(size) > 1000:
        return ""
    try:
        found = json.loads(await request.body())["ticket"]
    except (ValueError, TypeError, KeyError):
        return ""
    return found if isinstance(found, str) else ""


def _cookie(request: HTTPConnection) -> str | None:
    return request.cookies.get(cookie_name(shared().settings))
