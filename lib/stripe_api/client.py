"""One client for the whole process: pinned version, short timeouts, one pool of connections, no telemetry.

Questions are repeated by the SDK and, on 429, by us. A change is sent exactly once a call: whether to send it again is
decided by the intent spine, which looks first (reliability of the SDK's own blind repeat: it cannot look).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import requests
import stripe

from lib.stripe_api import errors, pace
from lib.stripe_api.bulk import Bulk
from lib.stripe_api.pace import Pace

VERSION = "2026-10-28.endive"
_PATIENCE = (1.0, 2.0, 4.0)

stripe.enable_telemetry = False


@dataclass(frozen=True)
class Answer:
    """What Stripe said to a change. `replayed`: it had seen this very request before."""

    data: dict[str, Any]
    request_id: str
    replayed: bool


class StripeApi:
    """Stripe's HTTP API through the official SDK, in plain dicts and our own errors."""

    def __init__(
        self,
        client: stripe.StripeClient,
        bulk: Bulk,
        base: str = "",
        sleep: Callable[[float], None] = time.sleep,
        *,
        paced: bool = True,
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._paced = paced
        self.pace = Pace()  # the one pace of this road to Stripe, for questions, changes and lists in bulk
        self._asked = 0
        self.bulk = bulk
        self.base = base  # the server that stands for Stripe; empty for Stripe itself

    @property
    def asked(self) -> int:
        """How many questions this process has put to Stripe: it budgets them by the month."""
        return self._asked + self.bulk.asked

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """One object or one page. Raises NotFound, NotAllowed, Refused or Unavailable."""
        return self._ask("get", path, params)

    def preview(self, path: str, **params: Any) -> dict[str, Any]:
        """A question that Stripe takes as a POST and that changes nothing. Raises as `get` does."""
        return self._ask("post", path, params)

    def _ask(self, method: str, path: str, params: dict[str, Any]) -> dict[str, Any]:
        unread = 0
        for pause in (*_PATIENCE, None):
            self._asked += 1
            try:
                return dict(self._at_pace(method, path, params, max_network_retries=2).data)
            except stripe.StripeError as error:
                # The SDK does not repeat a question whose answer it could not read; to us one more is worth it.
                unread += error.http_status in (None, 200, 500)
                again = error.http_status == 429 or unread == 1
                if pause is None or not again:
                    raise errors.of_read(error) from None
                self._sleep(pause * random.uniform(0.75, 1.25))
        raise AssertionError("unreachable")

    def _at_pace(self, method: str, path: str, params: dict[str, Any], **options: Any) -> Any:
        """One call through the SDK; somebody waits for it at a screen."""
        if not self._paced:
            return self._client.raw_request(method, path, **params, **options)
        endpoint = pace.endpoint(path)
        sent_at = self.pace.take(endpoint, urgent=True)
        try:
            answer = self._client.raw_request(method, path, **params, **options)
        except stripe.StripeError as error:
            # An object in use (lock_timeout) is a 429 too, and says nothing of the pace.
            if error.http_status == 429 and (reason := (error.headers or {}).get("stripe-rate-limited-reason")):
                self.pace.refused(endpoint, sent_at, reason)
            raise
        self.pace.answered(endpoint, sent_at)
        return answer

    def pages(self, path: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
        """Every page of a list, newest first, a hundred objects each."""
        page = self.get(path, limit=100, **params)
        while True:
            yield page["data"]
            if not page["has_more"] or not page["data"]:
                return
            page = self.get(path, limit=100, **params, starting_after=page["data"][-1]["id"])

    def every(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """A whole list, newest first: for lists that are known to be short."""
        return [item for page in self.pages(path, **params) for item in page]

    def send(self, method: str, path: str, params: dict[str, Any], *, key: str) -> Answer:
        """One change, sent once. Raises Refused, NotFound or NotAllowed (certain), Busy (not begun), NotConfirmed
        (unknown).
        """
        options: dict[str, Any] = {"idempotency_key": key} if method == "post" else {}
        try:
            response = self._at_pace(method, path, params, **options, max_network_retries=0)
        except stripe.StripeError as error:
            raise errors.of_write(error) from None
        return Answer(
            dict(response.data), response.request_id or "", response.headers.get("idempotent-replayed") == "true"
        )


def connect(
    key: str, base: str = "", *, http_client: Any = None, sleep: Callable[[float], None] = time.sleep
) -> StripeApi:
    """A client for the real Stripe, or for another server at `base` (a sandbox). A road of the caller's own
    (`http_client`) is walked at the caller's own pace.
    """
    addresses: dict[str, Any] = (
        {"base_addresses": dict.fromkeys(("api", "files", "connect", "meter_events"), base)} if base else {}
    )
    http = http_client or _pool(base)
    client = stripe.StripeClient(key, stripe_version=VERSION, http_client=http, **addresses)
    return StripeApi(client, Bulk(http, key, VERSION, base), base, sleep, paced=http_client is None)


def _pool(base: str) -> stripe.RequestsClient:
    session = requests.Session()
    session.trust_env = not base  # proxies are for the road to Stripe, not for this machine
    adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=64)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return stripe.RequestsClient(timeout=(3, 20), session=session)
