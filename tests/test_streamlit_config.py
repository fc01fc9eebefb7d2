"""What .streamlit/config.toml ships: options that exist, doors that are shut, and colours that can be read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit import config

SHIPPED = tomllib.loads((Path(__file__).parents[1] / ".streamlit" / "config.toml").read_text("utf-8"))
SHUT = {
    "server.address": "127.0.0.1",
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.enableStaticServing": False,
    "server.enableAgentApi": False,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 1,
    "server.trustedUserHeaders": {},
    "server.unsafeMetricsUserAttributes": [],
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.disableDataExport": True,
    "runner.magicEnabled": False,
    "browser.gatherUsageStats": False,
}


def options(table: dict[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        path = f"{start}{name}"
        if isinstance(value, dict) and value:
            yield from options(value, f"{path}.")
        else:
            yield path, value


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours, from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_option_is_one_that_streamlit_knows_and_takes() -> None:
    config.get_config_options()
    shipped = dict(options(SHIPPED))
    assert set(shipped) <= set(config._config_options_template)
    assert {name: config.get_option(name) for name in shipped} == shipped


def test_what_streamlit_leaves_open_is_shut() -> None:
    shipped = dict(options(SHIPPED))
    assert {name: shipped.get(name) for name in SHUT} == SHUT


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("part", ["main", "sidebar"])
def test_text_and_links_can_be_read_by_day_and_by_night(mode: str, part: str) -> None:
    theme = SHIPPED["theme"][mode]
    ground = theme if part == "main" else theme["sidebar"]
    for text, behind in (
        ("textColor", "backgroundColor"),
        ("textColor", "secondaryBackgroundColor"),
        ("linkColor", "backgroundColor"),
        ("dataframeHeaderTextColor", "dataframeHeaderBackgroundColor"),
    ):
        assert contrast(ground[text], ground[behind]) >= 7, (mode, part, text, behind)
    assert contrast(ground["primaryColor"], "#ffffff") >= 4.5, "the words on a primary button are white"
    assert contrast(ground["primaryColor"], ground["backgroundColor"]) >= 3


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_messages_badges_and_bars_stand_out_by_day_and_by_night(mode: str) -> None:
    theme = SHIPPED["theme"][mode]
    for name in ("red", "orange", "yellow", "green", "blue", "violet", "gray"):
        assert contrast(theme[f"{name}TextColor"], theme[f"{name}BackgroundColor"]) >= 4.5, name
    assert all(contrast(colour, theme["backgroundColor"]) >= 3 for colour in theme["chartCategoricalColors"])


def test_day_and_night_say_the_same_things() -> None:
    light, dark = SHIPPED["theme"]["light"], SHIPPED["theme"]["dark"]
    assert light.keys() == dark.keys()
    assert light["sidebar"].keys() == dark["sidebar"].keys()
