from __future__ import annotations

import threading
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from lib.people import guessing
from lib.people.guessing import GUESSES_IN_WINDOW, LONGEST_WAIT, WINDOW, Tally


def guess_wrong(tally: Tally, now: int) -> Tally:
    return tally.trying(now).missed(now)


def test_four_misses_cost_nothing_and_the_fifth_costs_half_a_minute() -> None:
    tally = Tally()
    waits = []
    for _ in range(5):
        tally = guess_wrong(tally, 1000)
        waits.append(tally.wait(1000))
    assert waits == [0, 0, 0, 0, 30]


def test_each_further_miss_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    tally, now, waits = Tally(), 1000, []
    for _ in range(12):
        tally = guess_wrong(tally, now)
        waits.append(tally.until - now if tally.until else 0)
        now += max(tally.wait(now), 1)
    assert waits[4:] == [30, 60, 120, 240, 480, 900, 900, 900]


def test_an_hour_without_a_miss_forgets_the_misses() -> None:
    tally = Tally()
    for _ in range(4):
        tally = guess_wrong(tally, 1000)
    assert guess_wrong(tally, 1000 + guessing.FORGET_AFTER).wait(1000 + guessing.FORGET_AFTER) == 0


def test_the_right_password_forgives_the_misses_and_is_not_counted_itself() -> None:
    tally = guess_wrong(guess_wrong(Tally(), 1000), 1001)
    for now in range(1002, 1040):
        tally = tally.trying(now).got_in(now)
    assert (tally.fails, tally.recent) == (0, (1000, 1001))


@given(st.lists(st.integers(0, 400), max_size=200), st.lists(st.booleans(), min_size=200, max_size=200))
def test_no_five_minutes_ever_hold_more_than_ten_wrong_guesses(pauses: list[int], wrong: list[bool]) -> None:
    tally, now, missed = Tally(), 1000, []
    for pause, is_wrong in zip(pauses, wrong, strict=False):
        now += pause
        if tally.wait(now):
            continue
        tally = tally.trying(now).missed(now) if is_wrong else tally.trying(now).got_in(now)
        missed += [now] if is_wrong else []
    spans = [late - early for early, late in zip(missed, missed[GUESSES_IN_WINDOW:], strict=False)]
    assert all(span >= WINDOW for span in spans)
    assert all(early <= late for early, late in pairwise(missed))


@given(st.integers(0, 1000))
def test_however_often_it_was_missed_the_owner_is_let_in_within_a_quarter_of_an_hour(misses: int) -> None:
    tally, now = Tally(), 1000
    for _ in range(misses):
        tally = guess_wrong(tally, now)
    assert tally.wait(now) <= LONGEST_WAIT


def test_a_burst_of_guesses_at_once_gets_no_more_than_ten_looks(engine: Engine) -> None:
    allowed: list[int] = []
    barrier = threading.Barrier(8)

    def burst() -> None:
        barrier.wait()
        allowed.extend(1 for _ in range(4) if guessing.try_now(engine, "mira", 1000) == 0)

    threads = [threading.Thread(target=burst) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(allowed) == GUESSES_IN_WINDOW
    assert guessing.try_now(engine, "somebody else", 1000) == 0
