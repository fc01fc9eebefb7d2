"""How long somebody at a screen waits for Stripe, however many requests their change takes: each request is given what
is left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

CONNECT, LONGEST, LEAST = 3.0, 20.0, 1.0

_this_thread = threading.local()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What this thread asks in here is answered, or given up, after so long at most (and a second). The shorter of two
    counts.
    """
    before = getattr(_this_thread, "until", None)
    until = time.monotonic() + seconds
    _this_thread.until = until if before is None else min(before, until)
    try:
        yield
    finally:
        _this_thread.until = before


def left() -> float:
    """Seconds that are left; LONGEST where nobody has set an end."""
    until = getattr(_this_thread, "until", None)
    return LONGEST if until is None else until - time.monotonic()


class Client(stripe.RequestsClient):
    """The SDK's own client, which waits for an answer no longer than is left."""

    @property
    def _timeout(self) -> tuple[float, float]:
        rest = max(LEAST, min(LONGEST, left()))
        return min(CONNECT, rest), rest

    @_timeout.setter
    def _timeout(self, _given: Any) -> None:
        """The SDK sets what it was made with: nothing."""
