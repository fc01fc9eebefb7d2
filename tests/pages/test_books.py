"""Settings, Books: what nobody can explain stands there with its figures, and an admin may agree to it."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from lib.errors import Refused
from lib.mirror.database import writing
from lib.sync import nightly, state
from lib.sync.differences import Difference, keep
from tests.support.drawn import buttons, labelled, press, said
from tests.support.signed_in import screen, sign_in
from tests.support.sinks import HOSTILE, raw_names
from tests.support.world import World
from tests.torture.drifts import credit

LEDGER = "The entries come to £5.00 debit, and the balance stands at £7.00 credit."


@pytest.fixture
def world(quick: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A practice whose books are whole; the admin Ada sits at the screen."""
    url = quick.ctx.engine.url.render_as_string()
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, database_url=url))
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "admin", "ada")
    return quick


def books() -> AppTest:
    drawn = screen("settings")
    drawn.session_state["settings.tab"] = "Books"
    return drawn.run()


def differ(world: World, name: str = "Acme Ltd") -> str:
    """Somebody whose ledger does not add up, whatever is read."""
    customer = world.customer(name)
    world.sync()
    found = Difference("ledger", f"{customer}:gbp", customer, {"ours": 500, "theirs": -700, "currency": "gbp"})
    with writing(world.ctx.engine) as conn:
        keep(conn, [found], world.ctx.now)
    return customer


def pick(drawn: AppTest, row: int = 0) -> AppTest:
    """Tick a row of the table of differences, which comes after those of people and settings."""
    shown = next(one for one in drawn.dataframe if "What differs" in one.value.columns)
    key = shown.proto.id.rpartition("-")[2]
    drawn.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return drawn.run()


def test_before_the_first_comparison_it_says_that_there_was_none(world: World) -> None:
    drawn = books()
    assert [metric.value for metric in drawn.metric][:2] == ["not yet compared", "0"]
    assert "Nothing waits for you." in said(drawn)
    assert "Agree" not in buttons(drawn)


def test_an_admin_has_the_books_compared_and_sees_when_and_how_they_stand(world: World) -> None:
    drawn = press(books(), "Compare now")
    assert "The result shows here in a minute or so." in said(drawn)
    assert labelled(drawn.main.button, "Compare now").disabled
    nightly.run(world.ctx, threading.Event())
    drawn = books()
    assert drawn.metric[0].value == "100.00 %"
    assert "Compared 16 Nov 2026, 12:00" in said(drawn)


def test_a_difference_stands_there_with_both_figures_until_somebody_agrees(world: World) -> None:
    customer = differ(world)
    with pytest.raises(Refused):
        credit(world, customer, 100)
    drawn = books()
    shown = next(one.value for one in drawn.dataframe if "What differs" in one.value.columns)
    assert shown[["About", "What differs", "Stripe ID"]].to_numpy().tolist() == [["Acme Ltd", LEDGER, customer]]
    assert "Agree" not in buttons(drawn)
    drawn = press(pick(drawn), "Agree")
    assert "Agreed. It can be changed again." in said(drawn)
    credit(world, customer, 100)


def test_what_has_come_right_meanwhile_needs_nobodys_agreement(world: World) -> None:
    differ(world)
    drawn = pick(books())
    with writing(world.ctx.engine) as conn:
        keep(conn, [], world.ctx.now)
    drawn = press(drawn, "Agree")
    assert "Nothing waits for you." in said(drawn)


def test_an_admin_whose_role_was_taken_away_meanwhile_agrees_to_nothing(world: World) -> None:
    customer = differ(world)
    drawn = pick(books())
    world.change_person("ada", role="manager")
    press(drawn, "Agree")
    with pytest.raises(Refused):
        credit(world, customer, 100)


def test_a_name_never_becomes_markdown_in_the_books(world: World) -> None:
    differ(world, HOSTILE)
    drawn = pick(books())
    assert raw_names(drawn) == []


def test_what_the_nightly_look_found_is_said_and_the_log_is_read_on_demand(world: World) -> None:
    found = [
        {"name": "audit log", "state": "wrong", "words": "Entry 7 was altered, lost or moved."},
        {"name": "backup", "state": "unknown", "words": "No backup was ever made: python -m lib backup."},
    ]
    with writing(world.ctx.engine) as conn:
        state.remember(conn, doctor=json.dumps({"at": world.ctx.now, "findings": found}))
    drawn = screen("settings")
    drawn.session_state["settings.tab"] = "Audit log"
    drawn = drawn.run()
    assert "Wrong. Audit log: Entry 7 was altered, lost or moved." in said(drawn)
    assert "Not known. Backup: No backup was ever made" in said(drawn)
    assert "Every entry stands as it was written" not in said(drawn)
    assert "Every entry stands as it was written" in said(press(drawn, "Read every entry now"))
