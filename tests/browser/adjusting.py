"""The form that adjusts a balance, filled in: nothing of it is chosen by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.steps import choose, fill, pick, press

if TYPE_CHECKING:
    from playwright.sync_api import Page

REASON = "Paid in advance, cancelled late"


def fill_adjustment(page: Page, customer: str, amount: str, *, kind: str = "", note: str = "", twice: str = "") -> None:
    """Open the form and fill it in; `twice` is a large amount typed once more."""
    press(page, "Adjust balance")
    pick(page, "Customer", customer)
    if kind:
        choose(page, kind)
    fill(page, "Amount", amount)
    if twice:
        fill(page, "Type the amount once more", twice)
    pick(page, "Reason", REASON)
    if note:
        fill(page, "Note", note)
