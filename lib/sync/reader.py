"""Reading lists of Stripe at the right pace, and again where an answer was lost: asking changes nothing."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from lib.errors import PayerdeskError, Unavailable
from lib.mirror import store
from lib.settings import Settings
from lib.stripe_api import pace, typed
from lib.stripe_api.client import StripeApi
from lib.stripe_api.errors import Busy

Object = dict[str, Any]
_TRIES, _BUSY_TRIES, _LONGEST = 6, 40, 8.0


@dataclass
class Tally:
    """What reading cost so far."""

    requests: int = 0
    retries: int = 0
    rate_limited: int = 0
    first_requests: int = 0  # until customers and invoices were there; ledgers come after that
    first_seconds: float = 0.0
    _began: float = field(default_factory=time.monotonic, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def told(self) -> dict[str, float]:
        """For the shell."""
        asked = {"requests": self.requests, "retries": self.retries, "rate_limited": self.rate_limited}
        first = {"first_requests": self.first_requests, "first_seconds": round(self.first_seconds, 2)}
        return {**asked, **(first if self.first_requests else {})}

    def usable(self) -> None:
        """Customers and invoices are there."""
        self.first_requests, self.first_seconds = self.requests, time.monotonic() - self._began

    def add(self, **more: int) -> None:
        with self._lock:
            for name, count in more.items():
                setattr(self, name, getattr(self, name) + count)


@dataclass
class Page:
    """Objects as they came (`texts`) and as far as columns need them (`found`); `read_at` is when the read began."""

    kind: str
    read_at: float
    texts: list[bytes]
    found: list[Object]
    more: bool

    def shaped(self, settings: Settings) -> list[store.Shaped]:
        """As they are about to be stored."""
        pairs = zip(self.found, self.texts, strict=True)
        return [store.shaped(obj, self.read_at, settings, text.decode()) for obj, text in pairs]


class Stopped(Exception):
    """Somebody else's reading failed, and with it the whole copy."""


class Reader:
    """Pages of lists. Any number of threads may read at once."""

    def __init__(
        self, api: StripeApi, clock: Callable[[], float], sleep: Callable[[float], None], tally: Tally | None = None
    ) -> None:
        self._api, self._clock, self._sleep = api, clock, sleep
        self._pace, self._leisurely = api.pace, False
        self.tally = tally or Tally()
        self.stopped = threading.Event()

    def leisurely(self) -> Reader:
        """The same reader for what may wait: it takes what others leave of the account's pace, and is stopped alone."""
        other = copy(self)
        other._leisurely, other.stopped = True, threading.Event()
        return other

    def page(self, kind: str, path: str, **params: Any) -> Page:
        """One page of a list. Raises NotFound, NotAllowed, Refused, or Unavailable after several tries."""
        return self._ask(path, lambda body, at: _page(kind, body, at), limit=100, **params)

    def one(self, kind: str, path: str, **params: Any) -> Page:
        """One object, as a page of one. Raises as `page` does."""
        return self._ask(path, lambda body, at: _alone(kind, body, at), **params)

    def every(self, kind: str, path: str, **params: Any) -> list[Page]:
        """A list that is known to be short."""
        return list(self.pages(kind, path, **params))

    def pages(self, kind: str, path: str, **params: Any) -> Iterator[Page]:
        """A list, newest first, page after page as they are wanted."""
        page = self.page(kind, path, **params)
        yield page
        while page.more and page.found:
            page = self.page(kind, path, **params, starting_after=page.found[-1]["id"])
            yield page

    def _ask(self, path: str, read: Callable[[bytes, float], Page], **params: Any) -> Page:
        endpoint, failed, busy = pace.endpoint(path), 0, 0
        while True:
            if self.stopped.is_set():
                raise Stopped
            sent_at = self._pace.take(endpoint, leisurely=self._leisurely)
            read_at = self._clock()
            self.tally.add(requests=1)
            try:
                page = read(self._api.bulk.ask(path, **params), read_at)
            except Busy as refused:
                self._pace.refused(endpoint, sent_at, refused.reason)
                busy += 1
                self._again(refused, busy, _BUSY_TRIES, 0.1)
                self.tally.add(rate_limited=1)
            except Unavailable as away:
                failed += 1
                self._again(away, failed, _TRIES, 0.25 * 2**failed)
            else:
                self._pace.answered(endpoint, sent_at)
                return page

    def _again(self, trouble: PayerdeskError, tried: int, most: int, pause: float) -> None:
        if tried >= most:
            raise trouble
        self.tally.add(retries=1)
        self._sleep(min(_LONGEST, pause) * random.uniform(0.5, 1.5))


def _page(kind: str, body: bytes, read_at: float) -> Page:
    texts, more = typed.page(body)
    return Page(kind, read_at, texts, [typed.read(kind, text) for text in texts], more)


def _alone(kind: str, body: bytes, read_at: float) -> Page:
    try:
        return Page(kind, read_at, [body], [typed.read(kind, body)], False)
    except ValueError:
        raise Unavailable("Stripe's answer could not be read.", "an object that is none") from None
