"""The one gate before every page, with the real main.py and without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from lib.context import Context
from lib.people import register, sessions, who
from lib.ui.rooms import ROOMS
from tests.support.signed_in import PASSWORD, ROOT, add_person, be_at_the_screen, screen, sign_in

FILES = [room.file or room.path.replace("-", "_") for room in ROOMS]


def shows_the_door(drawn: AppTest) -> bool:
    """The sign-in form and nothing else of the house."""
    labels = [field.label for field in drawn.text_input]
    return labels == ["Username", "Password"] and not drawn.dataframe and not drawn.title and not drawn.sidebar.button


@pytest.mark.parametrize("file", FILES)
def test_a_stranger_gets_the_door_on_every_page_and_again_on_every_rerun(
    monkeypatch: pytest.MonkeyPatch, nobody_there: Context, file: str
) -> None:
    be_at_the_screen(monkeypatch, nobody_there, None)
    drawn = screen(file, id="cus_1")
    assert shows_the_door(drawn)
    assert shows_the_door(drawn.run())
    assert not drawn.exception


def test_every_page_on_disk_has_its_place_behind_the_door() -> None:
    assert {path.stem for path in ROOT.glob("pages/*.py")} == set(FILES)


@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_the_settings_are_for_admins(monkeypatch: pytest.MonkeyPatch, nobody_there: Context, role: str) -> None:
    sign_in(monkeypatch, nobody_there, role)
    drawn = screen("settings")
    assert [title.value for title in drawn.title] == ["This page is for admins"]
    assert not drawn.main.button
    assert not drawn.main.text_input


def test_a_role_written_into_the_session_state_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, nobody_there: Context
) -> None:
    sign_in(monkeypatch, nobody_there, "viewer")
    drawn = screen("settings")
    for key, value in {"roles": ["admin"], "role": "admin", "authentication_status": True, "username": "admin"}.items():
        drawn.session_state[key] = value
    drawn.run()
    assert [title.value for title in drawn.title] == ["This page is for admins"]


def test_a_session_state_that_says_signed_in_opens_nothing(
    monkeypatch: pytest.MonkeyPatch, nobody_there: Context
) -> None:
    be_at_the_screen(monkeypatch, nobody_there, None)
    drawn = screen()
    drawn.session_state["authentication_status"] = True
    drawn.session_state["username"] = "admin"
    drawn.run()
    assert not drawn.title
    assert not drawn.sidebar.button


def test_a_new_role_sends_an_open_screen_to_the_door_and_forgets_what_it_held(
    monkeypatch: pytest.MonkeyPatch, nobody_there: Context
) -> None:
    sign_in(monkeypatch, nobody_there, "manager")
    drawn = screen()
    drawn.session_state["a_half_typed_amount"] = "45.00"
    from lib.people import SHELL

    register.set_role(nobody_there.as_actor(SHELL), "mira", "viewer")
    drawn.run()
    assert shows_the_door(drawn)
    assert "session has ended" in drawn.info[0].value
    assert "a_half_typed_amount" not in drawn.session_state


def test_the_sidebar_says_whose_money_it_is_and_who_is_there(
    monkeypatch: pytest.MonkeyPatch, nobody_there: Context
) -> None:
    sign_in(monkeypatch, nobody_there, "manager")
    drawn = screen()
    assert [text.value for text in drawn.sidebar.text] == ["Mira · manager"]
    assert any("Stripe test mode" in element.proto.body for element in drawn.sidebar.get("html"))


def test_signing_out_ends_the_session_in_the_database(monkeypatch: pytest.MonkeyPatch, nobody_there: Context) -> None:
    cookie = sessions.begin(
        nobody_there.engine, add_person(monkeypatch, nobody_there, "viewer", "mira"), nobody_there.now
    )
    be_at_the_screen(monkeypatch, nobody_there, cookie)
    drawn = screen()
    drawn.sidebar.button(key="sign_out").click().run()
    assert shows_the_door(drawn)
    assert who(nobody_there.engine, cookie, nobody_there.now) is None


def test_with_nobody_to_sign_in_the_page_says_how_to_add_the_first(
    monkeypatch: pytest.MonkeyPatch, nobody_there: Context
) -> None:
    be_at_the_screen(monkeypatch, nobody_there, None)
    assert [code.value for code in screen().code] == [".venv/bin/python -m lib people add NAME --role admin"]
    add_person(monkeypatch, nobody_there, "admin", "ada")
    assert not screen().code


def type_in(drawn: AppTest, username: str, password: str) -> AppTest:
    drawn.text_input[0].input(username)
    drawn.text_input[1].input(password)
    return drawn.button[0].click().run()


@pytest.mark.parametrize(("username", "password"), [("mira", "wrong"), ("nobody", PASSWORD), ("mira", f" {PASSWORD}")])
def test_a_wrong_password_and_an_unknown_name_get_one_and_the_same_sentence(
    monkeypatch: pytest.MonkeyPatch, nobody_there: Context, username: str, password: str
) -> None:
    add_person(monkeypatch, nobody_there, "viewer", "mira")
    be_at_the_screen(monkeypatch, nobody_there, None)
    drawn = type_in(screen(), username, password)
    assert [error.value for error in drawn.error] == ["The username or the password is not right."]
    assert shows_the_door(drawn)


def test_after_five_misses_the_sentence_says_how_long_to_wait(
    monkeypatch: pytest.MonkeyPatch, nobody_there: Context
) -> None:
    add_person(monkeypatch, nobody_there, "viewer", "mira")
    be_at_the_screen(monkeypatch, nobody_there, None)
    drawn = screen()
    for _ in range(5):
        type_in(drawn, "mira", "wrong")
    type_in(drawn, "mira", PASSWORD)
    assert "Too many wrong passwords for this username. Wait" in drawn.error[0].value


@pytest.mark.parametrize(("username", "password"), [("", ""), ("mira", ""), ("", PASSWORD), ("  ", PASSWORD)])
def test_an_empty_field_is_asked_for_and_not_counted(
    monkeypatch: pytest.MonkeyPatch, nobody_there: Context, username: str, password: str
) -> None:
    be_at_the_screen(monkeypatch, nobody_there, None)
    drawn = screen()
    for _ in range(6):
        type_in(drawn, username, password)
    assert [error.value for error in drawn.error] == ["Type your username and your password."]


def test_the_right_password_hands_over_a_ticket_and_shows_nothing_yet(
    monkeypatch: pytest.MonkeyPatch, nobody_there: Context
) -> None:
    add_person(monkeypatch, nobody_there, "viewer", "mira")
    be_at_the_screen(monkeypatch, nobody_there, None)
    drawn = type_in(screen(), "MIRA", PASSWORD)
    bodies = [element.proto.body for element in drawn.get("html")]
    assert any("data-ticket" in body for body in bodies)
    assert not drawn.title
    assert not drawn.error
