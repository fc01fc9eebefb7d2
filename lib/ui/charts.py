"""Bars that can be clicked: what stands behind a bar comes back as its id.

Plotly reads a little HTML in its labels, so names are escaped. Amounts become floats here, at the edge of the screen,
for the length of a bar; what is written on it is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from lib.money import Money
from lib.text import shown

_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


def bars(
    title: str,
    labels: Sequence[str],
    amounts: Sequence[Money],
    ids: Sequence[str],
    *,
    key: str,
    colour: str,
    drawn: bool = True,
) -> str:
    """Draw one horizontal bar a label, or keep its room for the next time; returns the id of the bar that is picked,
    or nothing.
    """
    if not drawn:
        st.space(_height(labels))
        return ""
    names = [_plain(label) for label in labels]
    figure = go.Figure(_trace(names, amounts, ids, colour), layout=_layout(title, names))
    event = st.plotly_chart(figure, key=key, on_select="rerun", selection_mode="points", config=_CONFIG, alt=title)
    return _picked(event, ids)


def _trace(labels: Sequence[str], amounts: Sequence[Money], ids: Sequence[str], colour: str) -> go.Bar:
    # Bars stand at numbers: two organisations of one name would lie on top of each other.
    return go.Bar(
        x=[float(amount.decimal) for amount in amounts],
        y=list(range(len(labels))),
        hovertext=list(labels),
        customdata=[[found] for found in ids],
        text=[str(amount) for amount in amounts],
        textposition="auto",
        orientation="h",
        marker={"color": colour},
        hovertemplate="%{hovertext}: %{text}<extra></extra>",
    )


def _layout(title: str, labels: Sequence[str]) -> dict[str, Any]:
    names = {"tickmode": "array", "tickvals": list(range(len(labels))), "ticktext": list(labels), "ticksuffix": "  "}
    return {
        "title": {"text": title, "font": {"size": 15}, "x": 0, "xref": "container", "pad": {"l": 2}},
        "height": _height(labels),
        "margin": {"l": 4, "r": 12, "t": 44, "b": 8},
        "xaxis": {"visible": False, "fixedrange": True},
        "yaxis": {"autorange": "reversed", "fixedrange": True, "automargin": True, "title": None, **names},
        "dragmode": False,
        "clickmode": "event+select",
        "bargap": 0.28,
    }


def _height(labels: Sequence[str]) -> int:
    return 96 + 30 * max(len(labels), 3)


def _plain(label: str) -> str:
    return escape(shown(label, 30)).replace("$", "&#36;")


def _picked(event: Any, ids: Sequence[str]) -> str:
    """A click outlives the bar it was made on: one that is not drawn any more picks nothing."""
    points = event["selection"]["points"] if event else []
    found = str(points[0]["customdata"][0]) if points else ""
    return found if found in set(ids) else ""
