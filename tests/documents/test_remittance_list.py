"""A payer's list as it was pasted: every line is an invoice number and an amount, or is named with the reason."""

from __future__ import annotations

import pytest

from lib.documents.remittance_list import MOST_ROWS, decoded, read
from lib.errors import Refused


def rows(text: str, currency: str = "gbp") -> list[tuple[int, str, int]]:
    """Line, number and minor units of a list in which nothing is wrong."""
    listing = read(text, currency)
    assert listing.wrong == ()
    return [(row.line, row.number, row.amount.minor) for row in listing.rows]


def wrong(text: str) -> dict[int, str]:
    return {each.line: each.words for each in read(text, "gbp").wrong}


@pytest.mark.parametrize("text", ["", "   \n\n", ",,\n,,", "Invoice,Amount\n"])
def test_an_empty_list_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(Refused) as no:
        read(text, "gbp")
    assert no.value.field == "list"


def test_each_line_that_cannot_be_read_is_named_with_its_number_and_the_reason() -> None:
    found = wrong("AB-1,10.00\nAB-2\nAB-3,ten\nAB-4,-5.00\nAB-5,1,234.50\n,7.00\nAB-6,0\nAB-7,(12.00)\nAB-8,1.234")
    assert list(found) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert "It has 1 column" in found[2]
    assert "Put a comma, a semicolon or a tab between the two." in found[2]
    assert found[3].startswith("ten: Enter the amount in figures")
    assert "a deduction is no payment" in found[4]
    assert 'Put an amount with a comma in quotes: "1,234.50".' in found[5]
    assert "The invoice number or the amount is missing." in found[6]
    assert "above zero" in found[7]
    assert "a deduction is no payment" in found[8]
    assert "at most 2 decimals" in found[9]


def test_an_amount_that_a_comma_cut_in_two_is_not_read_as_the_first_half() -> None:
    assert wrong("Invoice,Amount,Note\nAB-1,1,234.50") == {2: 'Put an amount with a comma in quotes: "1,234.50".'}


def test_european_thousands_are_not_guessed() -> None:
    assert list(wrong("AB-1;1.234,50")) == [1]


def test_a_total_at_the_end_is_a_line_like_any_other() -> None:
    assert rows("AB-1;10.00\nTotal;10.00")[1] == (2, "Total", 1000)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_part_the_columns(mark: str) -> None:
    text = f"AB-0001{mark}500.00\nAB-0002{mark}£400\n\nAB-0003{mark}350.5\n"
    assert rows(text) == [(1, "AB-0001", 50_000), (2, "AB-0002", 40_000), (4, "AB-0003", 35_050)]


def test_thousands_are_read_with_commas_in_quotes_or_with_spaces() -> None:
    text = 'A,"1,234.50"\nB,1 234.50\nC,12\u00a0345.00'
    assert [minor for _, _, minor in rows(text)] == [123_450, 123_450, 1_234_500]
    assert rows("A;1,234.50") == [(1, "A", 123_450)]
    assert rows("A\t£1,234.50\t\t") == [(1, "A", 123_450)]


def test_a_heading_says_which_columns_they_are() -> None:
    text = "Date;Patient name;Invoice number;Amount\n01/11/2026;Ada Byrne;AB-1;10.00\n02/11/2026;Bo Day;AB-2;20.00"
    assert rows(text) == [(2, "AB-1", 1000), (3, "AB-2", 2000)]


def test_of_two_amounts_the_paid_one_is_taken_and_two_of_a_kind_are_refused() -> None:
    assert rows("Invoice no,Invoice amount,Amount paid\nAB-1,100.00,40.00") == [(2, "AB-1", 4000)]
    with pytest.raises(Refused, match='"Net amount" or "Gross amount"'):
        read("Invoice,Net amount,Gross amount\nAB-1,100.00,120.00", "gbp")
    with pytest.raises(Refused, match="which column holds the invoice number"):
        read("Patient,Amount\nAda,100.00", "gbp")


def test_the_first_line_of_a_list_without_a_heading_is_not_lost() -> None:
    assert rows("AB-1,10.00\nAB-2,20.00")[0] == (1, "AB-1", 1000)


def test_yen_have_no_decimals() -> None:
    """Scenario 20."""
    assert rows("AB-1;12,000", "jpy") == [(1, "AB-1", 12_000)]
    assert read("AB-1;12000.50", "jpy").wrong[0].words.endswith("JPY has no decimals.")


def test_an_uploaded_file_is_read_in_the_encodings_that_spreadsheets_write() -> None:
    text = "Número;Amount\nAB-1;£10.00"
    for data in (text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("cp1252")):
        assert decoded(data) == text


@pytest.mark.parametrize("data", [b"PK\x03\x04\0\0", b"\xff\xfe\x00\xd8", b"x" * 1_000_001, b"\x81\x8d"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as no:
        decoded(data)
    assert no.value.field == "list"


def test_a_list_without_end_is_refused() -> None:
    with pytest.raises(Refused, match="At most 1,000 lines"):
        read("A,1\n" * (MOST_ROWS + 1), "gbp")
