"""A practice manager's main job, from the sign-in to the spreadsheet, on a Stripe that is asked afterwards."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.browser import steps
from tests.browser.adjusting import fill_adjustment
from tests.browser.practice import PASSWORD, Practice, StripeSide
from tests.browser.steps import button, fill, pick, pick_many, press, see, sees_at_once, shows, turn_to

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    ada = side.patient("Ada Byrne", email="ada@byrne.example")
    figures = side.organisation("Figures & Sons Ltd")
    side.bill(figures, 123_456, 789)
    side.post(figures, -1_234_567)
    return {"ada": ada, "figures": figures}


def add_organisation(page: Page, name: str) -> None:
    press(page, "Add organisation")
    details = {
        "Organisation name": name,
        "Invoice email": "accounts@tallowwick.example",
        "Address": "1 Chandlers Yard",
        "Town or city": "London",
        "Postcode": "SE1 9ZZ",
        "Phone": "+44 20 7946 0999",
        "VAT number": "GB 111 222 333",
        "Payment terms (days)": "45",
        "Purchase order": "PO-77",
    }
    for label, text in details.items():
        fill(page, label, text)
    press(page, "Save organisation")
    shows(page, name)


def change_payer(page: Page, patient: str, payer: str) -> None:
    press(page, "Change payer")
    pick_many(page, "Patients", patient)
    pick(page, "Default payer", payer)
    see(page, f"new invoices for this patient go to {payer}")
    press(page, "Save payer")
    see(page, "Now set it in Hero too")
    press(page, "Done")


def post(page: Page, customer: str, kind: str, amount: str, note: str = "") -> None:
    fill_adjustment(page, customer, amount, kind=kind, note=note)
    press(page, "Post adjustment")
    button(page, "Yes, post it").wait_for()


def test_from_sign_in_to_a_sent_invoice_that_uses_the_credit(
    practice: Practice, there: dict[str, str], page: Page
) -> None:
    steps.come_in(page, practice.url, "mira", PASSWORD)
    shows(page, "Overview")

    turn_to(page, "Organisations")
    add_organisation(page, "Tallow & Wick Ltd")
    [payer] = practice.stripe.named("Tallow & Wick Ltd")
    assert (payer.email, payer.metadata["pd_kind"]) == ("accounts@tallowwick.example", "organisation")
    assert payer.metadata["pd_terms_days"] == "45"
    [tax] = practice.stripe.sdk.v1.customers.tax_ids.list(payer.id).data
    assert (tax.type, tax.value) == ("gb_vat", "GB111222333")

    turn_to(page, "Patients")
    change_payer(page, "Ada Byrne", "Tallow & Wick Ltd")
    sees_at_once(page, "Tallow & Wick Ltd")
    assert practice.stripe.sdk.v1.customers.retrieve(there["ada"]).metadata["pd_default_payer"] == payer.id

    turn_to(page, "Balances")
    post(page, "Tallow & Wick Ltd", "Credit", "45")
    see(page, "The account is settled; after this, they are owed £45.00.")
    press(page, "Yes, post it")
    see(page, "They are owed £45.00 now.")
    assert practice.stripe.balance(payer.id) == -4500

    turn_to(page, "Invoices")
    press(page, "New invoice")
    shows(page, "New invoice")
    pick(page, "Patient", "Ada Byrne")
    see(page, "To Tallow & Wick Ltd")
    fill(page, "Description", "Occupational health assessment")
    fill(page, "Unit price", "120.00")
    see(page, "£45.00 credit used, £75.00 to pay.")
    press(page, "Finalise and send")
    see(page, "was finalised and sent, £75.00 to pay.")
    [invoice] = practice.stripe.invoices_of(payer.id)
    assert (invoice.status, invoice.total, invoice.amount_due, invoice.starting_balance) == ("open", 12000, 7500, -4500)
    assert invoice.metadata["pd_patient"] == there["ada"]
    assert practice.stripe.balance(payer.id) == 0

    turn_to(page, "Invoices")
    sees_at_once(page, str(invoice.number))
    name, rows = steps.download(page)
    assert name.startswith("payerdesk-invoices-20")
    [row] = [row for row in rows if row["Invoice ID"] == invoice.id]
    assert (row["Status"], row["Payer"], row["Patient"]) == ("open", "Tallow & Wick Ltd", "Ada Byrne")
    assert [row[column] for column in ("Total", "Due", "Paid", "Remaining")] == ["120.00", "75.00", "0.00", "75.00"]


PROMISED = {
    "organisations": ("Customer ID", "Organisation", "Currency", "Outstanding", "Overdue", "Credit"),
    "patients": ("Customer ID", "Patient", "Default payer", "Currency", "Outstanding", "Credit"),
    "invoices": (
        *("Invoice ID", "Number", "Status", "Payer ID", "Payer", "Patient", "Currency", "Total", "Due", "Paid"),
        *("Remaining", "Created", "Due date"),
    ),
    "balances": ("Customer ID", "Customer", "Currency", "Credit", "Debit"),
}


@pytest.mark.parametrize("what", PROMISED)
def test_a_list_that_is_taken_away_has_the_columns_that_were_promised(
    practice: Practice, page: Page, what: str
) -> None:
    practice.open(page, what)
    shows(page, what.title())
    name, rows = steps.download(page)
    assert name.startswith(f"payerdesk-{what}-20")
    assert set(PROMISED[what]) <= set(rows[0])


def test_the_figures_in_the_file_are_those_of_stripe(practice: Practice, there: dict[str, str], page: Page) -> None:
    practice.open(page, "organisations")
    shows(page, "Organisations")
    _name, rows = steps.download(page)
    [row] = [row for row in rows if row["Customer ID"] == there["figures"]]
    owes = sum(invoice.amount_remaining for invoice in practice.stripe.invoices_of(there["figures"]))
    assert (row["Outstanding"], row["Credit"], row["Currency"]) == ("1242.45", "12345.67", "gbp")
    assert Decimal(row["Outstanding"]) * 100 == owes
    assert Decimal(row["Credit"]) * -100 == practice.stripe.balance(there["figures"])
