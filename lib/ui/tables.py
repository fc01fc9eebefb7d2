"""Tables: minor units become money, seconds become days, and picking a row gives an id, never a position.

A table is one screenful, cut in SQL (lib/queries/_paging.py). Its key carries a hash of the ids on it, because a
selection outlives the rows it was made in; what comes back is looked up in the very rows that are shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from lib import dates
from lib.money import Money
from lib.queries import FIRST, Page, Place
from lib.text import shown

_ROW = 35
_STEPS = (
    ("first", "First", "first_page", "before"),
    ("before", "Previous", "chevron_left", "before"),
    ("after", "Next", "chevron_right", "after"),
    ("last", "Last", "last_page", "after"),
)

# Stripe's word, what a manager reads, and a colour.
STATUS = {
    "draft": ("Draft", "gray"),
    "open": ("Open", "blue"),
    "paid": ("Paid", "green"),
    "void": ("Void", "gray"),
    "uncollectible": ("Written off", "orange"),
}


@dataclass(frozen=True)
class Column:
    """A column on the screen: the field, its heading, and how it reads: text, figure (text at the right), money,
    account, position (an account that says when it is settled), whole, day, moment, status.
    """

    field: str
    title: str
    kind: str = "text"
    width: str | int | None = None
    help: str | None = None


def table(
    rows: pd.DataFrame,
    columns: Sequence[Column],
    zone: ZoneInfo,
    *,
    key: str,
    pick: str = "",
    ids: str = "id",
) -> list[str]:
    """Draw rows; returns the ids that are picked. `pick`: "" for none, "single-row" or "multi-row"."""
    told = pd.DataFrame({column.title: _values(rows, column, zone) for column in columns})
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": pick} if pick else {}
    found = st.dataframe(
        _styled(told, rows, columns),
        hide_index=True,
        width="stretch",
        row_height=_ROW,
        height=min(len(rows) + 1, 20) * _ROW + 2,
        placeholder="",
        key=f"{key}.{_fingerprint(rows[ids]) if ids in rows else len(rows)}",
        column_config={column.title: _config(column) for column in columns},
        **options,
    )
    return [str(rows[ids].iloc[at]) for at in found.selection.rows if at < len(rows)] if pick else []


def place(key: str, *shown_by: object) -> Place:
    """Where the screenful asked for begins; at the first row once the filters or the order (`shown_by`) are others.
    Draw the control with `pages`.
    """
    known, where = st.session_state.get(key, (shown_by, FIRST))
    st.session_state[key] = (shown_by, where if known == shown_by else FIRST)
    return st.session_state[key][1]


def pages(key: str, found: Page, noun: str) -> None:
    """Which rows of how many are on the screen, and the way to the others. What the place is made of may be a name: it
    stays on the server and out of the address.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(position(found, noun))
        if found.before or found.after:
            for way, label, icon, there in _STEPS:
                st.button(
                    label,
                    icon=f":material/{icon}:",
                    key=f"{key}.{way}",
                    disabled=not getattr(found, there),
                    on_click=_step,
                    args=(key, found.place(way)),
                )


def position(found: Page, noun: str) -> str:
    """1–50 of 1,244 invoices; "about" where rows have come or gone since they were numbered."""
    shown, about = len(found.keys), "" if found.exact else "about "
    if not shown:
        return f"No {noun}"
    if found.total == shown == 1:
        return f"1 {noun[:-3] + 'y' if noun.endswith('ies') else noun.removesuffix('s')}"
    of = noun if found.total is None else f"of {found.total:,} {noun}"
    if found.start is None:
        return f"The last {shown:,} {of}"
    counted = "" if found.total is not None else ", not counted"
    return f"{about}{found.start:,}–{found.start + shown - 1:,} {of}{counted}"


def _step(key: str, to: Place) -> None:
    shown_by, _ = st.session_state[key]
    st.session_state[key] = (shown_by, to)


def with_state(rows: pd.DataFrame, name: str = "name", deleted: str = "deleted") -> list[str]:
    """Names, with what must be known of a customer that Stripe has no more."""
    pairs = zip(rows[name], rows[deleted], strict=True)
    return [f"{shown(str(who or ''))} (deleted in Stripe)" if gone else str(who or "") for who, gone in pairs]


def say_account(minor: int, currency: str) -> str:
    """A balance in words, from Stripe's sign: £45.00 credit, £45.00 debit, or nothing."""
    return f"{Money(abs(minor), currency)} {'credit' if minor < 0 else 'debit'}" if minor else ""


def _values(rows: pd.DataFrame, column: Column, zone: ZoneInfo) -> pd.Series:
    values = rows[column.field]
    if column.kind in _AMOUNTS:
        told = [
            None if pd.isna(minor) else Money(int(minor), currency).decimal
            for minor, currency in _amounts(rows, column)
        ]
        return pd.Series(told, index=rows.index, dtype=object)
    if column.kind == "whole":
        return pd.to_numeric(values).astype("Int64")
    return pd.Series(
        [_READS.get(column.kind, _text)(value, zone) for value in values.tolist()], index=rows.index, dtype=object
    )


def _amounts(rows: pd.DataFrame, column: Column) -> list[tuple[Any, str]]:
    return list(zip(rows[column.field].tolist(), rows["currency"].tolist(), strict=True))


def _text(value: Any, _zone: ZoneInfo) -> str:
    return shown(value, 200) if isinstance(value, str) else "" if pd.isna(value) else str(value)


def _day(at: Any, zone: ZoneInfo) -> date | None:
    return None if pd.isna(at) else dates.day(int(at), zone)


def _moment(at: Any, zone: ZoneInfo) -> str:
    return "" if pd.isna(at) else dates.say_moment(int(at), zone)


def _status(word: Any, _zone: ZoneInfo) -> list[str]:
    return [STATUS.get(word, (word, "gray"))[0]]


_READS: dict[str, Callable[[Any, ZoneInfo], Any]] = {"day": _day, "moment": _moment, "status": _status}


def _styled(told: pd.DataFrame, rows: pd.DataFrame, columns: Sequence[Column]) -> Styler | pd.DataFrame:
    """Exact numbers underneath, so that a column sorts and aligns as numbers; money on top, each row in its own
    currency. A screen reader reads what is underneath, and a copied cell is that: pounds, never pence.
    """
    amounts = {at: column for at, column in enumerate(columns) if column.kind in _AMOUNTS}
    if not amounts or rows.empty:
        return told
    said = {
        at: [_say(_AMOUNTS[column.kind], *amount) for amount in _amounts(rows, column)]
        for at, column in amounts.items()
    }
    return _worded(told, said)


def _worded(told: pd.DataFrame, said: dict[int, list[str]]) -> Styler:
    """These words in the columns at these places. What pandas does between `format` and what Streamlit takes of it, an
    object for every cell of every column, took a third of a click; tests/ui/test_tables.py reads what is sent.
    """
    styler = told.style
    cells = [
        {"id": f"row{row}_col{at}", "display_value": words}
        for at, column in said.items()
        for row, words in enumerate(column)
    ]
    styler._compute = lambda: styler  # type: ignore[method-assign]
    styler._translate = lambda *_args, **_more: {"body": [cells]}  # type: ignore[method-assign]
    return styler


def _say(how: Callable[[int, str], str], minor: Any, currency: str) -> str:
    return "" if pd.isna(minor) else how(int(minor), currency)


def _money(minor: int, currency: str) -> str:
    return str(Money(minor, currency))


def _position(minor: int, currency: str) -> str:
    return say_account(minor, currency) or "settled"


_AMOUNTS = {"money": _money, "account": say_account, "position": _position}


def _config(column: Column) -> Any:
    common: dict[str, Any] = {"width": column.width, "help": column.help}
    if column.kind == "day":
        return st.column_config.DateColumn(column.title, format="D MMM YYYY", **common)
    if column.kind in (*_AMOUNTS, "whole", "figure"):
        return st.column_config.Column(column.title, alignment="right", **common)
    if column.kind == "status":
        words = list(STATUS.values())
        return st.column_config.MultiselectColumn(
            column.title, options=[word for word, _ in words], color=[colour for _, colour in words], **common
        )
    return st.column_config.TextColumn(column.title, **common)


def _fingerprint(ids: pd.Series) -> str:
    return hashlib.sha256("\n".join(map(str, ids)).encode()).hexdigest()[:12]
