"""Drafts in a real browser: edited, finalised together with a result a row, and many made one in neutral words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import pictures, steps
from tests.browser.practice import Practice, StripeSide
from tests.browser.steps import button, fill, open_row, press, see, shows

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    neutral = {"pd_kind": "organisation", "pd_neutral_text": "Medical services"}
    edit, one, two = (side.organisation(name) for name in ("Edit Ltd", "First & Co", "Second plc"))
    many = side.organisation("Many Ltd", metadata=neutral)
    found = {"edit": edit, "one": one, "two": two, "many": many, "edited": side.draft(edit, 4_200, 900)}
    side.post(two, -2_000)
    for payer, amount in ((one, 5_000), (two, 6_000)):
        found[f"draft of {payer}"] = side.draft(payer, amount)
    for name, amount in (("Ada Byrne", 18_000), ("Grace Okoro", 4_200)):
        patient = side.patient(name, metadata={"Hero reference": f"P-{amount}"})
        found[name] = side.draft(many, amount, words="Counselling", metadata={"pd_patient": patient})
    return found


def test_a_draft_of_the_list_is_edited(practice: Practice, there: dict[str, str], page: Page, tmp_path: Path) -> None:
    practice.open(page, "drafts")
    shows(page, "Drafts")
    open_row(page, "Edit Ltd")
    press(page, "Open draft")
    shows(page, "Draft invoice")
    press(page, "Edit draft")
    steps.quiet(page)
    button(page, "Remove").nth(1).click()
    see(page, "taken off")
    fill(page, "Description", "Blood test")
    fill(page, "Unit price", "12.50")
    fill(page, "Reference", "REF-9")
    see(page, "£54.50 to pay.")
    pictures.take(page, pictures.folder(tmp_path) / "edit-draft.png")
    press(page, "Save changes")
    see(page, "The draft was saved.")
    found = practice.stripe.sdk.v1.invoices.retrieve(there["edited"])
    assert (found.status, found.total, [line.description for line in found.lines.data]) == (
        "draft",
        5_450,
        ["Consultation", "Blood test"],
    )
    assert [(one.name, one.value) for one in found.custom_fields or []] == [("Reference", "REF-9")]


def test_several_are_finalised_by_a_double_click_with_a_result_for_each(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path
) -> None:
    practice.open(page, "drafts")
    shows(page, "Drafts")
    for name in ("First & Co", "Second plc"):
        open_row(page, name)
        steps.quiet(page)
    press(page, "Finalise 2 drafts")
    see(page, "2 drafts, £110.00 in all; £90.00 is asked for after what is on account.")
    pictures.take(page, pictures.folder(tmp_path) / "finalise-drafts.png")
    button(page, "Finalise 2 drafts").dblclick()
    see(page, "2 drafts were finalised.")
    expect(steps.cell(page, "Finalised")).to_have_count(2)
    [one], [two] = (practice.stripe.invoices_of(there[name]) for name in ("one", "two"))
    assert [(one.status, one.amount_due), (two.status, two.amount_due)] == [("open", 5_000), ("open", 4_000)]
    assert practice.stripe.balance(there["two"]) == 0
    press(page, "Done")
    shows(page, "Drafts")


def test_many_patients_drafts_become_one_invoice_in_neutral_words(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path
) -> None:
    practice.open(page, f"customer?id={there['many']}")
    shows(page, "Many Ltd")
    press(page, "Consolidated invoice")
    see(page, "One new draft is made; when it has all 2 lines")
    button(page, "Make one draft of them").scroll_into_view_if_needed()
    steps.sees_at_once(page, "Medical services – ref P-18000")
    pictures.take(page, pictures.folder(tmp_path) / "consolidated.png")
    button(page, "Make one draft of them").dblclick()
    see(page, "2 drafts became this one.")
    [made] = practice.stripe.invoices_of(there["many"])
    assert (made.status, made.total, made.id in there.values()) == ("draft", 22_200, False)
    assert {line.description for line in made.lines.data} == {
        "Medical services – ref P-18000",
        "Medical services – ref P-4200",
    }
