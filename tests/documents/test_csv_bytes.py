"""A file of many rows at once holds, byte for byte, what Python's own csv module writes cell by cell."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib import dates
from lib.documents.csv_export import BOM, Column, csv_pieces, safe
from lib.money import Money

LONDON = ZoneInfo("Europe/London")
ZONES = sorted(available_timezones() - {"localtime", "Factory"})
END, MARKS = "\r\n", frozenset(',;"\t\r\n')
COLUMNS = (
    Column("Name, first", "name"),
    Column("Total", "total", "money"),
    Column("Credit", "balance", "credit"),
    Column("Debit", "balance", "debit"),
    Column("Day", "day", "day"),
    Column("Patients", "patients", "whole"),
    Column("Deleted", "deleted", "yes"),
)
BEGINNINGS = st.sampled_from(["", "=", "-", "\t", " =", "\u200b+", "\u3000＠", ",", '"', "\r\n", "\n", "a,", "a;="])
NAMES = st.builds(str.__add__, BEGINNINGS, st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
AMOUNTS = st.integers(-(10**12), 10**12) | st.integers(-101, 101)
ROWS = st.fixed_dictionaries(
    {
        "name": st.none() | NAMES,
        "total": st.none() | AMOUNTS,
        "balance": AMOUNTS,
        "day": st.none() | st.integers(0, 2**32),
        "patients": st.none() | st.integers(0, 10**6),
        "deleted": st.booleans(),
        "currency": st.sampled_from(["gbp", "gbp", "eur", "jpy", "kwd"]),
    }
)


def _one_by_one(rows: list[dict[str, Any]], zone: ZoneInfo) -> bytes:
    """The slow way, cell by cell."""
    lines = [[column.title for column in COLUMNS], *([_cell(row, each, zone) for each in COLUMNS] for row in rows)]
    return f"{BOM}{''.join(','.join(map(_written, line)) + END for line in lines)}".encode()


def _written(cell: str) -> str:
    """In quotes where a mark stands in it at which somebody's spreadsheet cuts."""
    out = io.StringIO()
    if MARKS.isdisjoint(cell):
        return cell
    csv.writer(out, lineterminator="", quoting=csv.QUOTE_ALL).writerow([cell])
    return out.getvalue()


def _cell(row: dict[str, Any], column: Column, zone: ZoneInfo) -> str:
    value = row[column.field]
    if value is None:
        return ""
    if column.kind == "yes":
        return "yes" if value else ""
    if column.kind in ("credit", "debit"):
        value = max(0, -value if column.kind == "credit" else value)
    if column.kind in ("money", "credit", "debit"):
        money = Money(value, row["currency"])
        places = -int(money.decimal.as_tuple().exponent)
        return f"{money.decimal:.{places}f}"
    return dates.day(value, zone).isoformat() if column.kind == "day" else safe(str(value))


def _by_column(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


@given(st.lists(st.lists(ROWS, min_size=1, max_size=6), max_size=4))
def test_every_byte_is_the_one_that_the_slow_way_writes(batches: list[list[dict[str, Any]]]) -> None:
    file = b"".join(csv_pieces(map(_by_column, batches), COLUMNS, LONDON))
    assert file == _one_by_one([row for batch in batches for row in batch], LONDON)


@given(st.sampled_from(ZONES), st.integers(0, 4_102_444_800))
@example("Europe/London", 1_774_742_400)  # the day the clocks go forward begins and ends within 24 hours of UTC
@example("Pacific/Apia", 1_325_239_200)  # the day that was left out
@example("Africa/Cairo", 1_777_586_400)  # no midnight
def test_a_day_is_right_in_every_zone_at_every_second(zone: str, second: int) -> None:
    seconds = [second + more for more in (0, 1, 3600, 43_200, 82_800, 86_399, 86_400)]
    batch = {"day": seconds}
    [_, piece] = csv_pieces([batch], [Column("Day", "day", "day")], ZoneInfo(zone))
    assert piece.decode().split() == [dates.day(at, ZoneInfo(zone)).isoformat() for at in seconds]


def test_memory_stays_flat_however_many_rows_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name, amount and day differs, so that nothing that was kept would go unseen."""
    monkeypatch.setattr("lib.documents._csv_cells._KEPT", 500)
    assert _peak(40) < _peak(10) + 50_000


def _peak(batches: int) -> int:
    """The most memory in use while a file of so many batches of 200 rows is written and thrown away."""

    def rows() -> Iterator[dict[str, list[Any]]]:
        for start in range(0, batches * 200, 200):
            numbers = range(start, start + 200)
            day = [number * 60 for number in numbers]
            many = {name: [*numbers] for name in ("total", "balance", "patients")}
            yield {"name": [f"=Payer, {n}" for n in numbers], "day": day, "deleted": [False] * 200, **many} | {
                "currency": ["gbp"] * 200
            }

    tracemalloc.start()
    size = sum(map(len, csv_pieces(rows(), COLUMNS, LONDON)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > batches * 200 * 40
    return peak


@pytest.mark.parametrize("kind", ["money", "credit", "debit", "day", "whole", "text"])
def test_a_column_that_is_empty_throughout_is_written_all_the_same(kind: str) -> None:
    value = 0 if kind in ("credit", "debit") else None
    batch = {"field": [value, value], "currency": ["gbp", "gbp"]}
    columns = [Column("A", "field", kind), Column("B", "currency")]
    written = "0.00" if value == 0 else ""
    [_, piece] = csv_pieces([batch], columns, LONDON)
    assert piece.decode() == f"{written},gbp\r\n" * 2
