"""Large amounts wait for a second person, and what Stripe never confirmed is looked up and tried again, once."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from tests.browser import pictures
from tests.browser.adjusting import fill_adjustment
from tests.browser.practice import Practice, StripeSide
from tests.browser.steps import button, open_row, press, see, shows

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    return {"large": side.organisation("Large Ltd"), "lost": side.organisation("Lost & Found Ltd")}


def test_a_very_large_credit_is_sent_when_a_second_person_approves_it(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path
) -> None:
    practice.open(page, "balances")
    fill_adjustment(page, "Large Ltd", "12000", twice="12,000.00")
    press(page, "Post adjustment")
    see(page, "An amount this large needs a second person")
    button(page, "Yes, post it").dblclick()
    see(page, "Needs your eye")
    page.goto(f"{practice.url}/needs-your-eye")
    see(page, "Waiting for a second person (1)")
    assert practice.stripe.entries(there["large"]) == []
    open_row(page, "Large Ltd")
    see(page, "You asked for this: somebody else must approve it.")
    assert button(page, "Approve and send").count() == 0
    practice.add_person("mona", "manager")
    page.context.clear_cookies()
    practice.open(page, "needs-your-eye", "mona")
    shows(page, "Needs your eye")
    open_row(page, "Large Ltd")
    see(page, "Asked by")
    pictures.take(page, pictures.folder(tmp_path) / "second-person.png")
    button(page, "Approve and send").dblclick()
    see(page, "Approved: it is done.")
    assert [amount for amount, _ in practice.stripe.entries(there["large"])] == [-1_200_000]


def left_alone(practice: Practice) -> None:
    """As if nobody had known for a day what became of it."""
    for _ in range(100):
        with sqlite3.connect(practice.app.data / "payerdesk-test.sqlite", timeout=10) as own:
            if own.execute("update intents set state = 'review' where state = 'unknown'").rowcount:
                return
        time.sleep(0.3)
    raise AssertionError("Nothing became unknown.")


def test_what_stripe_never_confirmed_is_looked_up_and_tried_again_once(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path
) -> None:
    practice.open(page, "balances")
    fill_adjustment(page, "Lost & Found Ltd", "45")
    press(page, "Post adjustment")
    button(page, "Yes, post it").wait_for()
    practice.stripe.sandbox.faults.add("reset", path="*/balance_transactions")
    press(page, "Yes, post it")
    left_alone(practice)
    practice.stripe.sandbox.faults.clear()
    page.goto(f"{practice.url}/needs-your-eye")
    see(page, "Outcome not known (1)")
    open_row(page, "Lost & Found Ltd")
    press(page, "Look in Stripe")
    see(page, "Looked up")
    page.get_by_role("radiogroup").get_by_text("It did not happen: try again").click()
    button(page, "Try again now").wait_for()
    pictures.take(page, pictures.folder(tmp_path) / "not-known.png")
    button(page, "Try again now").dblclick()
    see(page, "It is done now.")
    assert [amount for amount, _ in practice.stripe.entries(there["lost"])] == [-4_500]
    see(page, "Nothing needs your eye.")
