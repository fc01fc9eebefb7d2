from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from lib.audit import first_broken
from lib.context import Context
from lib.errors import NotAllowed, NotFound, Refused
from lib.mirror.database import reading
from lib.mirror.ours import audit
from lib.people import check_password, demo, register
from tests.people.conftest import GOOD

OTHER = "other plain english words"


def test_a_new_database_has_nobody_in_it(shell: Context) -> None:
    assert not register.anyone(shell)
    assert register.table(shell).empty


@pytest.mark.parametrize("odd", ["", " ", "two words", "-dash", "shell:", "müller", "a" * 65, "a\nb", "../x"])
def test_an_odd_username_is_refused(shell: Context, odd: str) -> None:
    with pytest.raises(Refused) as refused:
        register.add(shell, odd, GOOD, "viewer")
    assert refused.value.field == "username"


def test_an_unknown_role_is_refused(shell: Context) -> None:
    with pytest.raises(Refused, match="viewer, manager, admin"):
        register.add(shell, "mira", GOOD, "owner")


def test_a_username_that_exists_is_refused_in_any_case_and_nothing_is_changed(person: Callable[..., Context]) -> None:
    ctx = person("mira", "admin")
    with pytest.raises(Refused, match="already"):
        register.add(ctx, "MIRA", OTHER, "viewer")
    assert check_password(ctx.engine, "mira", GOOD, ctx.now)


@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_only_an_admin_looks_after_people(person: Callable[..., Context], role: str) -> None:
    person("ada", "admin")
    ctx = person("mira", role)
    for attempt in (
        lambda: register.add(ctx, "new", GOOD, "viewer"),
        lambda: register.set_role(ctx, "mira", "admin"),
        lambda: register.set_password(ctx, "ada", OTHER),
        lambda: register.disable(ctx, "ada"),
        lambda: register.enable(ctx, "ada"),
        lambda: register.table(ctx),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert len(register.table(replace(ctx, actor=register.Actor("ada", "Ada", "admin")))) == 2


def test_the_last_admin_can_neither_be_disabled_nor_demoted(person: Callable[..., Context]) -> None:
    ctx = person("ada", "admin")
    with pytest.raises(Refused, match="last admin"):
        register.disable(ctx, "ada")
    with pytest.raises(Refused, match="last admin"):
        register.set_role(ctx, "ada", "viewer")
    person("alma", "admin")
    register.disable(ctx, "alma")
    assert register.table(ctx).set_index("username").active.to_dict() == {"ada": True, "alma": False}


def test_a_person_who_does_not_exist_cannot_be_changed(shell: Context) -> None:
    with pytest.raises(NotFound, match="no person with the username ghost"):
        register.set_role(shell, "Ghost", "viewer")


def test_a_new_password_replaces_the_old_one_and_keeps_the_rules(
    person: Callable[..., Context], shell: Context
) -> None:
    ctx = person("mira", "viewer")
    with pytest.raises(Refused):
        register.set_password(shell, "mira", "short")
    register.set_password(shell, "mira", OTHER)
    assert not check_password(ctx.engine, "mira", GOOD, ctx.now)
    assert check_password(ctx.engine, "mira", OTHER, ctx.now)


def test_ones_own_password_is_changed_by_whoever_knows_it(person: Callable[..., Context]) -> None:
    ctx = person("mira", "viewer")
    with pytest.raises(Refused, match="current password is not right"):
        register.change_own_password(ctx, "wrong", OTHER)
    register.change_own_password(ctx, GOOD, OTHER)
    assert check_password(ctx.engine, "mira", OTHER, ctx.now)


def test_everything_that_is_done_to_people_is_audited_with_who_did_it(
    person: Callable[..., Context], shell: Context
) -> None:
    ctx = person("ada", "admin")
    person("mira", "viewer")
    register.set_role(ctx, "mira", "manager")
    register.set_password(ctx, "mira", OTHER)
    register.disable(ctx, "mira")
    register.enable(ctx, "mira")
    with reading(ctx.engine) as conn:
        rows = conn.execute(select(audit).order_by(audit.c.seq)).all()
        assert first_broken(conn) is None
    assert [(row.actor, row.verb, row.subject) for row in rows] == [
        ("shell:", "people:add", "ada"),
        ("shell:", "people:add", "mira"),
        ("ada", "people:role", "mira"),
        ("ada", "people:password", "mira"),
        ("ada", "people:disable", "mira"),
        ("ada", "people:enable", "mira"),
    ]
    assert not any(word in row.detail for row in rows for word in (OTHER, GOOD, "$2b$"))


def test_the_demo_people_exist_in_the_sandbox_only(shell: Context) -> None:
    demo.settle(shell)
    assert not register.anyone(shell)
    assert demo.shown(shell) == []


def test_the_demo_people_get_in_with_the_passwords_that_are_shown(shell: Context) -> None:
    sandbox = replace(shell, settings=replace(shell.settings, mode="sandbox"))
    demo.settle(sandbox)
    demo.settle(sandbox)
    shown = demo.shown(sandbox)
    assert [username for username, _ in shown] == ["viewer", "manager", "admin"]
    assert all(check_password(sandbox.engine, username, password, sandbox.now) for username, password in shown)


def test_a_demo_person_with_a_password_of_their_own_is_no_longer_shown(shell: Context) -> None:
    sandbox = replace(shell, settings=replace(shell.settings, mode="sandbox"))
    demo.settle(sandbox)
    register.set_password(sandbox, "admin", OTHER)
    demo.settle(sandbox)
    assert [username for username, _ in demo.shown(sandbox)] == ["viewer", "manager"]


def test_demo_people_in_a_database_that_is_no_longer_a_demo_are_switched_off(shell: Context) -> None:
    demo.settle(replace(shell, settings=replace(shell.settings, mode="sandbox")))
    demo.settle(shell)
    assert not register.anyone(shell)
