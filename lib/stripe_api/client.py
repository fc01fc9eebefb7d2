"""One client for the whole process: pinned version, short timeouts, one pool of connections, no telemetry.

Questions are repeated by us: the SDK repeats neither a 429 nor an answer that it could not read, and does not know how
long somebody waits. A change is sent exactly once a call: whether to send it again is decided by the intent spine,
which looks first.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import requests
import stripe

from lib.stripe_api import errors, pace, patience
from lib.stripe_api.bulk import Bulk
from lib.stripe_api.pace import Pace

VERSION = "2026-10-28.endive"
# How often a question is asked once more, and after how long: it changes nothing, whatever became of the first.
_PAUSES = {"busy": (1.0, 2.0, 4.0), "broken": (0.5, 1.0)}

stripe.enable_telemetry = False


@dataclass(frozen=True)
class Answer:
    """What Stripe said to a change."""

    data: dict[str, Any]
    request_id: str


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
        self.threshold = bulk.threshold  # for questions, changes and lists in bulk
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
        with patience.within(patience.LONGEST):
            return self._asked_again(method, path, params)

    def _asked_again(self, method: str, path: str, params: dict[str, Any]) -> dict[str, Any]:
        tried = {"busy": 0, "broken": 0}
        while True:
            self._asked += 1
            try:
                return dict(self._at_pace(method, path, params).data)
            except stripe.StripeError as error:
                trouble = _trouble(error)
                pauses = _PAUSES.get(trouble, ())
                if trouble not in tried or tried[trouble] == len(pauses) or patience.left() < pauses[tried[trouble]]:
                    raise errors.of_read(error) from None
                self._sleep(pauses[tried[trouble]] * random.uniform(0.75, 1.25))
                tried[trouble] += 1

    def _at_pace(self, method: str, path: str, params: dict[str, Any], **options: Any) -> Any:
        """One call through the SDK; somebody waits for it at a screen."""
        self.threshold.cross()
        if not self._paced:
            return self._client.raw_request(method, path, **params, **options, max_network_retries=0)
        endpoint = pace.endpoint(path)
        sent_at = self.pace.take(endpoint, urgent=True)
        try:
            answer = self._client.raw_request(method, path, **params, **options, max_network_retries=0)
        except stripe.StripeError as error:
            # An object in use (lock_timeout) is a 429 too, and says nothing of the pace.
            if error.http_status == 429 and (reason := (error.headers or {}).get("stripe-rate-limited-reason")):
                self.pace.refused(endpoint, sent_at, reason)
            raise
        self.pace.answered(endpoint, sent_at)
        return answer

    @staticmethod
    def within(seconds: float) -> AbstractContextManager[None]:
        """Whatever this thread asks or changes in here has an end after so long: somebody waits at a screen."""
        return patience.within(seconds)

    @staticmethod
    def left() -> float:
        """Seconds until that end."""
        return patience.left()

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
            response = self._at_pace(method, path, params, **options)
        except stripe.StripeError as error:
            raise errors.of_write(error) from None
        return Answer(dict(response.data), response.request_id or "")


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


def _pool(base: str) -> patience.Client:
    session = requests.Session()
    session.trust_env = not base  # proxies are for the road to Stripe, not for this machine
    adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=64)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return patience.Client(session=session)


def _trouble(error: stripe.StripeError) -> str:
    """Why a question was not answered: busy, broken (an answer may come yet), or a no that stays one."""
    if error.http_status == 429:
        return "busy"
    return "broken" if error.http_status in (None, 200, 409) or error.http_status >= 500 else "no"
