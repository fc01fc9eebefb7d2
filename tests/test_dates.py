"""Days belong to London, in winter and summer time alike."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import dates

LONDON = ZoneInfo("Europe/London")


def _utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-06-30T22:59:59", date(2026, 6, 30)),
        ("2026-06-30T23:00:00", date(2026, 7, 1)),
        ("2026-12-31T23:59:59", date(2026, 12, 31)),
        ("2026-10-25T23:30:00", date(2026, 10, 25)),
        ("2026-03-29T23:30:00", date(2026, 3, 30)),
    ],
)
def test_a_moment_falls_on_a_day_of_london(moment: str, day: date) -> None:
    assert dates.day(_utc(moment), LONDON) == day


@pytest.mark.parametrize(("day", "hours"), [((2026, 10, 25), 25), ((2026, 3, 29), 23), ((2026, 6, 1), 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: tuple[int, int, int], hours: int) -> None:
    assert dates.end_of(date(*day), LONDON) - dates.start_of(date(*day), LONDON) == hours * 3600


@given(st.integers(0, 4_000_000_000), st.integers(0, 365))
def test_so_many_days_after_noon_is_that_many_days_later(seconds: int, days: int) -> None:
    later = dates.noon_of(seconds, LONDON) + days * 86_400
    assert (dates.day(later, LONDON) - dates.day(seconds, LONDON)).days == days


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (40, "40 seconds ago"),
        (120, "2 minutes ago"),
        (7200, "2 hours ago"),
        (3 * 86_400, "3 days ago"),
    ],
)
def test_how_long_ago_is_said_in_words(seconds: int, words: str) -> None:
    assert dates.say_age(seconds) == words


def test_a_day_and_a_moment_are_said_without_a_leading_nought() -> None:
    assert dates.say_day(_utc("2026-11-06T14:05:00"), LONDON) == "6 Nov 2026"
    assert dates.say_moment(_utc("2026-07-06T14:05:00"), LONDON) == "6 Jul 2026, 15:05"
    assert dates.say_day(None, LONDON) == dates.say_moment(None, LONDON) == ""
