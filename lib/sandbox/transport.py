"""The door without a network: an HTTP client for the official SDK that hands requests straight to a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from lib.sandbox.engine import Sandbox


class InProcess(stripe.HTTPClient):
    """`stripe.StripeClient(key, http_client=InProcess(sandbox))`."""

    name = "sandbox"

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urlsplit(url)
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        answer = self._sandbox.handle(method.upper(), parts.path, parts.query, body, headers or {})
        return answer.body.decode(), answer.status, {name.lower(): value for name, value in answer.headers.items()}

    def close(self) -> None:
        """The sandbox belongs to whoever opened it."""
