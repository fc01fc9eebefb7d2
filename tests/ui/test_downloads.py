"""The "Download CSV" button: nothing is made or written down until it is pressed."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from lib.errors import NotAllowed
from lib.ui import downloads
from tests.support.builders import add
from tests.support.world import World


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the button was drawn with."""
    given: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.download_button", lambda label, **options: given.update(label=label, **options))
    return given


def exports(world: World) -> list[str]:
    return [entry.subject for entry in world.audited() if entry.verb == "export:csv"]


def test_the_file_is_what_the_page_shows_and_who_took_it_is_on_record(quick: World, offered: dict[str, Any]) -> None:
    add(quick)
    add(quick, "Bexley School", "office@bexley.example")
    downloads.csv_button(quick.ctx, "organisations", search="bexley")
    assert exports(quick) == []
    file = offered["data"]()
    assert file.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert [row["Organisation"] for row in rows] == ["Bexley School"]
    assert exports(quick) == ["organisations"]


def test_somebody_whose_role_was_taken_away_gets_no_file(quick: World, offered: dict[str, Any]) -> None:
    downloads.csv_button(quick.ctx, "organisations")
    quick.change_person("mira", active=False)
    with pytest.raises(NotAllowed):
        offered["data"]()
    assert exports(quick) == []


def test_nobody_in_particular_is_offered_nothing(quick: World, offered: dict[str, Any]) -> None:
    downloads.csv_button(quick.ctx.as_actor(None), "organisations")
    assert offered == {}
