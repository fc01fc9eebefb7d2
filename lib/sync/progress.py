"""How far a copy is, in words for the page and the shell: what came, how much of it that is, how long it will take."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable

from lib.sync.plan import Plan

Say = Callable[[str], None]
_EVERY, _WINDOW = 2.0, 20.0
_MANY = {"customer": "customers", "invoice": "invoices", "ledger": "ledgers"}


class Progress:
    """Counts what came, and looks at the pace of the last seconds."""

    def __init__(self, plan: Plan | None, say: Say, total: int = 0) -> None:
        self.counts: Counter[str] = Counter()
        self._plan, self._say, self._total = plan, say, total
        self._recent: deque[tuple[float, float]] = deque([(time.monotonic(), 0.0)])
        self._pages, self._told = 0.0, 0.0

    def came(self, kind: str, count: int) -> None:
        """So many more are about to be stored."""
        self.counts[kind] += count
        self._pages += 1 if self._plan else count
        self._recent.append((time.monotonic(), self._pages))
        while self._recent[-1][0] - self._recent[0][0] > _WINDOW:
            self._recent.popleft()

    def words(self) -> str:
        """12,300 invoices, 2,000 customers: about 38 %, 2 minutes left."""
        came = ", ".join(f"{count:,} {_MANY[kind]}" for kind, count in sorted(self.counts.items(), reverse=True))
        left = self._left()
        if left is None or not self._pages:
            return came
        share = int(100 * self._pages / (self._pages + left))
        return f"{came}: about {min(share, 99)} %{self._said_left(left)}"

    def tell(self) -> None:
        """Say it, but not all the time."""
        if time.monotonic() - self._told > _EVERY:
            self._told = time.monotonic()
            self._say(self.words())

    def _left(self) -> float | None:
        return self._plan.pages_left() if self._plan else self._total - self._pages

    def _said_left(self, left: float) -> str:
        (first, before), (last, now) = self._recent[0], self._recent[-1]
        if last - first < 1 or now == before:
            return ""
        seconds = left * (last - first) / (now - before)
        return f", {round(seconds / 60)} minutes left" if seconds > 100 else f", {max(1, round(seconds))} seconds left"
