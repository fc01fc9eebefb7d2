"""The page for a new invoice as tests use it: a small practice, and what is typed and read on the page."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.drawn import figures, labelled, plain
from tests.support.signed_in import sign_in
from tests.support.world import World


class Practice:
    """Ada, whose default payer is Acme (terms 45 days, a purchase order of its own); the manager Maud is there."""

    def __init__(self, quick: World) -> None:
        self.world = quick
        fields = [{"name": "Purchase order", "value": "PO-1042"}]
        self.acme = quick.customer(
            "Acme Ltd",
            email="ap@acme.example",
            metadata={"pd_terms_days": "45"},
            invoice_settings={"custom_fields": fields},
        )
        self.school = quick.customer("St Aldwyn's", email="bursar@school.example")
        self.ada = quick.patient("Ada Byrne", email="ada@home.example", metadata={"pd_default_payer": self.acme})
        quick.sync()

    def raised(self) -> list[dict]:
        """Every invoice in Stripe, the newest first."""
        return self.world.sandbox.call("GET", "/v1/invoices", {"limit": 100})["data"]

    def payer_of_ada(self) -> str:
        return self.world.in_stripe("customer", self.ada)["metadata"]["pd_default_payer"]


@pytest.fixture
def practice(quick: World, monkeypatch: pytest.MonkeyPatch) -> Practice:
    """A small practice with the manager Maud at the screen."""
    made = Practice(quick)
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return made


def typed(drawn: AppTest, description: str, price: str, *, quantity: str = "", vat: str = "") -> AppTest:
    """Fill in the fields of a line."""
    labelled(drawn.text_input, "Description").set_value(description)
    labelled(drawn.text_input, "Unit price").set_value(price)
    if quantity:
        labelled(drawn.text_input, "Quantity").set_value(quantity)
    if vat:
        labelled(drawn.selectbox, "VAT").set_value(vat)
    return drawn.run()


def billed_to(drawn: AppTest, payer: str) -> AppTest:
    return labelled(drawn.selectbox, "Bill to").set_value(payer).run()


def amount(drawn: AppTest, label: str) -> str:
    """The amount beside a label of the preview."""
    return figures(drawn).partition(f"{label} ")[2].partition(" ")[0]


def errors(drawn: AppTest) -> list[str]:
    return [plain(one.value) for one in drawn.error]


def shows_invoice(drawn: AppTest) -> bool:
    return drawn.title[0].value.startswith(("Invoice", "Draft"))


def catalogue_price(quick: World) -> str:
    """A price of the catalogue that the mirror knows."""
    product = quick.sandbox.call("POST", "/v1/products", {"name": "Medical"})["id"]
    params = {"product": product, "currency": "gbp", "unit_amount": 14_500, "nickname": "Employer rate"}
    price = quick.sandbox.call("POST", "/v1/prices", params)["id"]
    quick.sync()
    return price
