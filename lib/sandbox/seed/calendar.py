"""Eighteen months of working days, played in order: each step at its moment; what lies ahead has not happened.

All times are the practice's own (London), so that a due date at the end of a day is that day in summer and in winter.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
CLOSED = {(12, 25), (12, 26), (1, 1)}


class Clock(Protocol):
    def set(self, timestamp: int) -> object: ...


def moment(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """Unix seconds of a time of day in London."""
    return int(datetime.combine(day, time(hour, minute, second), LONDON).timestamp())


def day_of(timestamp: int) -> date:
    """The day in London."""
    return datetime.fromtimestamp(timestamp, LONDON).date()


def end_of(day: date) -> int:
    """The last second of a day: when an invoice due on it falls due."""
    return moment(day, 23, 59, 59)


def is_working(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in CLOSED


def working_days(first: date, last: date) -> Iterator[date]:
    """Both ends included."""
    days = (first + timedelta(days=count) for count in range((last - first).days + 1))
    return (day for day in days if is_working(day))


def working_day(day: date) -> date:
    """This day, or the nearest working day before it."""
    return day if is_working(day) else working_day(day - timedelta(days=1))


def next_weekday(day: date, weekday: int) -> date:
    """This day, or the first such weekday after it: payers pay in runs."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


class Calendar:
    """Steps by the moment they happen; a step may write further ones."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.end = moment(today, 0, 5)
        self._steps: list[tuple[int, int, Callable[[], object]]] = []
        self._count = 0

    def at(self, when: int, step: Callable[[], object]) -> None:
        """Writes a step down. One that lies beyond the end has not happened yet and is left out."""
        if when <= self.end:
            self._count += 1
            heapq.heappush(self._steps, (when, self._count, step))

    def play(self, clock: Clock) -> None:
        """Every step in order, each at its own time."""
        while self._steps:
            when, _, step = heapq.heappop(self._steps)
            clock.set(when)
            step()
