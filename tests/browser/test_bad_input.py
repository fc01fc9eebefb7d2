"""What is typed wrongly gets a sentence beside its field, stays as it was typed, and creates nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.adjusting import fill_adjustment
from tests.browser.practice import Practice, StripeSide
from tests.browser.steps import field, fill, press, quiet, see, sees_at_once, shows, turn_to

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    return {"acme": side.organisation("Acme Pumps Ltd", email="ap@acmepumps.example")}


def beside(page: Page, label: str, words: str) -> None:
    """The sentence stands right under the field: nearer to it than any other field does."""
    told = page.get_by_test_id("stAlertContentError").filter(has_text=words).first
    told.wait_for()
    quiet(page)
    above, below = field(page, label).bounding_box(), told.bounding_box()
    assert above is not None
    assert below is not None
    assert 0 <= below["y"] - above["y"] - above["height"] < 90


WRONG = {
    "an empty name": ("Organisation name", "", "Enter the organisation's name."),
    "a malformed email": ("Invoice email", "accounts@@acme", "This is not an email address."),
    "a VAT number that cannot be": ("VAT number", "GB12", "A UK VAT number is GB followed by 9 or 12 digits"),
    "terms that are no number": ("Payment terms (days)", "thirty", "Enter a whole number of days from 0 to 365."),
    "a purchase order that is too long": ("Purchase order", "9" * 141, "At most 140 characters; this has 141."),
    "a footer of 501 characters": ("Footer", "x" * 501, "At most 500 characters; this has 501."),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_organisation_is_not_added_with(practice: Practice, page: Page, case: str) -> None:
    label, typed, words = WRONG[case]
    practice.open(page, "organisations")
    press(page, "Add organisation")
    known = {"Organisation name": f"Not {case} Ltd", "Invoice email": "ap@never.example", "Town or city": "Leeds"}
    wanted = known | {label: typed}
    for name, text in wanted.items():
        fill(page, name, text)
    press(page, "Save organisation")
    beside(page, label, words)
    for name, text in wanted.items():
        expect(field(page, name)).to_have_value(text)
    made = practice.stripe.sdk.v1.customers.list({"limit": 100}).data
    assert not [one for one in made if wanted["Organisation name"] == one.name or wanted["Invoice email"] == one.email]


AMOUNTS = {
    "1.000,00": "Enter the amount in figures",
    "-45": "Enter the amount without a sign",
    "0": "Enter an amount above zero.",
    "5e3": "Enter the amount in figures",
}


@pytest.mark.parametrize("typed", AMOUNTS)
def test_an_amount_that_cannot_be_meant_is_not_posted(
    practice: Practice, there: dict[str, str], page: Page, typed: str
) -> None:
    practice.open(page, "balances")
    fill_adjustment(page, "Acme Pumps Ltd", typed, kind="Debit", note="kit, order 12")
    press(page, "Post adjustment")
    beside(page, "Amount", AMOUNTS[typed])
    expect(field(page, "Amount")).to_have_value(typed)
    expect(field(page, "Note")).to_have_value("kit, order 12")
    assert practice.stripe.entries(there["acme"]) == []


def test_a_note_that_is_too_long_is_not_cut_but_refused(practice: Practice, there: dict[str, str], page: Page) -> None:
    practice.open(page, "balances")
    fill_adjustment(page, "Acme Pumps Ltd", "45", note="n" * 501)
    press(page, "Post adjustment")
    beside(page, "Note", "At most 300 characters; this has 501.")
    expect(field(page, "Note")).to_have_value("n" * 501)
    assert practice.stripe.entries(there["acme"]) == []


def test_thinking_again_keeps_everything_that_was_typed(practice: Practice, there: dict[str, str], page: Page) -> None:
    practice.open(page, "balances")
    fill_adjustment(page, "Acme Pumps Ltd", "£45", note="kit, order 12")
    press(page, "Post adjustment")
    expect(field(page, "Note")).to_be_disabled()
    press(page, "Cancel")
    expect(field(page, "Note")).to_be_enabled()
    quiet(page)
    expect(field(page, "Note")).to_have_value("kit, order 12")
    expect(field(page, "Amount")).to_have_value("£45")
    assert practice.stripe.entries(there["acme"]) == []


@pytest.mark.parametrize(("label", "most"), {"Description": 500, "Reference": 140, "Memo": 500}.items())
def test_what_is_printed_on_an_invoice_is_not_cut_but_refused(
    practice: Practice, there: dict[str, str], page: Page, label: str, most: int
) -> None:
    practice.open(page, f"new-invoice?payer={there['acme']}")
    shows(page, "New invoice")
    fill(page, "Description", "Physiotherapy")
    fill(page, "Unit price", "80")
    fill(page, label, "x" * (most + 1))
    press(page, "Finalise and send")
    beside(page, label, f"At most {most} characters; this has {most + 1}.")
    expect(field(page, label)).to_have_value("x" * (most + 1))
    assert practice.stripe.invoices_of(there["acme"]) == []


def test_an_unfinished_line_stops_the_invoice(practice: Practice, there: dict[str, str], page: Page) -> None:
    practice.open(page, f"new-invoice?payer={there['acme']}")
    shows(page, "New invoice")
    fill(page, "Description", "Physiotherapy")
    fill(page, "Unit price", "1.000,00")
    beside(page, "Unit price", "Enter the amount in figures")
    press(page, "Finalise and send")
    see(page, "Finish the line that you are typing")
    expect(field(page, "Description")).to_have_value("Physiotherapy")
    assert practice.stripe.invoices_of(there["acme"]) == []


STRANGE = {"emoji": "🏥 Happy Feet Clinic 👩‍⚕️", "right to left": "שירותי בריאות הנמל"}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_name_in_any_script_is_kept_as_it_was_typed(practice: Practice, page: Page, kind: str) -> None:
    name = STRANGE[kind]
    practice.open(page, "organisations")
    press(page, "Add organisation")
    fill(page, "Organisation name", name)
    fill(page, "Invoice email", f"ap@{kind.replace(' ', '-')}.example")
    press(page, "Save organisation")
    see(page, "The organisation was added.")
    assert len(practice.stripe.named(name)) == 1
    turn_to(page, "Organisations")
    sees_at_once(page, name)
