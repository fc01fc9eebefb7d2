"""Listens to a browser window: what it says on its console, and whom it asks for anything."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

# On a deep link Streamlit's front page first looks for its server below the page's own path, and does not find it.
STREAMLITS_OWN = ("/_stcore/health", "/_stcore/host-config")
LOOPBACK = {"127.0.0.1", "localhost", "::1", None}


def listen(context: BrowserContext, complaints: list[str]) -> None:
    """Write down console errors, uncaught exceptions and requests to other machines, which are not let through."""

    def on_console(message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not url.endswith(STREAMLITS_OWN):
            complaints.append(f"console: {message.text} ({url})")

    def on_exception(error: WebError) -> None:
        complaints.append(f"exception: {error.error}")

    def on_request(request: Request) -> None:
        if urlsplit(request.url).hostname not in LOOPBACK:
            complaints.append(f"asked another machine: {request.url}")

    context.on("console", on_console)
    context.on("weberror", on_exception)
    context.on("request", on_request)
    context.route(lambda url: urlsplit(url).hostname not in LOOPBACK, lambda route: route.abort())
