"""A ticket for a download is good once, for a minute, in the session that asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from lib.context import Context
from lib.mirror.database import reading
from lib.people import Actor, downloads, sessions, tables, who
from tests.people.conftest import Clock

WANTED = '{"report": "invoices"}'


@pytest.fixture
def mira(person: Callable[..., Context]) -> Context:
    return person("mira", "manager")


def signed_in(ctx: Context, username: str = "mira") -> Actor:
    """Somebody in a browser of their own."""
    found = who(ctx.engine, sessions.begin(ctx.engine, username, ctx.now), ctx.now)
    assert found is not None
    return found


def test_a_ticket_is_good_once(mira: Context) -> None:
    actor = signed_in(mira)
    ticket = downloads.mint(mira.engine, actor, WANTED, mira.now)
    assert [downloads.claim(mira.engine, actor, ticket, mira.now) for _ in range(2)] == [WANTED, None]


def test_another_browser_of_the_same_person_gets_nothing_and_spoils_nothing(mira: Context) -> None:
    asked, elsewhere = signed_in(mira), signed_in(mira)
    ticket = downloads.mint(mira.engine, asked, WANTED, mira.now)
    assert downloads.claim(mira.engine, elsewhere, ticket, mira.now) is None
    assert downloads.claim(mira.engine, asked, ticket, mira.now) == WANTED


def test_another_person_gets_nothing(mira: Context, person: Callable[..., Context]) -> None:
    person("vera", "admin")
    ticket = downloads.mint(mira.engine, signed_in(mira), WANTED, mira.now)
    assert downloads.claim(mira.engine, signed_in(mira, "vera"), ticket, mira.now) is None


def test_nobody_else_gets_it_by_claiming_the_session_under_another_name(mira: Context) -> None:
    actor = signed_in(mira)
    ticket = downloads.mint(mira.engine, actor, WANTED, mira.now)
    other = Actor("vera", "Vera", "admin", actor.session)
    assert downloads.claim(mira.engine, other, ticket, mira.now) is None


@pytest.mark.parametrize(("after", "found"), [(0, WANTED), (59, WANTED), (60, None), (3600, None)])
def test_a_ticket_lives_for_a_minute(mira: Context, clock: Clock, after: int, found: str | None) -> None:
    actor = signed_in(mira)
    ticket = downloads.mint(mira.engine, actor, WANTED, mira.now)
    clock.at += after
    assert downloads.claim(mira.engine, actor, ticket, mira.now) == found


@pytest.mark.parametrize("made_up", ["", "x", "0" * 64, "é\ud800"])
def test_a_made_up_ticket_is_nothing(mira: Context, made_up: str) -> None:
    actor = signed_in(mira)
    downloads.mint(mira.engine, actor, WANTED, mira.now)
    assert downloads.claim(mira.engine, actor, made_up, mira.now) is None


def test_what_is_stored_is_of_no_use_as_a_ticket_and_goes_when_it_is_old(mira: Context, clock: Clock) -> None:
    actor = signed_in(mira)
    ticket = downloads.mint(mira.engine, actor, WANTED, mira.now)
    [stored] = kept(mira)
    assert stored != ticket
    assert downloads.claim(mira.engine, actor, stored, mira.now) is None
    clock.at += 60
    downloads.mint(mira.engine, actor, WANTED, mira.now)
    assert stored not in kept(mira)
    assert len(kept(mira)) == 1


def kept(ctx: Context) -> list[str]:
    with reading(ctx.engine) as conn:
        return [*conn.execute(select(tables.downloads.c.id)).scalars()]
