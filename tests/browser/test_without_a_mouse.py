"""The keyboard is enough, and a viewer finds nothing that changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.practice import PASSWORD, Practice, StripeSide
from tests.browser.steps import button, quiet, see, shows

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

_NAME = """() => { const e = document.activeElement;
    return e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || ''; }"""


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    acme = side.organisation("Acme Keys Ltd")
    ada = side.patient("Ada Byrne", metadata={"pd_default_payer": acme})
    side.post(ada, -1_000)
    with side.days_ago(60):
        side.bill(acme, 5_000)  # overdue, so that there is somebody to chase
    return {"acme": acme, "ada": ada, "invoice": side.bill(acme, 5_000), "draft": side.draft(ada, 4_000)}


def tab_to(page: Page, label: str) -> None:
    """Press Tab until something of this name has the focus; Streamlit adds an icon's name before a link's."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if str(page.evaluate(_NAME)).strip().split("\n")[-1] == label:
            return
    raise AssertionError(f"Tab does not lead to {label}")


def test_signing_in_and_adjusting_a_balance_need_no_mouse(
    practice: Practice, there: dict[str, str], page: Page
) -> None:
    keys = page.keyboard
    page.goto(practice.url)
    button(page, "Sign in").wait_for()
    tab_to(page, "Username")
    keys.type("mira")
    tab_to(page, "Password")
    keys.type(PASSWORD)
    keys.press("Enter")
    shows(page, "Overview")
    tab_to(page, "Balances")
    keys.press("Enter")
    shows(page, "Balances")
    tab_to(page, "Adjust balance")
    keys.press("Enter")
    page.get_by_role("combobox", name="Customer", exact=True).wait_for()
    tab_to(page, "Customer")
    keys.type("Acme Keys")
    page.get_by_role("option", name="Acme Keys Ltd").first.wait_for()
    keys.press("Enter")
    see(page, "They have 2 open invoices")
    tab_to(page, "Amount")
    keys.type("45")
    see(page, "after this, they are owed £45.00.")
    tab_to(page, "Reason")
    keys.type("Goodwill")
    page.get_by_role("option", name="Goodwill").first.wait_for()
    keys.press("Enter")
    tab_to(page, "Post adjustment")
    keys.press("Enter")
    button(page, "Yes, post it").wait_for()
    tab_to(page, "Yes, post it")
    keys.press("Enter")
    see(page, "They are owed £45.00 now.")
    assert practice.stripe.balance(there["acme"]) == -4500


CHANGING = (
    *("Add organisation", "Save organisation", "Edit details", "Mark as organisation", "Change payer", "Save payer"),
    *("New invoice", "Finalise and send", "Save draft", "Adjust balance", "Post adjustment", "Add line"),
    *("Re-bill", "Record payment", "Credit note", "Write off", "Send again", "Duplicate", "Edit draft"),
    *("Delete draft", "Record a remittance", "Consolidated invoice", "Pause reminders", "Approve and send", "Decline"),
)


@pytest.mark.parametrize(
    "path",
    [
        *("", "organisations", "patients", "invoices", "balances", "activity", "customer", "patient", "invoice", "new"),
        *("drafts", "draft", "remittances", "remittance", "reminders", "needs-your-eye"),
    ],
)
def test_a_viewer_sees_everything_and_no_control_that_changes_anything(
    practice: Practice, there: dict[str, str], page: Page, path: str
) -> None:
    named = {
        "customer": f"customer?id={there['acme']}",
        "patient": f"customer?id={there['ada']}",
        "invoice": f"invoice?id={there['invoice']}",
        "draft": f"invoice?id={there['draft']}",
        "remittance": f"remittances?payer={there['acme']}",
        "new": f"new-invoice?payer={there['acme']}",
    }
    practice.open(page, named.get(path, path), "vic")
    page.get_by_role("heading", level=1).wait_for()
    quiet(page)
    expect(page.get_by_test_id("stMain")).not_to_contain_text("could not be shown")
    assert [label for label in CHANGING if button(page, label).count()] == []
