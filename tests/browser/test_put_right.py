"""What went wrong is put right: an entry reversed, an invoice voided, one written off (scenarios 11, 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import pictures, steps
from tests.browser.practice import Practice, StripeSide
from tests.browser.steps import button, fill, press, see, shows

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    undo, void, off = (side.organisation(name) for name in ("Undo Ltd", "Void & Co", "Gone plc"))
    side.post(undo, -4_500, description="Goodwill")
    side.post(void, -2_000)
    return {"undo": undo, "void": void, "voided": side.bill(void, 9_000), "off": side.bill(off, 7_000)}


def test_an_entry_of_the_ledger_is_reversed_once(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path
) -> None:
    practice.open(page, f"customer?id={there['undo']}")
    shows(page, "Undo Ltd")
    page.get_by_role("tab", name="Ledger").click()
    see(page, "Pick an entry to reverse it.")
    steps.open_row(page, "Goodwill")
    press(page, "Reverse")
    see(page, "They are owed £45.00; after this, the account is settled.")
    pictures.take(page, pictures.folder(tmp_path) / "reverse.png")
    button(page, "Yes, reverse it").dblclick()
    see(page, "The entry was reversed: a £45.00 debit was posted.")
    expect(page.get_by_role("tab", name="Ledger")).to_have_attribute("aria-selected", "true")
    assert [amount for amount, _ in practice.stripe.entries(there["undo"])] == [4_500, -4_500]
    assert practice.stripe.balance(there["undo"]) == 0


def test_a_void_gives_the_credit_back_once(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path
) -> None:
    practice.open(page, f"invoice?id={there['voided']}")
    press(page, "Void")
    see(page, "The £20.00 credit that it had used goes back to the account.")
    pictures.take(page, pictures.folder(tmp_path) / "void.png")
    number = practice.stripe.sdk.v1.invoices.retrieve(there["voided"]).number
    button(page, f"Yes, void {number}").dblclick()
    see(page, f"{number} was voided.")
    assert practice.stripe.sdk.v1.invoices.retrieve(there["voided"]).status == "void"
    assert practice.stripe.balance(there["void"]) == -2_000


def test_what_is_written_off_is_no_longer_expected(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path
) -> None:
    practice.open(page, f"invoice?id={there['off']}")
    press(page, "Write off")
    fill(page, "Reason", "The company was dissolved")
    press(page, "Continue")
    see(page, "Outstanding falls by £70.00.")
    pictures.take(page, pictures.folder(tmp_path) / "write-off.png")
    button(page, "Yes, write off £70.00").dblclick()
    see(page, "was written off.")
    found = practice.stripe.sdk.v1.invoices.retrieve(there["off"])
    assert (found.status, found.amount_remaining) == ("uncollectible", 7_000)
