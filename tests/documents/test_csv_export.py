"""A file that a spreadsheet opens, adds up, and runs nothing of."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.documents.csv_export import Column, csv_pieces, safe

LONDON = ZoneInfo("Europe/London")
COLUMNS = (
    Column("Name", "name"),
    Column("Total", "total", "money"),
    Column("Credit", "balance", "credit"),
    Column("Debit", "balance", "debit"),
    Column("Day", "day", "day"),
    Column("Patients", "patients", "whole"),
)
ROW = {"name": "Acme", "total": 123_450, "balance": -4500, "day": 1_782_860_400, "patients": 3, "currency": "gbp"}

PAYLOADS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "   @SUM(A1)",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    '=HYPERLINK("http://evil.example","Acme")',
    "=cmd|' /C calc'!A0",
    "\x00=1",
    "\x0b=1",
    "Acme;=cmd|' /C calc'!A0",
    "Acme\t=cmd|' /C calc'!A0",
    "Acme; \u200b＝1+1",
    "Acme;\t-1+1",
    'Acme;"=1+1;',
    'Acme\t""@SUM(A1)\t',
    "Acme\n=1+1",
    "Acme\r\n+1",
]
# Where somebody's spreadsheet cuts a line: a comma, as we do; as a country does that writes a comma in its decimals;
# as a paste does; and with every box ticked that LibreOffice ticks by itself.
CUTS = [",", ";", "\t", ",;\t"]


def _file(*rows: dict[str, Any], columns: tuple[Column, ...] = COLUMNS) -> bytes:
    return b"".join(csv_pieces(_batches(rows), columns, LONDON))


def _batches(rows: Sequence[dict[str, Any]], size: int = 2) -> Iterator[dict[str, list[Any]]]:
    """Rows as a query brings them: a few at a time, by column."""
    for start in range(0, len(rows), size):
        few = rows[start : start + size]
        yield {name: [row[name] for row in few] for name in few[0]}


def _cells(*rows: dict[str, Any]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(_file(*rows).decode("utf-8-sig"), newline="")))


def _cut(text: str, marks: str) -> list[str]:
    """Every cell as a spreadsheet finds it that cuts at these marks: quotes count at the beginning of a cell only."""
    quoted, plain = r'"(?:[^"]|"")*(?:"|\Z)', rf"[^{marks}\r\n]*"
    found = re.finditer(rf"(?:\A|(?<=[{marks}\r\n]))({quoted})?({plain})", text)
    return [(each[1] or "")[1:].removesuffix('"').replace('""', '"') + each[2] for each in found]


def _formulas(text: str, marks: str) -> list[str]:
    """The cells that would run."""
    led = (cell.lstrip(" \t\r\n\0\x0b\u00a0\u3000\u200b\ufeff") for cell in _cut(text, marks))
    return [cell for cell in led if cell.startswith(tuple("=+-@＝＋－＠"))]


@pytest.mark.parametrize("marks", CUTS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_is_taken_for_a_formula(payload: str, marks: str) -> None:
    file = _file({**ROW, "name": "Acme"}, {**ROW, "name": payload}, {**ROW, "name": payload}).decode("utf-8-sig")
    assert _formulas(file, marks) == []
    name = next(csv.reader(io.StringIO(file.split("\r\n", 2)[2], newline="")))[0]
    assert name != payload
    assert name.replace("'", "") == payload.replace("'", "")


def test_a_formula_that_is_cut_out_of_a_cell_would_be_seen() -> None:
    """So that the test before this one proves something."""
    line = 'in_1,"Acme;=1",2\r\n'
    assert _cut(line, ";") == ['in_1,"Acme', '=1",2', "", ""]
    assert [_formulas(line, marks) for marks in CUTS] == [[], ['=1",2'], [], []]


@pytest.mark.parametrize("name", ["Acme; Co", "Acme\tCo"])
def test_a_cell_stays_one_cell_wherever_else_a_line_is_cut(name: str) -> None:
    [_, line] = _file({**ROW, "name": name}).decode().splitlines()
    assert _cut(line, ",;\t")[:2] == [name, "1234.50"]


@pytest.mark.parametrize("name", ["Acme", "O'Brien", "A=B", "2 Quay St", "a-b", "'quoted'", "£5", "a; b-c", "a, -b"])
def test_an_ordinary_name_is_left_alone(name: str) -> None:
    assert safe(name) == name


def test_money_stays_a_plain_number_even_when_it_is_negative() -> None:
    [_, cells] = _cells({**ROW, "total": -123_450})
    assert cells[1:4] == ["-1234.50", "45.00", "0.00"]


def test_yen_have_no_decimals_and_dinars_three() -> None:
    told = [_cells({**ROW, "total": 1234, "currency": currency})[1][1] for currency in ("jpy", "kwd")]
    assert told == ["1234", "1.234"]


def test_a_day_is_londons_and_written_as_iso() -> None:
    late = int(datetime(2026, 6, 30, 23, 0, tzinfo=UTC).timestamp())
    assert _cells({**ROW, "day": late})[1][4] == "2026-07-01"


def test_what_is_not_there_is_empty_and_not_nought() -> None:
    [_, cells] = _cells({**ROW, "name": None, "total": None, "day": None, "patients": None})
    assert (cells[0], cells[1], cells[4], cells[5]) == ("", "", "", "")


def test_excel_is_told_that_it_is_utf_8() -> None:
    assert _file(ROW).startswith(b"\xef\xbb\xbfName,Total")


@pytest.mark.parametrize("name", ['Acme, "the" best', "two\nlines", "two\r\nlines", "Zoë 🏥", "شركة النور", '"', ",,,"])
def test_commas_quotes_new_lines_and_any_letters_come_back(name: str) -> None:
    assert _cells({**ROW, "name": name})[1][0] == name


def test_pandas_reads_the_figures_as_figures() -> None:
    found = pd.read_csv(io.BytesIO(_file(ROW, {**ROW, "total": -50})), encoding="utf-8-sig", parse_dates=["Day"])
    assert (found["Total"].sum(), found["Credit"].sum()) == (1234.0, 90.0)
    assert str(found["Day"].dtype).startswith("datetime64")


def test_an_empty_list_is_a_line_of_headings() -> None:
    assert _file().decode("utf-8-sig") == "Name,Total,Credit,Debit,Day,Patients\r\n"


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text(st.sampled_from(",;\t\r\n \"'=-@a\u200b＝")))
def test_whatever_a_name_holds_the_file_has_its_rows_and_no_formula(name: str) -> None:
    rows = _cells({**ROW, "name": name}, ROW)
    assert len(rows) == 3
    assert rows[1][0].replace("'", "") == name.replace("'", "")
    file = _file({**ROW, "name": name}, {**ROW, "name": name}).decode("utf-8-sig")
    assert [_formulas(file, marks) for marks in CUTS] == [[], [], [], []]
