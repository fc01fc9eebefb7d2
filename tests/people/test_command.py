from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from lib.context import Context
from lib.people import check_password, command, register
from tests.people.conftest import GOOD


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put text on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def people(ctx: Context, line: str) -> int:
    return command.run(ctx.as_actor(None), line.split())


def test_a_password_that_breaks_the_rules_adds_nobody_and_says_so_in_one_line(
    shell: Context, typed: Callable, capsys: pytest.CaptureFixture
) -> None:
    typed("short\n")
    assert people(shell, "add mira --role manager --password-stdin") == 1
    assert capsys.readouterr().err.splitlines() == [
        "people add: Use at least 12 characters. Several words in a row are easy to remember."
    ]
    assert not register.anyone(shell)


@pytest.mark.parametrize("line", ["add", "add mira", "add mira --role owner", "role mira", "fire mira", ""])
def test_a_command_that_is_not_understood_exits_with_two(shell: Context, line: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        people(shell, line)
    assert stopped.value.code == 2


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_the_password_from_standard_input_loses_its_line_ending_and_nothing_else(
    shell: Context, typed: Callable, ending: str
) -> None:
    typed(f" {GOOD} {ending}")
    assert people(shell, "add mira --role manager --password-stdin") == 0
    assert check_password(shell.engine, "mira", f" {GOOD} ", shell.now)


def test_the_password_is_asked_twice_where_nobody_pipes_it(shell: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([GOOD, "four plain english wrods", GOOD, GOOD])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    assert people(shell, "add mira --role viewer") == 1
    assert people(shell, "add mira --role viewer") == 0


def test_an_abandoned_prompt_changes_nothing(shell: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(_prompt: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("getpass.getpass", leave)
    assert people(shell, "add mira --role viewer") == 130
    assert not register.anyone(shell)


def test_people_are_listed_with_role_and_state(
    shell: Context, person: Callable[..., Context], capsys: pytest.CaptureFixture
) -> None:
    assert people(shell, "list") == 0
    assert "Nobody yet" in capsys.readouterr().out
    person("ada", "admin")
    person("mira", "manager")
    people(shell, "role mira viewer")
    people(shell, "disable mira")
    capsys.readouterr()
    people(shell, "list")
    assert [line.split()[:3] for line in capsys.readouterr().out.splitlines()] == [
        ["ada", "admin", "active"],
        ["mira", "viewer", "disabled"],
    ]


def test_a_person_who_does_not_exist_is_one_plain_line(shell: Context, capsys: pytest.CaptureFixture) -> None:
    assert people(shell, "disable ghost") == 1
    assert capsys.readouterr().err == "people disable: There is no person with the username ghost.\n"
