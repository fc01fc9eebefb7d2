"""What stands in the cells of a CSV: a column of values becomes a column of text, at the speed of a million rows.

Most columns repeat themselves, so what was written before is looked up. Only a cell that could matter is looked at by
itself: one in a column where something begins like a formula, or holds a mark that needs quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from lib import dates, money

# A sign that begins a formula, also behind blanks and marks that nobody sees; and what makes a spreadsheet skip ahead.
_BLANKS, _SIGNS = r"\s\x00-\x1f\u200b-\u200f\u2060\ufeff", r"=+\-@＝＋－＠"
_FORMULA = re.compile(rf"[\t\r\n\0]|[{_BLANKS}]*[{_SIGNS}]")
_BEGINS_ONE = re.compile(rf"[{_BLANKS}{_SIGNS}]")
# The same behind a mark at which another country's spreadsheet, or a paste, cuts a line: it sees no quotes around ours.
_CUT_OUT = re.compile(rf'[;\t\r\n](?=[{_BLANKS}"]*[{_SIGNS}])')
_first = itemgetter(slice(1))
_DAY = 86_400
_KEPT = 20_000


@dataclass(frozen=True)
class Column:
    """A column: its heading, the field it shows, and its type: text, money, credit, debit, whole, yes, day, moment
    (UTC).

    `money` is minor units of the row's `currency`; `credit` and `debit` are the two sides of a balance signed as
    Stripe signs it; `yes` says yes where it is so, and nothing where it is not.
    """

    title: str
    field: str
    kind: str = "text"


class Cells:
    """The cells of one file. `texts` writes a column of a batch, whose columns are found by their field."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._midnights = _Known(partial(_midnight, zone))
        self._whole = _Known(lambda value: "" if value is None else str(int(value)))
        self._amounts: dict[tuple[str, int], _Known] = {}

    def texts(self, column: Column, batch: Mapping[str, Sequence[Any]]) -> Sequence[str]:
        """The cells of one column, ready to stand between commas."""
        values = batch[column.field]
        if column.kind == "text":
            return quoted(_safe_texts(values))
        if column.kind == "yes":
            return ["yes" if so else "" for so in values]
        if column.kind == "day":
            return self._days(values)
        if column.kind == "moment":
            return ["" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" for at in values]
        if column.kind == "whole":
            return [*map(self._whole.__getitem__, values)]
        return self._money(column.kind, values, batch["currency"])

    def _money(self, kind: str, values: Sequence[Any], currencies: Sequence[str]) -> list[str]:
        places = {currency: money.exponent(currency) for currency in set(currencies)}
        if len(set(places.values())) == 1:
            return [*map(self._written(kind, places[currencies[0]]).__getitem__, values)]
        known = {currency: self._written(kind, places[currency]) for currency in places}
        return [known[currency][value] for currency, value in zip(currencies, values, strict=True)]

    def _written(self, kind: str, places: int) -> _Known:
        return self._amounts.setdefault((kind, places), _Known(partial(_amount, kind, places)))

    def _days(self, values: Sequence[Any]) -> list[str]:
        found = self._midnights
        return [
            "" if at is None else (turn := found[at // _DAY])[1 + (at >= turn[0])]  # the day before midnight, or after
            for at in values
        ]


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula, wherever it cuts a line."""
    return _safe_within(_safe_begun(text))


def quoted(texts: Sequence[str]) -> Sequence[str]:
    """Text in quotes where a comma, a quote, or something else that a spreadsheet cuts at stands in it."""
    every = "".join(texts)
    cut = _may_be_cut(every)
    if not (cut or "," in every or '"' in every):
        return texts
    return [
        '"{}"'.format(text.replace('"', '""')) if "," in text or '"' in text or (cut and _may_be_cut(text)) else text
        for text in texts
    ]


def _safe_begun(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _safe_within(text: str) -> str:
    return _CUT_OUT.sub(r"\g<0>'", text) if _may_be_cut(text) else text


def _may_be_cut(text: str) -> bool:
    return ";" in text or "\n" in text or "\r" in text or "\t" in text


def _safe_texts(values: Sequence[Any]) -> Sequence[str]:
    try:
        beginnings = "".join(set(map(_first, values)))
    except TypeError:  # nothing at all, or a number
        values = ["" if value is None else str(value) for value in values]
        beginnings = "".join(set(map(_first, values)))
    if _BEGINS_ONE.search(beginnings):
        values = [*map(_safe_begun, values)]
    return [*map(_safe_within, values)] if _may_be_cut("".join(values)) else values


def _amount(kind: str, places: int, minor: Any) -> str:
    if kind == "money":
        return "" if minor is None else money.plain(int(minor), places)
    return money.plain(int(max(0, -minor if kind == "credit" else minor)), places)


def _midnight(zone: ZoneInfo, block: int) -> tuple[float, str, str]:
    """Where in 24 hours the practice's day changes (once at most), with the days before and after that moment."""
    before, after = (dates.day(second, zone) for second in (block * _DAY, (block + 1) * _DAY - 1))
    turn = dates.start_of(after, zone) if after != before else float("inf")
    return turn, before.isoformat(), after.isoformat()


class _Known(dict[Any, Any]):
    """Answers that were given before. It forgets all when it has grown large: memory stays flat."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        super().__init__()
        self._answer = answer

    def __missing__(self, asked: Any) -> Any:
        if len(self) >= _KEPT:
            self.clear()
        found = self[asked] = self._answer(asked)
        return found
