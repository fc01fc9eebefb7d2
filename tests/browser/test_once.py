"""What is meant once is done once: double clicks, likely duplicates, a reload in the middle."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.browser.adjusting import fill_adjustment
from tests.browser.practice import Practice, StripeSide
from tests.browser.steps import arrives, button, fill, press, said, see, sees_at_once, shows, turn_to

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from lib.sandbox import Answer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    return {
        "twice": side.organisation("Twice & Shy Ltd"),
        "half": side.organisation("Halfway House Ltd"),
        "billed": side.organisation("Interrupted Ltd"),
        "dup": side.organisation("Brindle Foods Ltd", email="ap@brindle.example"),
    }


def ready_to_post(page: Page, customer: str, amount: str) -> None:
    fill_adjustment(page, customer, amount)
    press(page, "Post adjustment")
    button(page, "Yes, post it").wait_for()


def test_a_double_click_on_yes_posts_once(practice: Practice, there: dict[str, str], page: Page) -> None:
    practice.open(page, "balances")
    shows(page, "Balances")
    ready_to_post(page, "Twice & Shy Ltd", "45")
    button(page, "Yes, post it").dblclick()
    see(page, "They are owed £45.00 now.")
    press(page, "Done")
    sees_at_once(page, "Twice & Shy Ltd")
    assert [amount for amount, _ in practice.stripe.entries(there["twice"])] == [-4500]


def test_a_reload_before_the_yes_posts_nothing(practice: Practice, there: dict[str, str], page: Page) -> None:
    practice.open(page, "balances")
    shows(page, "Balances")
    ready_to_post(page, "Halfway House Ltd", "12.50")
    page.reload()
    button(page, "Adjust balance").wait_for()
    assert button(page, "Yes, post it").count() == 0
    assert practice.stripe.entries(there["half"]) == []


def test_a_reload_while_an_invoice_is_being_sent_leaves_one_whole_invoice(
    practice: Practice, there: dict[str, str], page: Page
) -> None:
    begun, reloaded, sent = threading.Event(), threading.Event(), threading.Event()

    def hold(method: str, path: str, _answer: Answer) -> None:
        if (method, path) == ("POST", "/v1/invoices"):
            begun.set()
            reloaded.wait(15)
        if path.endswith("/send"):
            sent.set()

    practice.open(page, f"new-invoice?payer={there['billed']}")
    shows(page, "New invoice")
    fill(page, "Description", "Travel clinic")
    fill(page, "Unit price", "80")
    see(page, "£80.00 to pay.")
    practice.stripe.sandbox.observers.append(hold)
    press(page, "Finalise and send")
    assert begun.wait(15)
    page.reload()
    reloaded.set()
    assert sent.wait(30)
    practice.stripe.sandbox.observers.remove(hold)
    shows(page, "New invoice")
    turn_to(page, "Invoices")
    arrives(page, "Interrupted Ltd")
    [invoice] = practice.stripe.invoices_of(there["billed"])
    assert (invoice.status, invoice.total, len(invoice.lines.data)) == ("open", 8000, 1)


def test_a_likely_duplicate_is_shown_and_made_only_after_a_second_yes(
    practice: Practice, there: dict[str, str], page: Page
) -> None:
    practice.open(page, "organisations")
    press(page, "Add organisation")
    fill(page, "Organisation name", "BRINDLE FOODS LIMITED")
    fill(page, "Invoice email", "other@brindle.example")
    press(page, "Save organisation")
    see(page, "Nothing was created.")
    assert "Brindle Foods Ltd" in said(page)
    assert practice.stripe.named("BRINDLE FOODS LIMITED") == []
    button(page, "Create it all the same").dblclick()
    shows(page, "BRINDLE FOODS LIMITED")
    [made] = practice.stripe.named("BRINDLE FOODS LIMITED")
    assert made.email == "other@brindle.example"
