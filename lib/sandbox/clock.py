"""The sandbox's own time, in whole seconds, which can be stopped, moved and let go again."""

from __future__ import annotations

import time


class Clock:
    """Runs with the machine until it is set; then it stands still until it is moved or let go."""

    def __init__(self) -> None:
        self._fixed: int | None = None

    def now(self) -> int:
        return int(time.time()) if self._fixed is None else self._fixed

    @property
    def running(self) -> bool:
        """With the machine's own clock."""
        return self._fixed is None

    def set(self, timestamp: int) -> None:
        self._fixed = int(timestamp)

    def advance(self, seconds: int) -> None:
        self._fixed = self.now() + int(seconds)

    def real(self) -> None:
        self._fixed = None
