"""The "Download CSV" button: nothing is made or written down until it is pressed, and then only a ticket is drawn."""

from __future__ import annotations

import csv
import io
import re

import pytest
from streamlit.testing.v1 import AppTest

from lib.actions import exports
from lib.context import Context
from tests.support import signed_in
from tests.support.builders import add
from tests.support.world import World


@pytest.fixture
def mira(quick: World, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A manager at the screen."""
    return signed_in.sign_in(monkeypatch, quick.ctx, "manager", "mira")


def drawn(search: str = "") -> AppTest:
    """A page with nothing but the button."""
    return AppTest.from_string(
        f"""
from lib.ui import downloads, session

downloads.csv_button(session.context(), "organisations", search={search!r})
"""
    ).run()


def taken(world: World) -> list[str]:
    return [entry.subject for entry in world.audited() if entry.verb == "export:csv"]


def tickets(page: AppTest) -> list[str]:
    return re.findall(r'data-download="/download/(.*?)"', scripts(page))


def scripts(page: AppTest) -> str:
    return "".join(element.proto.body for element in page.get("html"))


def test_the_file_is_what_the_page_shows_and_who_took_it_is_on_record(quick: World, mira: Context) -> None:
    add(quick)
    add(quick, "Bexley School", "office@bexley.example")
    page = drawn("bexley")
    assert tickets(page) == []
    [ticket] = tickets(page.button[0].click().run())
    assert taken(quick) == []
    file = b"".join(exports.fetch(mira, ticket).pieces)
    assert file.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert [row["Organisation"] for row in rows] == ["Bexley School"]
    assert taken(quick) == ["organisations"]


def test_drawing_the_page_anew_fetches_nothing_again(mira: Context) -> None:
    page = drawn()
    first, second = tickets(page.button[0].click().run()), tickets(page.button[0].click().run())
    assert first != second
    assert tickets(page.run()) == []


def test_somebody_whose_role_was_taken_away_gets_no_ticket(quick: World, mira: Context) -> None:
    page = drawn()
    quick.change_person("mira", role="nobody")
    assert tickets(page.button[0].click().run()) == []
    assert len(drawn().button) == 0


def test_a_search_for_a_name_is_not_in_what_the_browser_gets(quick: World, mira: Context) -> None:
    page = drawn("Byrne").button[0].click().run()
    assert len(tickets(page)) == 1
    assert "Byrne" not in scripts(page)
