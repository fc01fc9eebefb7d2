"""What went to the wrong payer moves to the right one, once: an open invoice and a draft (scenarios 11, 24)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.browser import pictures, steps
from tests.browser.practice import Practice, StripeSide
from tests.browser.steps import button, press, quiet, see, shows

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from lib.sandbox import Answer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    """Ada and Grace are Acme's; both were billed themselves, and Ada's credit went into it."""
    acme = side.organisation("Acme Ltd")
    ada, grace = (side.patient(name, metadata={"pd_default_payer": acme}) for name in ("Ada Byrne", "Grace Okoro"))
    side.post(ada, -6_000)
    side.post(acme, -1_000)
    found = {"acme": acme, "ada": ada, "grace": grace}
    with side.days_ago(1):
        found["open"] = side.bill(ada, 10_000)
    return {**found, "draft": side.draft(grace, 7_500, 2_500)}


def test_an_open_invoice_on_the_overview_moves_once_and_its_credit_goes_back(
    practice: Practice, there: dict[str, str], page: Page, tmp_path: Path
) -> None:
    stripe = practice.stripe
    practice.open(page)
    see(page, "2 invoices went to the patient although an organisation pays for them: £140.00 remaining.")
    pictures.take(page, pictures.folder(tmp_path) / "misdirected.png")
    button(page, "Re-bill").first.click()
    see(page, "£60.00 of credit goes back to Ada Byrne's account.")
    see(page, "£10.00 credit used, £90.00 to pay.")
    pictures.take(page, pictures.folder(tmp_path) / "rebill.png")
    button(page, "Re-bill").dblclick()
    see(page, "took the place of")
    old = stripe.sdk.v1.invoices.retrieve(there["open"])
    [new] = stripe.invoices_of(there["acme"])
    assert (old.status, stripe.balance(there["ada"])) == ("void", -6_000)
    assert (new.status, new.total, new.amount_due, stripe.balance(there["acme"])) == ("open", 10_000, 9_000, 0)
    assert new.metadata["pd_patient"] == there["ada"]
    shows(page, f"Invoice {new.number}")


def test_a_reload_while_a_draft_moves_leaves_one_draft_for_the_new_payer(
    practice: Practice, there: dict[str, str], page: Page
) -> None:
    begun, reloaded, gone = threading.Event(), threading.Event(), threading.Event()

    def hold(method: str, path: str, _answer: Answer) -> None:
        if (method, path) == ("POST", "/v1/invoices"):
            begun.set()
            reloaded.wait(15)
        if (method, path) == ("DELETE", f"/v1/invoices/{there['draft']}"):
            gone.set()

    before = {invoice.id for invoice in practice.stripe.invoices_of(there["acme"])}
    practice.open(page, f"invoice?id={there['draft']}")
    shows(page, "Draft invoice")
    press(page, "Re-bill")
    see(page, "The old draft is deleted once the new one is complete. No balance moves.")
    practice.stripe.sandbox.observers.append(hold)
    press(page, "Re-bill")
    assert begun.wait(15)
    page.reload()
    reloaded.set()
    assert gone.wait(60)
    practice.stripe.sandbox.observers.remove(hold)
    [new] = [invoice for invoice in practice.stripe.invoices_of(there["acme"]) if invoice.id not in before]
    assert (new.status, new.total, [line.amount for line in new.lines.data]) == ("draft", 10_000, [7_500, 2_500])
    assert practice.stripe.invoices_of(there["grace"]) == []
    quiet(page)
    steps.opens(page, f"{practice.url}/invoice?id={new.id}", "Draft invoice")
