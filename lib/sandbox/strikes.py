"""What goes wrong with one call, at each station of its way: on arrival, at the door, during the work, on the way back.

The work is one transaction, done wholly or not at all, whatever goes wrong around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lib.sandbox import wire
from lib.sandbox.errors import Malformed, Refusal
from lib.sandbox.wire import Answer

if TYPE_CHECKING:
    from lib.sandbox.clock import Clock
    from lib.sandbox.faults import Fault, Faults

TOO_MANY = (
    "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits. We recommend "
    "that you back off and try again."
)
LOCKED = (
    "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. "
    "If you see this error intermittently, retry the request. If you see this error frequently and are making multiple "
    "concurrent requests to a single object, make your requests serially or at a lower rate."
)
WORDS = {500: "An unknown error occurred.", 502: "Bad gateway.", 503: "The service is unavailable for the moment."}
PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
TITLES = {200: "Please wait", 502: "502 Bad Gateway"}


class Broken(Exception):
    """No answer arrives: the connection was reset, the answer was lost, or the caller stopped waiting."""


class Strike:
    """The faults of one call. Without any, every station is passed."""

    def __init__(self, faults: Faults | None, found: list[Fault], patience: float | None = None) -> None:
        self._faults, self._found, self._patience = faults, found, patience
        self.endpoint, self._waited = "", 0.0

    def _all(self, kind: str, when: str = "", pinned: bool | None = None) -> list[Fault]:
        return [
            fault
            for fault in self._found
            if fault.kind == kind and when in ("", fault.when) and pinned in (None, fault.pinned)
        ]

    def _one(self, kind: str, when: str = "", pinned: bool | None = None) -> Fault | None:
        return next(iter(self._all(kind, when, pinned)), None) if self._found else None

    def arrive(self) -> Answer | None:
        """On the way here: waiting, a connection that is reset, a page from something in between."""
        self._wait("latency")
        if self._one("reset"):
            raise Broken("Connection reset by peer")
        fault = self._one("html", "before")
        return _page(fault.status) if fault else None

    def at_door(self, endpoint: str, clock: Clock) -> None:
        """Limits, busy objects, and servers that fail before they begin: nothing is done and no key is used up."""
        if self._faults is None:
            return
        self.endpoint = endpoint
        if fault := self._one("clock"):
            clock.set(fault.to) if fault.to is not None else clock.advance(fault.by)
        if fault := self._one("storm"):
            raise _limited(fault.reason)
        for fault in [*self._all("rate_limit"), *self._all("concurrency")]:
            if self._faults.too_many(fault, endpoint):
                raise _limited(f"{fault.scope}-{'rate' if fault.kind == 'rate_limit' else 'concurrency'}")
        if self._one("lock_timeout"):
            raise Malformed(LOCKED, status=429, code="lock_timeout", headers={"Stripe-Should-Retry": "true"})
        if fault := self._one("error", "before", pinned=False):
            raise Malformed(WORDS[fault.status], status=fault.status, kind="api_error")

    def takes(self, kind: str) -> bool:
        """Is the key taken away, or a permission of it?"""
        return self._one(kind) is not None

    def begin(self) -> None:
        """Work has begun and fails at once: the idempotency key remembers that."""
        if fault := self._one("error", "before", pinned=True):
            raise Refusal(WORDS[fault.status], status=fault.status, kind="api_error", headers=no_retry(fault.status))

    def outcome(self, text: str, request_id: str) -> tuple[int, str, dict[str, str]]:
        """The work is done: what is answered, and remembered under the key."""
        fault = self._one("error", "after", pinned=True)
        return (fault.status, _failed(fault.status, request_id), no_retry(fault.status)) if fault else (200, text, {})

    def linger(self) -> None:
        """The work is done and its key is still in use."""
        self._wait("slow")

    def deliver(self, answer: Answer) -> Answer:
        """On the way back."""
        if self._patience is not None and self._waited > self._patience:
            raise Broken("Read timed out.")
        if self._one("lost"):
            raise Broken("Remote end closed connection without response")
        if fault := self._one("error", "after", pinned=False):
            text = _failed(fault.status, answer.headers.get("Request-Id", ""))
            return Answer(fault.status, answer.headers, text.encode())
        if fault := self._one("html", "after"):
            return _page(fault.status)
        if fault := self._one("truncated"):
            kept = len(answer.body) // 2 if fault.keep is None else min(fault.keep, len(answer.body) - 1)
            return Answer(answer.status, answer.headers, answer.body[:kept], whole=len(answer.body))
        return answer

    def _wait(self, kind: str) -> None:
        """As long as the fault says, or as the caller has patience."""
        for fault in self._all(kind):
            delay = fault.delay()
            left = delay if self._patience is None else min(delay, max(0.0, self._patience - self._waited))
            self._waited += delay
            if self._faults:
                self._faults.wait(left)

    def end(self) -> None:
        if self._faults:
            self._faults.end(self)


NOTHING = Strike(None, [])


def _limited(reason: str) -> Malformed:
    return Malformed(TOO_MANY, status=429, code="rate_limit", headers={"Stripe-Rate-Limited-Reason": reason})


def no_retry(status: int) -> dict[str, str]:
    """A failure that is remembered would only be told again."""
    return {"Stripe-Should-Retry": "false"} if status >= 500 else {}


def _failed(status: int, request_id: str) -> str:
    return wire.dump({"error": Refusal(WORDS[status], status=status, kind="api_error").error(request_id)})


def _page(status: int) -> Answer:
    return Answer(status, {"Content-Type": "text/html"}, PAGE.format(TITLES[status]).encode())
