from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import audit
from lib.people import check_password, passwords, register
from tests.people.conftest import GOOD, Clock


def audited(ctx: Context) -> list[tuple[str, str]]:
    with reading(ctx.engine) as conn:
        return [(row.verb, row.subject) for row in conn.execute(select(audit).order_by(audit.c.seq))]


def test_a_wrong_password_and_a_name_that_nobody_has_get_the_same_answer(person: Callable[..., Context]) -> None:
    ctx = person("mira", "manager")
    wrong = check_password(ctx.engine, "mira", "not the right words", ctx.now)
    nobody = check_password(ctx.engine, "nobody", "not the right words", ctx.now)
    assert wrong == nobody
    assert not wrong


def test_a_name_that_nobody_has_slows_down_like_one_that_somebody_has(person: Callable[..., Context]) -> None:
    ctx = person("mira", "manager")
    answers = [[check_password(ctx.engine, name, "wrong", ctx.now) for _ in range(7)] for name in ("mira", "nobody")]
    assert answers[0] == answers[1]
    assert answers[0][-1].wait == 30


def test_during_the_wait_even_the_right_password_is_not_looked_at(person: Callable[..., Context], clock: Clock) -> None:
    ctx = person("mira", "manager")
    for _ in range(5):
        check_password(ctx.engine, "mira", "wrong", ctx.now)
    assert not check_password(ctx.engine, "mira", GOOD, ctx.now)
    clock.at += 30
    assert check_password(ctx.engine, "mira", GOOD, ctx.now)


def test_the_username_may_be_typed_in_capitals_and_the_password_may_not(person: Callable[..., Context]) -> None:
    ctx = person("mira", "manager")
    assert check_password(ctx.engine, " Mira ", GOOD, ctx.now)
    assert not check_password(ctx.engine, "mira", GOOD.upper(), ctx.now)
    assert not check_password(ctx.engine, "mira", f" {GOOD} ", ctx.now)


def test_a_disabled_person_does_not_get_in(person: Callable[..., Context], shell: Context) -> None:
    ctx = person("mira", "manager")
    register.disable(shell, "mira")
    assert not check_password(ctx.engine, "mira", GOOD, ctx.now)


@pytest.mark.parametrize("odd", ["", " ", "x" * 10_000, "'; drop table users; --", "\x00", "\ud800", "😀"])
def test_odd_input_is_only_wrong(person: Callable[..., Context], odd: str) -> None:
    ctx = person("mira", "manager")
    assert not check_password(ctx.engine, odd, odd, ctx.now)
    assert not check_password(ctx.engine, "mira", odd, ctx.now)


def test_a_miss_is_written_down_without_what_was_typed(person: Callable[..., Context]) -> None:
    ctx = person("mira", "manager")
    check_password(ctx.engine, "mira", "wrong", ctx.now)
    check_password(ctx.engine, "hunter2hunter2", "mira", ctx.now)
    assert audited(ctx)[1:] == [("people:miss", "mira"), ("people:miss", "")]


@pytest.mark.slow
def test_the_time_it_takes_does_not_say_who_exists(
    person: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "COST", 10)
    ctx = person("mira", "manager")

    def took(name: str) -> float:
        began = time.process_time()
        check_password(ctx.engine, name, "wrong", ctx.now)
        return time.process_time() - began

    known, unknown = [took("mira") for _ in range(5)], [took("nobody") for _ in range(5)]
    assert 0.5 < statistics.median(known) / statistics.median(unknown) < 2
