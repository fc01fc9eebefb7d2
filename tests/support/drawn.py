"""Looking at a page that AppTest has drawn, and touching it: by the words on it, as a person would."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest


def press(drawn: AppTest, label: str) -> AppTest:
    """Press the button with these words on it."""
    assert not drawn.exception
    return labelled(drawn.main.button, label).click().run()


def labelled(found: Any, label: str) -> Any:
    """The one widget of a kind with this label."""
    return next(one for one in found if one.label == label)


def buttons(drawn: AppTest) -> list[str]:
    """The words on every button of the page."""
    return [button.label for button in drawn.main.button]


def pick_rows(drawn: AppTest, *rows: int) -> AppTest:
    """Tick rows of the page's first table."""
    key = drawn.dataframe[0].proto.id.rpartition("-")[2]
    drawn.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return drawn.run()


def table(drawn: AppTest, at: int = 0) -> pd.DataFrame:
    """A table of the page, as it was sent."""
    return drawn.dataframe[at].value


def said(drawn: AppTest) -> str:
    """Everything that the page says in words, boxes and small print included."""
    kinds = (drawn.title, drawn.subheader, drawn.text, drawn.markdown, drawn.caption)
    boxes = (drawn.info, drawn.success, drawn.warning, drawn.error)
    return "\n".join(plain(one.value) for kind in (*kinds, *boxes) for one in kind)


def plain(words: object) -> str:
    """Words without what keeps a name in them from becoming markdown."""
    return str(words).replace("\\", "").replace("\u2060", "")


def figures(drawn: AppTest) -> str:
    """What stands in the page's small tables of labels and amounts, read from left to right."""
    told = " ".join(re.sub(r"<[^>]+>", " ", one.proto.body) for one in drawn.main.get("html"))
    return " ".join(unescape(told).split())
