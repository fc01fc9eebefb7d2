from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from lib.context import Context
from lib.mirror.database import reading
from lib.people import check_password, register, sessions, tables, who
from tests.people.conftest import GOOD, Clock


@pytest.fixture
def mira(person: Callable[..., Context]) -> Context:
    return person("mira", "manager")


@pytest.fixture
def cookie(mira: Context) -> str:
    """What Mira's browser holds after signing in."""
    return sign_in(mira)


def ticket(ctx: Context) -> str:
    got = check_password(ctx.engine, "mira", GOOD, ctx.now).ticket
    assert got is not None
    return got


def sign_in(ctx: Context) -> str:
    got = sessions.claim(ctx.engine, ticket(ctx), ctx.now)
    assert got is not None
    return got


def seen(ctx: Context, cookie: str | None) -> str | None:
    found = who(ctx.engine, cookie, ctx.now)
    return found.username if found else None


@pytest.mark.parametrize("made_up", [None, "", "x", "mira", "0" * 64])
def test_a_made_up_cookie_is_nobody(mira: Context, made_up: str | None) -> None:
    assert seen(mira, made_up) is None


def test_what_is_stored_of_a_session_or_a_ticket_is_of_no_use_as_one(mira: Context, cookie: str) -> None:
    with reading(mira.engine) as conn:
        stored = [
            *conn.execute(select(tables.sessions.c.id)).scalars(),
            *conn.execute(select(tables.tickets.c.id)).scalars(),
        ]
    assert cookie not in stored
    assert [seen(mira, value) for value in stored] == [None] * 2
    assert [sessions.claim(mira.engine, value, mira.now) for value in stored] == [None] * 2


def test_a_ticket_is_good_once(mira: Context) -> None:
    one = ticket(mira)
    assert sessions.claim(mira.engine, one, mira.now)
    assert sessions.claim(mira.engine, one, mira.now) is None


def test_a_ticket_is_good_for_a_minute(mira: Context, clock: Clock) -> None:
    one = ticket(mira)
    clock.at += sessions.TICKET_LIFE
    assert sessions.claim(mira.engine, one, mira.now) is None


def test_a_ticket_dies_with_a_new_password(mira: Context, shell: Context) -> None:
    one = ticket(mira)
    register.set_password(shell, "mira", "other plain english words")
    assert sessions.claim(mira.engine, one, mira.now) is None


def test_signing_out_ends_the_session_and_no_other(mira: Context, cookie: str) -> None:
    other = sign_in(mira)
    sessions.end(mira.engine, cookie, mira.now)
    sessions.end(mira.engine, cookie, mira.now)
    assert (seen(mira, cookie), seen(mira, other)) == (None, "mira")


@pytest.mark.parametrize(
    "change",
    [
        lambda shell: register.set_role(shell, "mira", "viewer"),
        lambda shell: register.set_password(shell, "mira", "other plain english words"),
        lambda shell: register.disable(shell, "mira"),
    ],
    ids=["role", "password", "disable"],
)
def test_a_new_role_or_password_and_a_disabling_end_every_session(
    mira: Context, shell: Context, cookie: str, change: Callable[[Context], None]
) -> None:
    other = sign_in(mira)
    change(shell)
    assert (seen(mira, cookie), seen(mira, other)) == (None, None)


def test_switching_a_person_on_again_does_not_bring_their_sessions_back(
    mira: Context, shell: Context, cookie: str
) -> None:
    register.disable(shell, "mira")
    register.enable(shell, "mira")
    assert seen(mira, cookie) is None


def test_an_idle_session_ends_and_a_used_one_goes_on(mira: Context, cookie: str, clock: Clock) -> None:
    idle = sign_in(mira)
    for _ in range(3):
        clock.at += sessions.IDLE - 1
        assert seen(mira, cookie) == "mira"
    assert seen(mira, idle) is None


def test_a_screen_that_only_looks_after_itself_does_not_keep_a_session_alive(
    mira: Context, cookie: str, clock: Clock
) -> None:
    for _ in range(sessions.IDLE // 60):
        who(mira.engine, cookie, mira.now, touch=False)
        clock.at += 60
    assert seen(mira, cookie) is None


def test_no_session_lives_longer_than_a_working_day(mira: Context, cookie: str, clock: Clock) -> None:
    born = clock.at
    while clock.at < born + sessions.LONGEST - 600:
        clock.at += 600
        seen(mira, cookie)
    clock.at = born + sessions.LONGEST
    assert seen(mira, cookie) is None
