"""The practice's time zone at the edge, Stripe's seconds inside.

A day belongs to the practice's zone (Europe/London unless set): an invoice due "today" is due until that day ends
there, in winter and summer time alike.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


def moment(seconds: int, zone: ZoneInfo) -> datetime:
    """Stripe's seconds as a moment in the practice's zone."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone)


def day(seconds: int, zone: ZoneInfo) -> date:
    """The calendar day of Stripe's seconds in the practice's zone."""
    return moment(seconds, zone).date()


def start_of(when: date, zone: ZoneInfo) -> int:
    """Stripe's seconds at which a day of the practice begins."""
    return int(datetime.combine(when, time.min, zone).timestamp())


def end_of(when: date, zone: ZoneInfo) -> int:
    """Stripe's seconds at which a day of the practice is over: the first second of the next one."""
    return start_of(when + timedelta(days=1), zone)


def noon_of(seconds: int, zone: ZoneInfo) -> int:
    """Noon of the practice's day that these seconds fall on. Adding whole days to it never slips into another day."""
    return _place(seconds, zone)[0]


def month_of(seconds: int, zone: ZoneInfo) -> int:
    """The practice's month that these seconds fall in, as a number: 202611."""
    return _place(seconds, zone)[1]


_DAY, _QUARTER = 86_400, 900  # no zone's clock has ever been moved within a quarter of an hour since Stripe began


def _place(seconds: int, zone: ZoneInfo) -> tuple[int, int]:
    turn, before, after = _turn(seconds // _DAY, zone)
    if turn is None:
        return _quarter(seconds // _QUARTER, zone)
    return before if seconds < turn else after


@lru_cache(maxsize=4096)  # asked several times for every invoice of a copy, which are of a thousand days
def _turn(utc_day: int, zone: ZoneInfo) -> tuple[int | None, tuple[int, int], tuple[int, int]]:
    """When, on a day of UTC, the practice's day ends, with noon and month of that day and of the next; no moment where
    the clocks are moved then.
    """
    first, last = moment(utc_day * _DAY, zone), moment((utc_day + 1) * _DAY, zone)
    days = _noon_and_month(first.date(), zone), _noon_and_month(last.date(), zone)
    moved = first.utcoffset() != last.utcoffset()
    return None if moved else start_of(last.date(), zone), *days


@lru_cache(maxsize=1024)
def _quarter(quarter: int, zone: ZoneInfo) -> tuple[int, int]:
    return _noon_and_month(day(quarter * _QUARTER, zone), zone)


def _noon_and_month(when: date, zone: ZoneInfo) -> tuple[int, int]:
    return int(datetime.combine(when, time(12), zone).timestamp()), when.year * 100 + when.month


def month_start(when: date) -> date:
    """The first day of the month."""
    return when.replace(day=1)


def say_day(seconds: int | None, zone: ZoneInfo) -> str:
    """6 Nov 2026, or nothing."""
    return "" if seconds is None else f"{moment(seconds, zone):%-d %b %Y}"


def say_moment(seconds: int | None, zone: ZoneInfo) -> str:
    """6 Nov 2026, 14:05, or nothing."""
    return "" if seconds is None else f"{moment(seconds, zone):%-d %b %Y, %H:%M}"


def say_age(seconds: float) -> str:
    """How long ago, in words."""
    if seconds < 90:
        return "just now" if seconds < 20 else f"{int(seconds)} seconds ago"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes ago"
    return f"{round(seconds / 3600)} hours ago" if seconds < 172_800 else f"{round(seconds / 86_400)} days ago"
