"""What a browser can open: the invoice's page, its PDF, and the stand-in for Stripe's dashboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from lib.sandbox import Sandbox
from lib.sandbox.server import Running, serve

NAME = "<script>alert(1)</script> & Søren"


@pytest.fixture
def running(box: Sandbox) -> Iterator[Running]:
    found = serve(box)
    yield found
    found.stop()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as found:
        found.trust_env = False
        yield found


@pytest.fixture
def invoice(box: Sandbox, running: Running) -> dict:
    customer = box.call("POST", "/v1/customers", {"name": NAME})["id"]
    draft = box.call("POST", "/v1/invoices", {"customer": customer})["id"]
    box.call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": [{"amount": 120050, "description": "(Visit)"}]})
    return box.call("POST", f"/v1/invoices/{draft}/finalize")


def test_an_address_that_was_guessed_shows_nothing(session, running, invoice):
    guessed = invoice["hosted_invoice_url"].replace("test_in_", "test_in_x")
    assert session.get(guessed, timeout=5).status_code == 404
    assert session.get(f"{running.url}/dashboard/secrets/x", timeout=5).status_code == 404
    assert session.get(f"{running.url}/dashboard/customers/cus_nope", timeout=5).status_code == 404


def test_the_invoices_page_shows_what_is_due_and_a_name_is_text(session, running, invoice):
    assert invoice["hosted_invoice_url"].startswith(running.url)
    page = session.get(invoice["hosted_invoice_url"], timeout=5).text
    assert ("£1,200.50" in page, invoice["number"] in page) == (True, True)
    assert ("<script>" in page, "&lt;script&gt;" in page) == (False, True)


def test_the_pdf_is_a_pdf(session, invoice):
    answer = session.get(invoice["invoice_pdf"], timeout=5)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.4")
    assert b"(\\(Visit\\)   \xa31,200.50)" in answer.content


def test_open_in_stripe_has_somewhere_to_lead(session, running, invoice):
    page = session.get(f"{running.url}/dashboard/invoices/{invoice['id']}", timeout=5).text
    assert (invoice["number"] in page, "<script>" in page) == (True, False)
    customer = session.get(f"{running.url}/dashboard/customers/{invoice['customer']}", timeout=5)
    assert customer.status_code == 200


def test_a_test_card_pays_an_open_invoice_once(session, box, invoice):
    url = invoice["hosted_invoice_url"]
    assert "Pay £1,200.50 with a test card" in session.get(url, timeout=5).text
    after = [session.post(url, timeout=5) for _ in range(2)][-1]
    assert (after.status_code, "test card" in after.text) == (200, False)
    paid = box.call("GET", f"/v1/invoices/{invoice['id']}", {"expand": ["amount_paid_off_stripe"]})
    assert (paid["status"], paid["amount_paid"], paid["amount_paid_off_stripe"]) == ("paid", 120050, 0)
    told = [event["type"] for event in box.call("GET", "/v1/events", {"limit": 2})["data"]]
    assert told == ["invoice.payment_succeeded", "invoice.paid"]


def test_a_guessed_address_pays_nothing(session, box, invoice):
    guessed = invoice["hosted_invoice_url"].replace("?", "x?")
    assert session.post(guessed, timeout=5).status_code == 404
    assert box.call("GET", f"/v1/invoices/{invoice['id']}")["status"] == "open"


def test_the_invoices_page_says_how_the_amount_due_came_about(session, box, invoice):
    box.call("POST", "/v1/credit_notes", {"invoice": invoice["id"], "amount": 20000})
    page = session.get(invoice["hosted_invoice_url"], timeout=5).text
    assert ("Credit notes<td>−£200.00" in page, "Amount due<td>£1,000.50" in page) == (True, True)
    assert ("Applied balance" in page, "<tr><td>Paid" in page) == (False, False)
