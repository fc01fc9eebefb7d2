"""The door without a network: an HTTP client for the official SDK that hands requests straight to a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from lib.sandbox.engine import Sandbox
from lib.sandbox.strikes import Broken

TROUBLE = "Unexpected error communicating with Stripe.\n\n(Network error: "


class InProcess(stripe.HTTPClient):
    """`stripe.StripeClient(key, http_client=InProcess(sandbox))`."""

    name = "sandbox"

    def __init__(self, sandbox: Sandbox, *, timeout: float = 80) -> None:
        super().__init__()
        self._sandbox, self._timeout = sandbox, timeout

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[str, int, Mapping[str, str]]:
        """Raises what the SDK's own client raises when the connection breaks."""
        parts = urlsplit(url)
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        sent = headers or {}
        try:
            answer = self._sandbox.handle(method.upper(), parts.path, parts.query, body, sent, patience=self._timeout)
        except Broken as broken:
            raise stripe.APIConnectionError(f"{TROUBLE}{broken})", should_retry=True) from broken
        if answer.whole is not None:
            said = f"{len(answer.body)} bytes read, {answer.whole - len(answer.body)} more expected"
            raise stripe.APIConnectionError(f"{TROUBLE}{said})", should_retry=False)
        return answer.body.decode(), answer.status, {name.lower(): value for name, value in answer.headers.items()}

    def close(self) -> None:
        """The sandbox belongs to whoever opened it."""
