"""An account with an older API version: its events look old; requests are answered in the version that they ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lib.sandbox import Sandbox
from tests.sandbox.conftest import NOON

OLD = "2024-06-20"


@pytest.fixture
def old() -> Iterator[Sandbox]:
    """Not the usual one: its events are not what the SDK's annotations say, as those of the real Stripe are not."""
    box = Sandbox(event_version=OLD)
    box.clock.set(NOON)
    yield box
    box.close()


@pytest.fixture
def invoice(old):
    """An invoice with VAT that was part-credited."""
    customer = old.call("POST", "/v1/customers", {"name": "Acme"})["id"]
    rate = {"display_name": "VAT", "percentage": 20, "inclusive": False}
    rate = old.call("POST", "/v1/tax_rates", rate)["id"]
    terms = {"collection_method": "send_invoice", "days_until_due": 30}
    ident = old.call("POST", "/v1/invoices", {"customer": customer, **terms})["id"]
    lines = [{"amount": 10000, "description": "Visit", "tax_rates": [rate]}]
    old.call("POST", f"/v1/invoices/{ident}/add_lines", {"lines": lines})
    old.call("POST", f"/v1/invoices/{ident}/finalize")
    old.call("POST", "/v1/credit_notes", {"invoice": ident, "amount": 6000})
    return old.call("POST", f"/v1/invoices/{ident}/pay", {"paid_out_of_band": True})


def last(box: Sandbox, kind: str) -> dict:
    return box.call("GET", "/v1/events", {"type": kind, "limit": 1})["data"][0]


def test_an_answer_is_new_where_its_event_is_old(old, invoice):
    event = last(old, "invoice.paid")
    told = event["data"]["object"]
    assert (event["api_version"], told["paid"], told["paid_out_of_band"], told["tax"]) == (OLD, True, True, 2000)
    assert not {"total_taxes", "parent", "status_details", "amount_overpaid"} & told.keys()
    assert not {"paid", "tax", "charge", "subscription"} & invoice.keys()


def test_an_old_line_has_a_price_and_no_pricing(old, invoice):
    line = last(old, "invoice.paid")["data"]["object"]["lines"]["data"][0]
    assert (line["price"]["unit_amount"], line["type"], line["tax_amounts"][0]["amount"]) == (
        10000,
        "invoiceitem",
        2000,
    )
    assert (line["tax_rates"][0]["percentage"], "pricing" in line, "taxes" in line) == (20, False, False)
    item = last(old, "invoiceitem.created")["data"]["object"]
    assert (item["unit_amount"], item["plan"], "pricing" in item) == (10000, None, False)


def test_an_old_credit_note_has_tax_amounts_and_no_parts(old, invoice):
    note = last(old, "credit_note.created")["data"]["object"]
    assert (note["type"], note["refund"], note["tax_amounts"][0]["amount"]) == ("pre_payment", None, 1000)
    assert not {"pre_payment_amount", "refunds", "total_taxes"} & note.keys()


def test_what_changed_is_told_in_old_words_too(old, invoice):
    previous = last(old, "invoice.updated")["data"]["previous_attributes"]
    assert previous["amount_due"] == 12000
    first = old.call("GET", "/v1/events", {"type": "invoice.updated", "limit": 10})["data"][-1]
    assert (first["data"]["previous_attributes"]["tax"], "total_taxes" in first["data"]["previous_attributes"]) == (
        None,
        False,
    )


def test_an_account_of_a_newer_version_only_says_so():
    box = Sandbox(event_version="2025-09-30.clover")
    box.call("POST", "/v1/customers", {"name": "Acme"})
    event = last(box, "customer.created")
    box.close()
    assert (event["api_version"], "customer_account" in event["data"]["object"]) == ("2025-09-30.clover", True)
