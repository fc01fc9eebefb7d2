"""Stripe cannot be reached: every page still opens and says how old its figures are, and nothing is changed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from lib.sandbox.server import serve
from tests.browser.adjusting import fill_adjustment
from tests.browser.practice import Practice, StripeSide
from tests.browser.steps import button, fill, pick, pick_many, press, quiet, said, see, shows

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    acme, ada = side.organisation("Acme Afar Ltd"), side.patient("Ada Byrne")
    invoice = side.bill(acme, 9_000)
    side.post(acme, -4_500)
    return {"acme": acme, "ada": ada, "invoice": invoice}


@pytest.fixture
def away(practice: Practice, page: Page) -> Iterator[Callable[[], None]]:
    """The line is cut, and has been for an hour. What is handed out mends it."""
    practice.open(page)
    shows(page, "Overview")
    port = urlsplit(practice.stripe.running.url).port or 0
    practice.stripe.running.stop()
    mended: list[bool] = []

    def mend() -> None:
        practice.stripe.running = serve(practice.stripe.sandbox, port=port)
        mended.append(True)

    yield mend
    if not mended:
        mend()


def make_old(practice: Practice, seconds: int) -> None:
    """As if the last look at Stripe had been so long ago."""
    with sqlite3.connect(practice.app.data / "payerdesk-test.sqlite") as mirror:
        mirror.execute("update sync_state set value = ? where key = 'fresh_at'", [str(int(time.time()) - seconds)])
    mirror.close()


def test_every_page_opens_and_says_how_old_its_figures_are(
    practice: Practice, there: dict[str, str], away: Callable[[], None], page: Page
) -> None:
    make_old(practice, 7_200)
    paths = ["", "organisations", "patients", "invoices", "balances", "activity", "new-invoice"]
    paths += ["drafts", "remittances", "reminders", "needs-your-eye", f"remittances?payer={there['acme']}"]
    paths += [f"customer?id={there['acme']}", f"customer?id={there['ada']}", f"invoice?id={there['invoice']}"]
    for path in paths:
        page.goto(f"{practice.url}/{path}")
        see(page, "These figures are as of")
        assert "2 hours ago" in said(page)
        assert "could not be shown" not in said(page)


def test_what_is_asked_for_is_refused_in_plain_words_and_done_when_stripe_is_back(
    practice: Practice, there: dict[str, str], away: Callable[[], None], page: Page
) -> None:
    page.goto(f"{practice.url}/balances")
    fill_adjustment(page, "Acme Afar Ltd", "10")
    press(page, "Post adjustment")
    button(page, "Yes, post it").wait_for()
    press(page, "Yes, post it")
    see(page, "Nothing was changed.")
    away()
    press(page, "Post adjustment")
    button(page, "Yes, post it").wait_for()
    press(page, "Yes, post it")
    see(page, "They are owed £55.00 now.")
    assert [amount for amount, _ in practice.stripe.entries(there["acme"])] == [-1_000, -4_500]


def add_organisation(page: Page) -> None:
    press(page, "Add organisation")
    fill(page, "Organisation name", "Never Ltd")
    fill(page, "Invoice email", "ap@never.example")
    press(page, "Save organisation")


def change_payer(page: Page) -> None:
    press(page, "Change payer")
    pick_many(page, "Patients", "Ada Byrne")
    pick(page, "Default payer", "Acme Afar Ltd")
    press(page, "Save payer")


def raise_invoice(page: Page) -> None:
    pick(page, "Patient", "Ada Byrne")
    fill(page, "Description", "Travel clinic")
    fill(page, "Unit price", "80")
    press(page, "Finalise and send")


CHANGES = {"organisations": add_organisation, "patients": change_payer, "new-invoice": raise_invoice}


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_says_that_stripe_cannot_be_reached(
    practice: Practice, there: dict[str, str], away: Callable[[], None], page: Page, path: str
) -> None:
    page.goto(f"{practice.url}/{path}")
    page.get_by_role("heading", level=1).wait_for()
    quiet(page)
    CHANGES[path](page)
    see(page, "Stripe cannot be reached just now. Nothing was changed.")
    away()
    assert practice.stripe.named("Never Ltd") == []
    assert "pd_default_payer" not in practice.stripe.sdk.v1.customers.retrieve(there["ada"]).metadata.to_dict()
    assert practice.stripe.invoices_of(there["ada"]) == []
