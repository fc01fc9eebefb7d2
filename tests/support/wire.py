"""The road to Stripe, with faults: the official SDK's own HTTP door to a sandbox, which breaks when a test says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import stripe

from lib.sandbox import Sandbox
from lib.sandbox.transport import InProcess

Reply = tuple[str, int, Mapping[str, str]]


@dataclass
class Fault:
    """What happens to matching requests, `times` times: `before` they reach Stripe, or to the answer (`after`)."""

    method: str
    ending: str
    times: int
    before: Callable[[], Reply | None] | None = None
    after: Callable[[Reply], Reply] | None = None

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and method == self.method and path.endswith(self.ending)


class Wire(stripe.HTTPClient):
    """An HTTP client for `stripe.StripeClient`. `asked` is every request that reached Stripe: (method, path)."""

    name = "wire"

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._inner = InProcess(sandbox)
        self._faults: list[Fault] = []
        self.asked: list[tuple[str, str]] = []

    def lose(self, ending: str, *, method: str = "post", times: int = 1) -> None:
        """Stripe does the work; its answer never arrives."""
        self._faults.append(Fault(method, ending, times, after=_lost))

    def lose_all_from(self, ending: str) -> None:
        """Stripe does this one thing; from then on nobody can reach it, until everything is mended."""
        self._faults.append(Fault("post", ending, 1, after=self._down))

    def cut(self, ending: str, *, method: str = "post", times: int = 1) -> None:
        """The request never reaches Stripe, and nobody can tell."""
        self._faults.append(Fault(method, ending, times, before=_cut))

    def garble(self, ending: str, *, status: int = 200, body: str = "<html>") -> None:
        """Stripe does the work; something on the way puts other words in its mouth, once."""
        self._faults.append(Fault("post", ending, 1, after=lambda reply: (body, status, reply[2])))

    def say(self, ending: str, status: int, *, method: str = "post", times: int = 1, **error: str) -> None:
        """Answer in Stripe's place without doing anything: too busy, or the key is no good."""
        body = json.dumps({"error": {"type": "invalid_request_error", "message": "No.", **error}})
        self._faults.append(Fault(method, ending, times, before=lambda: (body, status, {})))

    def then(self, ending: str, do: Callable[[], object], *, method: str = "post") -> None:
        """Just after Stripe has answered, before we hear of it, something else happens."""
        self._faults.append(Fault(method, ending, 1, after=lambda reply: (do(), reply)[1]))

    def hang(self, ending: str, wait: Callable[[], object], *, times: int = 1) -> None:
        """The request is not answered within the time-out; `wait` lets that time pass."""
        self._faults.append(Fault("post", ending, times, before=lambda: (wait(), _cut())[1]))

    def mend(self) -> None:
        """Everything works again."""
        self._faults.clear()

    def writes(self) -> list[str]:
        """The paths of every change that reached Stripe."""
        return [path for method, path in self.asked if method != "get" and not path.endswith("create_preview")]

    def request(self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None) -> Reply:
        path = urlsplit(url).path
        fault = next((found for found in self._faults if found.fits(method, path)), None)
        if fault:
            fault.times -= 1
        if fault and fault.before and (reply := fault.before()):
            return reply
        self.asked.append((method, path))
        reply = self._inner.request(method, url, headers, post_data)
        return fault.after(reply) if fault and fault.after else reply

    def close(self) -> None:
        """The sandbox belongs to whoever opened it."""

    def _down(self, reply: Reply) -> Reply:
        self._faults += [Fault(method, "", 10_000, before=_cut) for method in ("get", "post", "delete")]
        return _lost(reply)

    def _sleep_time_seconds(self, _retries: int) -> float:
        return 0.0


def _lost(_reply: Reply) -> Reply:
    raise stripe.APIConnectionError("the answer was lost", should_retry=True)


def _cut() -> Reply | None:
    raise stripe.APIConnectionError("the line is down", should_retry=True)
