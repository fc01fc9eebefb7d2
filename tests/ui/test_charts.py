"""The bars of a chart: their length, what is written on them, and what a click on one means."""

from __future__ import annotations

import pytest

from lib.money import Money
from lib.ui import charts
from tests.support.sinks import HOSTILE


def test_a_bar_is_as_long_as_its_amount_and_says_it_to_the_penny() -> None:
    bar = charts._trace(["Acme"], [Money(104505, "gbp")], ["cus_1"], "#000")
    assert (list(bar.x), list(bar.text)) == ([1045.05], ["£1,045.05"])
    bar = charts._trace(["Embassy"], [Money(12000, "jpy")], ["cus_2"], "#000")
    assert (list(bar.x), list(bar.text)) == ([12000], ["¥12,000"])


def test_two_of_one_name_have_a_bar_each() -> None:
    bar = charts._trace(["Acme", "Acme"], [Money(100, "gbp"), Money(200, "gbp")], ["cus_1", "cus_2"], "#000")
    axis = charts._layout("Owed", ["Acme", "Acme"])["yaxis"]
    assert list(bar.y) == [0, 1]
    assert dict(zip(axis["tickvals"], axis["ticktext"], strict=True)) == {0: "Acme", 1: "Acme"}


def test_a_name_in_a_chart_is_neither_html_nor_a_formula() -> None:
    label = charts._plain(f"<b>$x$</b> {HOSTILE}")
    assert "<" not in label
    assert "$" not in label


@pytest.mark.parametrize(
    ("points", "picked"),
    [
        ([], ""),
        ([{"customdata": ["cus_1"]}], "cus_1"),
        ([{"customdata": ["cus_gone"]}], ""),
        ([{"customdata": [""]}], ""),
    ],
)
def test_a_click_picks_the_id_of_a_bar_that_is_there(points: list[dict[str, list[str]]], picked: str) -> None:
    assert charts._picked({"selection": {"points": points}}, ["cus_1", "cus_2", ""]) == picked


def test_a_chart_that_nobody_has_touched_picks_nothing() -> None:
    assert charts._picked(None, ["cus_1"]) == ""
