"""Lists as CSV that a spreadsheet opens and adds up, and that runs nothing.

Columns have types: money is a plain decimal made by our own formatter, days are ISO dates, and every other cell that a
spreadsheet would take for a formula is led by an apostrophe (OWASP, CSV injection). UTF-8 with a byte order mark, so
that Excel reads names right.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from lib import dates
from lib.money import Money

BOM = "\ufeff"
# A sign that begins a formula, also behind blanks and marks that nobody sees; and what makes a spreadsheet skip ahead.
_FORMULA = re.compile(r"[\t\r\n\0]|[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")


@dataclass(frozen=True)
class Column:
    """A column: its heading, the field it shows, and its type: text, money, credit, debit, whole, day.

    `money` is minor units of the row's `currency`; `credit` and `debit` are the two sides of a balance signed as
    Stripe signs it.
    """

    title: str
    field: str
    kind: str = "text"


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], zone: ZoneInfo) -> Iterator[bytes]:
    """The file, a piece at a time: memory does not grow with the number of rows."""
    yield BOM.encode() + _line([column.title for column in columns])
    for row in rows:
        yield _line([_cell(row, column, zone) for column in columns])


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _cell(row: Mapping[str, Any], column: Column, zone: ZoneInfo) -> str:
    value = row[column.field]
    if column.kind == "money":
        return "" if value is None else Money(int(value), row["currency"]).plain
    if column.kind in ("credit", "debit"):
        side = max(0, -value if column.kind == "credit" else value)
        return Money(int(side), row["currency"]).plain
    if value is None:
        return ""
    if column.kind == "day":
        return dates.day(int(value), zone).isoformat()
    return str(int(value)) if column.kind == "whole" else safe(str(value))


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode()
