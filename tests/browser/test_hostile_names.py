"""Names that somebody else gave in Stripe are text wherever they appear: no picture, no markup, no formula of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.adjusting import fill_adjustment
from tests.browser.practice import Practice, StripeSide
from tests.browser.steps import button, fill, open_row, pick, pick_many, press, quiet, see

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

pytestmark = pytest.mark.browser

PICTURE = "![x](http://127.0.0.1:1/p.png) <b>bold</b>"
FORMULA = "=cmd|calc"
LETTERS = "$x^2$ :material/home: [l](http://127.0.0.1:1/q)"


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    payer = side.organisation(PICTURE, email="ap@picture.example")
    patient = side.patient(LETTERS, metadata={"pd_default_payer": payer, "Registered practitioner": PICTURE})
    formula = side.organisation(FORMULA, email="ap@formula.example")
    invoice = side.bill(payer, 7_500, words=LETTERS, metadata={"pd_patient": patient}, description=PICTURE)
    own = {}
    for customer in (payer, patient, formula):
        side.post(customer, -2_000, description=PICTURE)
        own[customer] = side.bill(customer, 9_000, words=PICTURE)
    with side.days_ago(40):
        side.bill(payer, 4_000, words=LETTERS, metadata={"pd_patient": patient})
    draft = side.draft(payer, 3_000, words=PICTURE, metadata={"pd_patient": patient}, description=LETTERS)
    found = {"payer": payer, "patient": patient, "formula": formula, "invoice": invoice}
    return {**found, "draft": draft, "astray": own[patient]}


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """A mail server of which nothing is asked."""
    return {"PAYERDESK_SMTP": "smtp://127.0.0.1:1", "PAYERDESK_MAIL_FROM": "Accounts <accounts@quayside.example>"}


def change_payer(page: Page, _there: dict[str, str]) -> None:
    press(page, "Change payer")
    pick_many(page, "Patients", LETTERS)
    pick(page, "Default payer", FORMULA)
    see(page, "new invoices for this patient go to")
    press(page, "Save payer")
    see(page, "Now set it in Hero too")


def adjust(page: Page, _there: dict[str, str]) -> None:
    fill_adjustment(page, PICTURE, "45", note=LETTERS)
    press(page, "Post adjustment")
    button(page, "Yes, post it").wait_for()
    press(page, "Yes, post it")
    see(page, "was posted.")


def new_invoice(page: Page, _there: dict[str, str]) -> None:
    pick(page, "Patient", LETTERS)
    fill(page, "Description", PICTURE)
    fill(page, "Unit price", "10")
    see(page, "To pay")
    press(page, "Finalise and send")
    see(page, "Invoice")


def duplicate(page: Page, _there: dict[str, str]) -> None:
    press(page, "Add organisation")
    fill(page, "Organisation name", PICTURE)
    fill(page, "Invoice email", "ap@other.example")
    press(page, "Save organisation")
    see(page, "Nothing was created.")


def edit(page: Page, _there: dict[str, str]) -> None:
    press(page, "Edit draft")
    see(page, "As it will be")


def finalise(page: Page, _there: dict[str, str]) -> None:
    open_row(page, PICTURE)
    press(page, "Finalise 1 draft")
    see(page, "1 draft, £30.00 in all")


def consolidate(page: Page, _there: dict[str, str]) -> None:
    press(page, "Consolidated invoice")
    see(page, "One new draft is made")


def rebill(page: Page, _there: dict[str, str]) -> None:
    press(page, "Re-bill")
    see(page, "will be able to read")


def remittance(page: Page, _there: dict[str, str]) -> None:
    fill(page, "Amount received", "75.00")
    pick(page, "Method", "Bank transfer")
    fill(page, "Reference", LETTERS)
    press(page, "Continue")
    button(page, "Yes, record £75.00").wait_for()


def chase(page: Page, _there: dict[str, str]) -> None:
    press(page, "Preview all 1 due on this page")
    see(page, "Send this reminder?")


def large(page: Page, _there: dict[str, str]) -> None:
    """Stored for a second person, and looked at by the first."""
    fill_adjustment(page, LETTERS, "12000", twice="12000", note=PICTURE)
    press(page, "Post adjustment")
    press(page, "Yes, post it")
    page.get_by_test_id("stMain").get_by_role("link", name="Needs your eye").click()
    see(page, "Waiting for a second person")
    open_row(page, LETTERS)
    see(page, "Asked by")


def bars(page: Page, _there: dict[str, str]) -> None:
    """They come when the rest stands."""
    expect(page.locator(".js-plotly-plot")).to_have_count(2)


def only_look(_page: Page, _there: dict[str, str]) -> None:
    """Everything is there already."""


PLACES: dict[str, tuple[str, Callable[[Page, dict[str, str]], None], tuple[str, ...]]] = {
    "the overview": ("", bars, ()),
    "what went astray": ("", only_look, (PICTURE, LETTERS)),
    "re-billing": ("invoice?id={astray}", rebill, (PICTURE, LETTERS)),
    "the organisations": ("organisations", only_look, ()),
    "the question about a duplicate": ("organisations", duplicate, (PICTURE,)),
    "a payer's account": ("customer?id={payer}", only_look, (PICTURE,)),
    "a patient's account": ("customer?id={patient}", only_look, (LETTERS,)),
    "the patients": ("patients", only_look, ()),
    "the invoices": ("invoices?payer={payer}", only_look, ()),
    "an invoice": ("invoice?id={invoice}", only_look, (PICTURE, LETTERS)),
    "a new invoice": ("new-invoice", new_invoice, ()),
    "the balances": ("balances", only_look, ()),
    "an adjustment": ("balances", adjust, (PICTURE,)),
    "a change of payer": ("patients", change_payer, (FORMULA,)),
    "the drafts": ("drafts", only_look, ()),
    "editing a draft": ("invoice?id={draft}", edit, (PICTURE,)),
    "finalising drafts": ("drafts", finalise, ()),
    "a consolidated invoice": ("customer?id={payer}", consolidate, (PICTURE,)),
    "a remittance": ("remittances?payer={payer}", remittance, (PICTURE,)),
    "the remittances": ("remittances", only_look, ()),
    "chasing": ("reminders", chase, (PICTURE,)),
    "what needs an eye": ("balances", large, (PICTURE,)),
    "the activity": ("activity", only_look, ()),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_name_is_only_text_on(
    practice: Practice, there: dict[str, str], page: Page, complaints: list[str], place: str
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.extend([request.url] if "127.0.0.1:1/" in request.url else [])

    page.on("request", note)
    path, act, words = PLACES[place]
    practice.open(page, path.format(**there))
    page.get_by_role("heading", level=1).wait_for()
    quiet(page)
    act(page, there)
    for tab in page.get_by_role("tab").all():
        tab.click()
    quiet(page)
    for name in words:
        see(page, name)
    assert asked == []
    for made in (".katex", "img[src*='p.png']", "b:text-is('bold')", "strong:text-is('bold')", "a[href*=':1/']"):
        assert page.get_by_test_id("stMain").locator(made).count() == 0, made
    assert not [line for line in complaints if "127.0.0.1:1/" in line]


def test_a_name_that_is_a_formula_is_harmless_in_a_spreadsheet(practice: Practice, page: Page) -> None:
    practice.open(page, "organisations")
    _name, rows = steps.download(page)
    assert {"'=cmd|calc", PICTURE} <= {row["Organisation"] for row in rows}
