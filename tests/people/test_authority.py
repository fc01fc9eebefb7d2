from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lib.context import Context
from lib.errors import NotAllowed
from lib.people import PERMISSIONS, ROLES, SHELL, Actor, need, register, sessions, who

ALL = sorted(PERMISSIONS["admin"])


def signed_in(ctx: Context) -> tuple[Context, str]:
    cookie = sessions.begin(ctx.engine, ctx.actor.username, ctx.now)
    return ctx.as_actor(who(ctx.engine, cookie, ctx.now)), cookie


@pytest.mark.parametrize("permission", ALL)
def test_nobody_may_do_nothing(shell: Context, permission: str) -> None:
    with pytest.raises(NotAllowed, match="not signed in"):
        need(shell.as_actor(None), permission)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_it_is_for_and_no_more(person: Callable[..., Context], role: str) -> None:
    ctx = person("mira", role)
    assert {permission for permission in [*ALL, "everything"] if _may(ctx, permission)} == PERMISSIONS[role]


def test_an_actor_that_says_it_is_an_admin_is_believed_only_by_its_username(person: Callable[..., Context]) -> None:
    ctx = person("mira", "viewer")
    liar = replace(ctx, actor=Actor("mira", "Mira", "admin"))
    assert need(liar, "look").role == "viewer"
    assert not _may(liar, "people")


def test_somebody_who_does_not_exist_may_do_nothing(shell: Context) -> None:
    assert not _may(shell.as_actor(Actor("ghost", "Ghost", "admin")), "look")


def test_a_session_speaks_for_its_own_person_only(person: Callable[..., Context]) -> None:
    person("ada", "admin")
    ctx, _cookie = signed_in(person("mira", "viewer"))
    stolen = ctx.as_actor(Actor("ada", "Ada", "admin", ctx.actor.session))
    assert not _may(stolen, "look")


def test_a_role_taken_away_counts_for_an_actor_that_was_made_before(
    person: Callable[..., Context], shell: Context
) -> None:
    ctx, _cookie = signed_in(person("mira", "manager"))
    register.set_role(shell, "mira", "viewer")
    with pytest.raises(NotAllowed, match="no longer signed in"):
        need(ctx, "money")


def test_after_signing_out_an_actor_of_before_may_do_nothing(person: Callable[..., Context]) -> None:
    ctx, cookie = signed_in(person("mira", "manager"))
    assert need(ctx, "money").username == "mira"
    sessions.end(ctx.engine, cookie, ctx.now)
    assert not _may(ctx, "look")


def test_the_command_line_adds_people_and_moves_no_money(shell: Context) -> None:
    assert need(shell, "people") is SHELL
    assert not _may(shell, "money")


def test_an_actor_that_looks_like_the_command_line_is_not_it(shell: Context) -> None:
    assert not _may(shell.as_actor(Actor("shell:", "Command line", "shell")), "people")


def _may(ctx: Context, permission: str) -> bool:
    try:
        need(ctx, permission)
    except NotAllowed:
        return False
    return True
