"""A statement as PDF and CSV: figures that add up, currencies apart, every name printed right or said not to be."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from lib.documents.statement import Line, Section, Statement, as_csv
from lib.documents.statement_pdf import NOT_PRINTABLE, NOT_PRINTED, as_pdf, printable
from lib.documents.statement_reminder import compose

LONDON = ZoneInfo("Europe/London")
NOON = 1_794_830_400  # 16 November 2026, 12:00 in London


def line(about: str = "Ada Byrne", **more: object) -> Line:
    given = {"id": "in_1", "number": "INV-0001", "issued": NOON - 40 * 86_400, "about": about, "total": 20_000}
    rest = {"used": 0, "credited": 0, "paid": 0, "remaining": 20_000, "due_at": NOON - 10 * 86_400, "overdue_days": 10}
    return Line(**{**given, **rest, **more})  # type: ignore[arg-type]


def statement(*sections: Section, name: str = "Acme Ltd", **more: object) -> Statement:
    given = {"payer": "cus_1", "kind": "organisation", "email": "ap@acme.example", "practice": "The Surgery"}
    rest = {"as_of": NOON, "terms_days": 30, "zone": LONDON, "address": ("1 High Street", "London")}
    return Statement(name=name, sections=sections, **{**given, **rest, **more})  # type: ignore[arg-type]


def pounds(*lines: Line, ages: tuple[int, ...] = (0, 20_000, 0, 0, 0), balance: int = 0) -> Section:
    return Section("gbp", lines, ages, balance)  # type: ignore[arg-type]


def words(found: Statement) -> str:
    """Everything that the PDF says, on one line."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(as_pdf(found))).pages).split())


def cells(found: Statement) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(b"".join(as_csv(found)).decode("utf-8-sig"))))


def test_credit_stands_beside_what_is_outstanding_and_the_net_is_said() -> None:
    """Scenario 7."""
    said = words(statement(pounds(line(), ages=(12_000, 8000, 0, 0, 0), balance=-5000)))
    assert "Outstanding £200.00 On account £50.00 in credit Net £150.00 to pay" in said
    assert "£120.00 £80.00 £0.00 £0.00 £0.00 £200.00" in said


def test_a_credit_above_what_is_open_is_not_something_to_pay() -> None:
    said = words(statement(pounds(line(remaining=1000), ages=(1000, 0, 0, 0, 0), balance=-5000)))
    assert "Net £40.00 in credit" in said


def test_every_line_is_there_however_many_and_the_head_is_on_every_page() -> None:
    many = tuple(line(number=f"INV-{n:04}", id=f"in_{n}") for n in range(1150))
    pages = PdfReader(BytesIO(as_pdf(statement(pounds(*many, ages=(0, 23_000_000, 0, 0, 0)))))).pages
    texts = [page.extract_text() for page in pages]
    assert all(f"INV-{n:04}" in "".join(texts) for n in range(1150))
    assert all("Remaining" in text for text in texts[:-1])
    assert "£230,000.00" in texts[-1]


def test_currencies_stand_apart_and_yen_have_no_pence() -> None:
    yen = Section("jpy", (line(total=12_000, remaining=12_000),), (0, 12_000, 0, 0, 0), 0)
    found = statement(pounds(line()), yen)
    said = words(found)
    assert "¥12,000" in said
    assert "£200.00" in said
    assert "¥120.00" not in said
    assert [row["Total"] for row in cells(found)] == ["200.00", "12000"]


NAMES = ["Siân Ó Ceallaigh", "Łukasz Żółć", "Nguyễn Thị Ánh", "Ζωή Παπαδοπούλου", "Дмитро Шевченко", "Արամ", "ნინო"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_letters_that_the_typeface_has_is_printed(name: str) -> None:
    said = words(statement(pounds(line(name)), name=name))
    assert said.count(name) == 3  # the heading, the line, the foot of the page
    assert NOT_PRINTED not in said


ELSEWHERE = ["李小龙", "محمد علي", "דוד לוי", "प्रिया शर्मा", "สมชาย", "김철수", "Ada 🦄", "Z͑ó̓"]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_name_that_would_come_out_wrong_is_said_to_stand_in_the_csv_and_does(name: str) -> None:
    found = statement(pounds(line(name)))
    said = words(found)
    assert NOT_PRINTED in said
    assert "written in letters that this PDF cannot print" in said
    assert not {"■", "□", "?", "�"} & set(said)
    assert cells(found)[0]["For"] == name


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_payers_own_name_that_cannot_be_printed_stands_in_the_csv_beside_every_invoice(name: str) -> None:
    found = statement(pounds(line(), line(number="INV-0002", id="in_2")), name=name)
    said = words(found)
    assert said.count(NOT_PRINTED) == 3  # the heading, the footnote, the foot of the page
    assert NOT_PRINTABLE not in said
    assert [(row["Invoice"], row["Payer"]) for row in cells(found)] == [("INV-0001", name), ("INV-0002", name)]


def test_nobody_is_sent_to_the_csv_for_what_it_does_not_hold() -> None:
    """The address and the practice's name stand on the paper alone."""
    said = words(statement(pounds(line()), address=("1 High Street", "香港"), practice="診所"))
    assert NOT_PRINTED not in said
    assert f"1 High Street {NOT_PRINTABLE} From {NOT_PRINTABLE}, as of" in said
    assert "written in letters that this PDF cannot print" in said


def test_a_payer_without_an_invoice_on_the_statement_is_not_sent_to_an_empty_csv() -> None:
    found = statement(pounds(ages=(0, 0, 0, 0, 0), balance=-5000), name="李小龙")
    assert cells(found) == []
    assert NOT_PRINTED not in words(found)
    assert words(found).count(NOT_PRINTABLE) == 3


def test_markup_in_a_name_is_printed_as_it_is_written() -> None:
    name = "<b>Acme</b> & <font size=90>Co</font> &lt;"
    assert words(statement(pounds(line(name)), name=name)).count(name) == 3


@given(st.text(max_size=30))
def test_whatever_a_name_is_a_printed_one_has_all_its_letters(name: str) -> None:
    if printable(name):
        assert all(char.isprintable() for char in name.replace("\u2028", ""))
    as_pdf(statement(pounds(line(name)), name=name))


@pytest.mark.parametrize(
    ("balance", "said"),
    [
        (-5_000, "On your account: £50.00 in credit. It is used on your next invoice.\n"),
        (650, "On your account: £6.50 carried to the next invoice.\n"),
    ],
)
def test_a_reminder_says_that_credit_is_used_and_that_a_debit_is_carried(balance: int, said: str) -> None:
    assert said in compose(statement(pounds(line(), balance=balance)), "gbp", 0).text


def test_a_formula_in_a_name_is_no_formula_in_the_csv() -> None:
    [row] = cells(statement(pounds(line("=HYPERLINK(1)"))))
    assert row["For"] == "'=HYPERLINK(1)"


def test_the_csv_adds_up_row_by_row() -> None:
    found = statement(pounds(line(used=15_000, credited=2000, paid=1000, remaining=2000)))
    [row] = cells(found)
    parts = [float(row[name]) for name in ("Total", "From account", "Credit notes", "Paid", "Remaining")]
    assert parts[0] - sum(parts[1:4]) == parts[4] == 20.0
    assert (row["Date"], row["Due"], row["Days overdue"]) == ("2026-10-07", "2026-11-06", "10")


def test_a_period_is_said_in_the_title_and_nothing_open_is_said_too() -> None:
    assert "invoices from 1 Oct 2026 to 31 Oct 2026" in words(
        statement(pounds(line()), first=date(2026, 10, 1), last=date(2026, 10, 31))
    )
    assert "Nothing is open." in words(statement())
