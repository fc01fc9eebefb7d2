"""A limit on requests a second."""

from __future__ import annotations

from collections.abc import Callable


class Bucket:
    """Holds one second's worth of requests, and fills as time passes."""

    def __init__(self, rate: int, now: Callable[[], float]) -> None:
        self._rate, self._now = rate, now
        self._left, self._at = float(rate), now()

    def spend(self) -> bool:
        """One request: is there room for it?"""
        now = self._now()
        self._left = min(self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
