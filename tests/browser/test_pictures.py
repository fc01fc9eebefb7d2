"""Every page drawn in full, by day and by night, and the main ones on a telephone; pictures are kept for docs/."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from lib.people.demo import DEMO
from tests.browser import pictures, steps
from tests.browser.adjusting import fill_adjustment
from tests.browser.practice import Practice, client
from tests.browser.steps import button, fill, pick, pick_many, press, see, shows

if TYPE_CHECKING:
    import stripe
    from playwright.sync_api import Page

    from tests.support.app_server import AppServer

pytestmark = pytest.mark.browser

CORVANE = "Corvane Engineering plc"


@dataclass
class Demo:
    """The dashboard with its embedded practice, and the SDK in front of that."""

    url: str
    sdk: stripe.StripeClient
    cookies: dict[str, Any]

    def open(self, page: Page, path: str, title: str, username: str = "manager") -> None:
        page.set_viewport_size({"width": pictures.WIDE, "height": pictures.HEIGHT})
        if username in self.cookies:
            page.context.add_cookies(self.cookies[username])
            page.goto(f"{self.url}/{path}")
        else:
            password = {name: word for name, _, word in DEMO}[username]
            steps.come_in(page, f"{self.url}/{path}", username, password)
            self.cookies[username] = page.context.cookies()
        shows(page, title)

    def customer(self, name: str) -> str:
        """The id of a customer of this name."""
        every = self.sdk.v1.customers.list({"limit": 100}).auto_paging_iter()
        return next(one.id for one in every if one.name == name)

    def covered_by(self, payer: str) -> stripe.Customer:
        """A patient for whom this customer pays."""
        found = self.sdk.v1.customers.list({"limit": 100}).auto_paging_iter()
        return next(one for one in found if payer in dict.values((one.metadata or {}).to_dict()))


@pytest.fixture(scope="module")
def demo(start_app: Callable[..., AppServer]) -> Iterator[Demo]:
    app = start_app()
    yield Demo(app.url, client((app.data / "sandbox.lock").read_text()), {})
    app.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures.folder(tmp_path_factory.mktemp("pictures"))


def sign_in_page(demo: Demo, page: Page) -> None:
    page.set_viewport_size({"width": pictures.WIDE, "height": pictures.HEIGHT})
    page.goto(demo.url)
    button(page, "Sign in").wait_for()


def overview(demo: Demo, page: Page) -> None:
    demo.open(page, "", "Overview")
    expect(page.locator(".js-plotly-plot")).to_have_count(2)


def organisations(demo: Demo, page: Page) -> None:
    demo.open(page, "organisations", "Organisations")


def add_organisation(demo: Demo, page: Page) -> None:
    demo.open(page, "organisations", "Organisations")
    press(page, "Add organisation")
    fill(page, "Organisation name", "Brackwater Ltd")
    fill(page, "Invoice email", "accounts@brackwater")
    press(page, "Save organisation")
    see(page, "This is not an email address.")


def account_of_an_organisation(demo: Demo, page: Page) -> None:
    demo.open(page, f"customer?id={demo.customer(CORVANE)}", CORVANE)


def account_of_a_patient(demo: Demo, page: Page) -> None:
    patient = demo.covered_by(demo.customer(CORVANE))
    demo.open(page, f"customer?id={patient.id}", str(patient.name))


def patients(demo: Demo, page: Page) -> None:
    demo.open(page, "patients", "Patients")


def change_payer(demo: Demo, page: Page) -> None:
    patient = demo.covered_by(demo.customer(CORVANE))
    demo.open(page, "patients", "Patients")
    press(page, "Change payer")
    pick_many(page, "Patients", str(patient.name))
    pick(page, "Default payer", "Wrenfield")
    see(page, "They will see the patient's name")


def invoices(demo: Demo, page: Page) -> None:
    demo.open(page, "invoices", "Invoices")


def new_invoice(demo: Demo, page: Page) -> None:
    patient = demo.covered_by(demo.customer(CORVANE))
    demo.open(page, f"new-invoice?patient={patient.id}", "New invoice")
    fill(page, "Description", "Workplace assessment")
    fill(page, "Unit price", "180.00")
    pick(page, "VAT", "20")
    press(page, "Add line")
    button(page, "Remove").wait_for()  # the total stood there before: what is being typed counts
    fill(page, "Description", "Blood test, full count")
    fill(page, "Unit price", "64.50")
    see(page, "£280.50")


def invoice(demo: Demo, page: Page) -> None:
    found = demo.sdk.v1.invoices.list({"limit": 100, "customer": demo.customer(CORVANE), "status": "open"})
    demo.open(page, f"invoice?id={found.data[0].id}", f"Invoice {found.data[0].number}")


def balances(demo: Demo, page: Page) -> None:
    demo.open(page, "balances", "Balances")


def adjust_balance(demo: Demo, page: Page) -> None:
    demo.open(page, "balances", "Balances")
    fill_adjustment(page, CORVANE, "45", note="Late cancellation on 12 November")
    press(page, "Post adjustment")
    button(page, "Yes, post it").wait_for()


def drafts(demo: Demo, page: Page) -> None:
    demo.open(page, "drafts", "Drafts")


def rebill(demo: Demo, page: Page) -> None:
    demo.open(page, "", "Overview")
    button(page, "Re-bill").first.click()
    see(page, "will be able to read")


def remittances(demo: Demo, page: Page) -> None:
    demo.open(page, f"remittances?payer={demo.customer('Halden Marsh Logistics Ltd')}", "Remittances")
    fill(page, "Amount received", "800.00")
    pick(page, "Method", "Bank transfer")
    fill(page, "Reference", "BACS 22 November")
    press(page, "Continue")
    press(page, "Yes, record £800.00")
    see(page, "was recorded over")
    press(page, "Done")
    steps.open_row(page, "BACS 22 November")
    see(page, "All remittances")


def chasing(demo: Demo, page: Page) -> None:
    demo.open(page, "reminders", "Chasing")
    steps.open_row(page, "St Aldwyn's School")
    press(page, "Preview 1 of those ticked")
    see(page, "Send this reminder?")


def needs_your_eye(demo: Demo, page: Page) -> None:
    demo.open(page, "balances", "Balances")
    fill_adjustment(page, CORVANE, "12000", twice="12000", note="Advance for the year")
    press(page, "Post adjustment")
    press(page, "Yes, post it")
    see(page, "waits for a second person")
    page.context.clear_cookies()
    demo.open(page, "needs-your-eye", "Needs your eye", "admin")
    steps.open_row(page, CORVANE)
    see(page, "Asked by")


def activity(demo: Demo, page: Page) -> None:
    demo.open(page, "activity", "Activity")


def settings(demo: Demo, page: Page) -> None:
    demo.open(page, "settings", "Settings", "admin")


SCENES = (
    sign_in_page,
    overview,
    organisations,
    add_organisation,
    account_of_an_organisation,
    account_of_a_patient,
    patients,
    change_payer,
    invoices,
    new_invoice,
    invoice,
    balances,
    adjust_balance,
    drafts,
    rebill,
    remittances,
    chasing,
    needs_your_eye,
    activity,
    settings,
)


def is_whole(page: Page, *, errors: int = 0) -> None:
    """Nothing broke, and nothing complains that was not meant to."""
    expect(page.get_by_test_id("stMain")).not_to_contain_text("could not be shown")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(errors)


def fits(page: Page) -> None:
    """Nobody has to push the page sideways."""
    for place in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):
        wide, seen = page.evaluate(f"[{place}.scrollWidth, {place}.clientWidth]")
        assert wide <= seen, f"{wide} px wide in a window of {seen}"


def keep(page: Page, folder: Path, name: str) -> None:
    pictures.take(page, folder / f"{name}.png")
    pictures.take(page, folder / f"{name}-dark.png", dark=True)
    pictures.take(page, folder / f"{name}-phone.png", width=pictures.NARROW)
    fits(page)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_page_is_drawn_in_full_by_day_by_night_and_on_a_telephone(
    demo: Demo, page: Page, folder: Path, scene: Callable[[Demo, Page], None]
) -> None:
    scene(demo, page)
    is_whole(page, errors=2 if scene is add_organisation else 0)
    keep(page, folder, scene.__name__.replace("_", "-"))


@pytest.mark.parametrize("title", ["Overview", "Organisations"])
def test_a_practice_with_nothing_in_it_says_what_to_do_next(
    practice: Practice, page: Page, folder: Path, title: str
) -> None:
    page.set_viewport_size({"width": pictures.WIDE, "height": pictures.HEIGHT})
    practice.open(page, "" if title == "Overview" else title.lower())
    shows(page, title)
    is_whole(page)
    keep(page, folder, f"empty-{title.lower()}")
