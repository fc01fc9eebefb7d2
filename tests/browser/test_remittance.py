"""A remittance in a real browser: a payer's list is uploaded, the rest is kept by a tick of its own (scenario 28)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import pictures, steps
from tests.browser.practice import Practice, StripeSide
from tests.browser.steps import fill, pick, press, see, shows

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    """Acme owes £500, £400 and £350; Bright owes £90."""
    acme, bright = side.organisation("Acme Ltd"), side.organisation("Bright & Co")
    found = {str(minor): side.bill(acme, minor) for minor in (50_000, 40_000, 35_000)}
    return {"acme": acme, "bright": bright, "paid": side.bill(bright, 9000), **found}


def received(page: Page, amount: str, reference: str) -> None:
    fill(page, "Amount received", amount)
    pick(page, "Method", "Bank transfer")
    fill(page, "Reference", reference)


def test_an_uploaded_list_is_shared_out_and_the_rest_is_kept(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path
) -> None:
    numbers = {name: practice.stripe.sdk.v1.invoices.retrieve(there[name]).number for name in there if name.isdigit()}
    lines = [f"{numbers['50000']},£500.00", f"{numbers['40000']},400", f'{numbers["35000"]},"350.00"']
    listed = tmp_path / "remittance.csv"
    listed.write_text("\n".join(["Invoice,Amount", *lines]), encoding="utf-8")
    practice.open(page, f"remittances?payer={there['acme']}")
    received(page, "1,300.00", "ACM-7781")
    steps.choose(page, "From a list")
    page.locator("input[type=file]").set_input_files(listed)
    see(page, "£1,250.00 of £1,300.00 is shared out; £50.00 is left over.")
    page.get_by_text("Keep the £50.00 that is left over").click()
    fill(page, "Type the amount once more", "1300")
    pictures.take(page, pictures.folder(tmp_path) / "remittance.png")
    press(page, "Continue")
    see(page, "3 of 3 invoices are paid in full.")
    press(page, "Yes, record £1,300.00")
    see(page, "£1,300.00 was recorded over 3 invoices.")
    assert practice.stripe.balance(there["acme"]) == -5000
    assert {one.status for one in practice.stripe.invoices_of(there["acme"])} == {"paid"}
    press(page, "Done")
    steps.sees_at_once(page, "ACM-7781")
    pictures.take(page, pictures.folder(tmp_path) / "remittances.png")


def test_a_file_that_is_too_large_is_refused_and_what_was_typed_stays(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path, complaints: list[str]
) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 3_000_000)
    practice.open(page, f"remittances?payer={there['bright']}")
    received(page, "90.00", "B-1")
    steps.choose(page, "From a list")
    page.locator("input[type=file]").set_input_files(large)
    page.get_by_text("must be 1.0MB or smaller").wait_for()
    assert steps.field(page, "Reference").input_value() == "B-1"
    complaints.clear()


def test_a_paid_appointment_that_was_cancelled_is_kept_as_credit(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path
) -> None:
    practice.open(page, f"invoice?id={there['paid']}")
    press(page, "Record payment")
    fill(page, "Amount received", "90.00")
    pick(page, "Method", "Cheque")
    fill(page, "Reference", "100231")
    press(page, "Continue")
    pictures.take(page, pictures.folder(tmp_path) / "payment.png")
    press(page, "Yes, record £90.00")
    see(page, "The invoice is paid in full now.")
    press(page, "Done")
    press(page, "Keep as credit")
    fill(page, "Amount to keep", "60.00")
    press(page, "Continue")
    press(page, "Yes, keep £60.00")
    see(page, "is credit on the account now.")
    assert practice.stripe.balance(there["bright"]) == -6000
    press(page, "Done")
    see(page, "Credit notes")
    pictures.take(page, pictures.folder(tmp_path) / "invoice_credited.png")


def test_a_credit_note_says_where_the_paid_part_goes(
    practice: Practice, side: StripeSide, page: Page, tmp_path: Path
) -> None:
    """Scenario 17."""
    mixed = side.organisation("Mixed Ltd")
    invoice = side.bill(mixed, 20_000)
    practice.open(page, f"invoice?id={invoice}")
    for _ in range(10):
        if steps.button(page, "Record payment").count():
            break
        page.wait_for_timeout(1500)
        page.reload()
    press(page, "Record payment")
    received(page, "120.00", "MIX-1")
    press(page, "Continue")
    press(page, "Yes, record £120.00")
    see(page, "£80.00 stays to pay now.")
    press(page, "Done")
    press(page, "Credit note")
    steps.choose(page, "An amount")
    page.get_by_label("Amount, at most").fill("100.00")
    page.keyboard.press("Tab")
    see(page, "£80.00 comes off what is to pay; £0.00 stays to pay. £20.00 had been paid already")
    pick(page, "Reason", "The service was changed or cancelled")
    pictures.take(page, pictures.folder(tmp_path) / "credit_note.png")
    press(page, "Continue")
    press(page, "Yes, credit £100.00")
    see(page, "A credit note of £100.00 was issued.")
    assert practice.stripe.balance(mixed) == -2000
    press(page, "Done")
    shows(page, f"Invoice {side.sdk.v1.invoices.retrieve(invoice).number}")
