"""A payer's list of invoice numbers and amounts, pasted or uploaded, as it was written.

Columns are parted by tabs, semicolons or commas, with or without a heading. Nothing is guessed: a line that cannot be
read is named with its number and the reason, and so is a heading that could be read in two ways.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from lib.errors import Refused
from lib.money import Money
from lib.text import shown

MOST_ROWS = 1000
MOST_BYTES = 1_000_000
_AMOUNT = re.compile(r"\b(amount|paid|payment|value|total|gross|sum|net)\b", re.IGNORECASE)
_PAID = re.compile(r"\b(paid|payment)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\b(invoice|inv|number|no|ref|reference|document|bill)\b", re.IGNORECASE)
_INVOICE = re.compile(r"\b(invoice|inv|bill)\b", re.IGNORECASE)
_OTHER = re.compile(r"\b(date|day|due|patient|name|currency)\b", re.IGNORECASE)
_BETWEEN = " Put a comma, a semicolon or a tab between the two."
_SPACED = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(\D|$))")


@dataclass(frozen=True)
class Row:
    """A line of the list: its number in the list (from 1), the invoice's number as written, and an amount."""

    line: int
    number: str
    amount: Money


@dataclass(frozen=True)
class Wrong:
    """A line that cannot be used, and why."""

    line: int
    words: str


@dataclass(frozen=True)
class Listing:
    """What a list says, and what of it cannot be used."""

    rows: tuple[Row, ...]
    wrong: tuple[Wrong, ...]


def decoded(data: bytes) -> str:
    """An uploaded list as text. Raises Refused for what is no text."""
    if len(data) > MOST_BYTES:
        raise Refused("This file is too large: at most 1 MB.", field="list")
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("This is not a text file. Save the list as CSV, or paste it.", field="list")
    for encoding in ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("This file cannot be read as text. Save the list as CSV in UTF-8, or paste it.", field="list")


def read(text: str, currency: str) -> Listing:
    """The rows of a list in one currency. Raises Refused for the field `list` when it is empty, too long, or its
    heading can be read in two ways.
    """
    lines = _cells(text)
    if not lines:
        raise Refused("Paste a list of invoice numbers and amounts, one line an invoice.", field="list")
    if len(lines) > MOST_ROWS:
        raise Refused(f"At most {MOST_ROWS:,} lines; this list has {len(lines):,}.", field="list")
    places = _heading(lines[0][1])
    found = [_row(line, cells, places, currency) for line, cells in (lines[1:] if places else lines)]
    if not found:
        raise Refused("There is nothing below the heading.", field="list")
    rows = tuple(each for each in found if isinstance(each, Row))
    wrong = tuple(each for each in found if isinstance(each, Wrong))
    return Listing(rows, wrong)


def _cells(text: str) -> list[tuple[int, list[str]]]:
    """The cells of each line that holds something, with the line's number."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    mark = next((mark for mark in "\t;" if any(mark in line for line in lines)), ",")
    found = []
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=mark, skipinitialspace=True), [])]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            found.append((number, cells))
    return found


def _heading(cells: list[str]) -> tuple[int, int] | None:
    """Where the invoice's number and the amount stand, when the first line says so; None when it is no heading."""
    if any(re.search(r"\d", cell) for cell in cells) or not any(map(_AMOUNT.search, cells)):
        return None
    amounts = [at for at, cell in enumerate(cells) if _AMOUNT.search(cell) and not _OTHER.search(cell)]
    numbers = [at for at, cell in enumerate(cells) if _NUMBER.search(cell) and at not in amounts]
    numbers = [at for at in numbers if not _OTHER.search(cells[at])]
    amount = _the_one(cells, amounts, [at for at in amounts if _PAID.search(cells[at])], "the amount")
    return _the_one(cells, numbers, [at for at in numbers if _INVOICE.search(cells[at])], "the invoice number"), amount


def _the_one(cells: list[str], found: list[int], better: list[int], what: str) -> int:
    sure = found if len(found) == 1 else better
    if len(sure) == 1:
        return sure[0]
    if not found:
        raise Refused(f"The heading does not say which column holds {what}.", field="list")
    names = " or ".join(f'"{shown(cells[at], 40)}"' for at in found)
    raise Refused(f"The heading leaves open which column holds {what}: {names}. Remove the others.", field="list")


def _row(line: int, cells: list[str], places: tuple[int, int] | None, currency: str) -> Row | Wrong:
    if places is None and len(cells) != 2:
        count = f"{len(cells)} {'column' if len(cells) == 1 else 'columns'}"
        more = ' Put an amount with a comma in quotes: "1,234.50".' if len(cells) > 2 else _BETWEEN
        return Wrong(line, f"It has {count}; it should have an invoice number and an amount.{more}")
    number, amount = places or (0, 1)
    if max(number, amount) >= len(cells) or not cells[number] or not cells[amount]:
        return Wrong(line, "The invoice number or the amount is missing.")
    if places and _looks_cut(cells, amount):
        return Wrong(line, 'Put an amount with a comma in quotes: "1,234.50".')
    if re.search(r"[-−–(]", cells[amount]):
        words = "a deduction is no payment. Take the line out and record it with Adjust balance."
        return Wrong(line, f"{shown(cells[amount], 40)}: {words}")
    try:
        return Row(line, cells[number], Money.parse(_SPACED.sub("", cells[amount]), currency))
    except Refused as no:
        return Wrong(line, f"{shown(cells[amount], 40)}: {no.words}")


def _looks_cut(cells: list[str], amount: int) -> bool:
    """An amount of more than a thousand that a comma has cut in two: 1,234.50 without quotes."""
    return re.fullmatch(r"\D?\d{1,3}", cells[amount]) is not None and bool(
        re.fullmatch(r"\d{3}(\.\d+)?", cells[amount + 1] if amount + 1 < len(cells) else "")
    )
