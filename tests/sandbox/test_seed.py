"""The demo practice, read back through the official SDK as any program would read it."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pytest
import stripe

from lib.sandbox import Sandbox
from lib.sandbox.seed import SeedRefused, build
from lib.sandbox.seed.calendar import day_of, end_of
from lib.sandbox.transport import InProcess
from tests.support.annotations import check

TODAY = date(2026, 3, 2)
DAY = 86_400
Row = dict[str, Any]

pytestmark = pytest.mark.slow


@dataclass
class Books:
    """Everything in a sandbox, read page by page through the SDK."""

    sandbox: Sandbox

    @cached_property
    def client(self) -> Any:
        return stripe.StripeClient("sk_test_demo", http_client=InProcess(self.sandbox)).v1

    @cached_property
    def customers(self) -> dict[str, Row]:
        return {row["id"]: row for row in self.listed(self.client.customers)}

    @cached_property
    def invoices(self) -> list[Row]:
        return self.listed(self.client.invoices)

    @cached_property
    def ledgers(self) -> dict[str, list[Row]]:
        """Balance transactions by customer, oldest first."""
        return {key: self.listed(self.client.customers.balance_transactions, key)[::-1] for key in self.customers}

    def named(self, name: str) -> Row:
        return next(row for row in self.customers.values() if row["name"] == name)

    def billed_to(self, customer: str) -> list[Row]:
        return [invoice for invoice in self.invoices if invoice["customer"] == customer]

    def listed(self, service: Any, *path: str) -> list[Row]:
        return [found.to_dict() for found in service.list(*path, {"limit": 100}).auto_paging_iter()]


@pytest.fixture(scope="module")
def books() -> Iterator[Books]:
    sandbox, misfits = Sandbox(), list[str]()
    build(sandbox, TODAY)
    sandbox.observers.append(lambda _method, _path, answer: misfits.extend(check(json.loads(answer.body))))
    yield Books(sandbox)
    sandbox.close()
    assert not misfits, "\n".join(dict.fromkeys(misfits))


def test_a_sandbox_that_holds_something_else_is_refused(sandbox):
    sandbox.call("POST", "/v1/customers", {"name": "Somebody"})

    with pytest.raises(SeedRefused, match="already holds other data"):
        build(sandbox, TODAY)
    assert len(sandbox.call("GET", "/v1/customers", {})["data"]) == 1


def test_a_practice_that_was_interrupted_while_loading_is_refused(sandbox):
    sandbox.call("POST", "/v1/tax_rates", _rate({"demo_practice": "loading"}))

    with pytest.raises(SeedRefused, match="interrupted"):
        build(sandbox, TODAY)


def test_loading_a_second_time_changes_nothing(books):
    newest = books.sandbox.call("GET", "/v1/events", {"limit": 1})
    build(books.sandbox, TODAY)

    assert books.sandbox.call("GET", "/v1/events", {"limit": 1}) == newest


def test_the_same_day_gives_the_same_practice(books):
    again = Sandbox()
    build(again, TODAY)

    assert _told(again, "invoices") == _told(books.sandbox, "invoices")
    assert _told(again, "customers") == _told(books.sandbox, "customers")
    again.close()


def test_afterwards_the_clock_shows_the_real_time(books):
    assert abs(books.sandbox.clock.now() - time.time()) < 5


def test_there_are_240_patients_and_of_twelve_organisations_eleven_are_still_listed(books):
    patients = [row for row in books.customers.values() if _is_patient(row)]

    assert len(patients) == 240
    assert len(books.customers) - len(patients) == 11
    assert sum(row["metadata"].get("pd_kind") == "patient" for row in patients) in range(180, 235)


def test_one_organisation_was_made_by_hand_and_carries_nothing_of_ours(books):
    unmarked = [row for row in books.customers.values() if not row["metadata"]]

    assert [row["name"] for row in unmarked] == ["Ferrow & Lunt Architects"]
    assert books.billed_to(unmarked[0]["id"])


def test_invoices_are_in_every_status(books):
    by_status = Counter(row["status"] for row in books.invoices)

    assert 1100 <= len(books.invoices) <= 1400
    assert set(by_status) == {"draft", "open", "paid", "void", "uncollectible"}
    assert min(by_status.values()) >= 10


@pytest.mark.parametrize("by_terms", [False, True], ids=["by due date", "by thirty days"])
def test_something_is_open_in_every_ageing_bucket(books, by_terms):
    due = [
        row["created"] + 30 * DAY if by_terms else row["due_date"] for row in books.invoices if row["status"] == "open"
    ]
    late = [(TODAY - day_of(when)).days for when in due]

    assert any(days <= 0 for days in late)
    for first, last in ((1, 30), (31, 60), (61, 90), (91, 999)):
        assert any(first <= days <= last for days in late)


def test_nothing_lies_ahead_of_the_day_it_was_built_for(books):
    latest = max(*(row["created"] for row in books.invoices), *(row["created"] for row in books.customers.values()))

    assert day_of(latest) == TODAY
    assert latest < end_of(TODAY) - 23 * 3600


def test_the_last_weeks_are_lively(books):
    since = end_of(TODAY) - 31 * DAY
    recent = [row for row in books.invoices if row["created"] > since]

    assert len(recent) > 40
    assert sum((row["status_transitions"]["paid_at"] or 0) > since for row in books.invoices) > 30
    assert sum(row["status"] == "draft" for row in recent) >= 8
    assert any(day_of(row["status_transitions"]["paid_at"] or 0) == TODAY for row in books.invoices)


def test_every_ledger_adds_up_to_the_balance(books):
    for key, rows in books.ledgers.items():
        assert sum(row["amount"] for row in rows) == books.customers[key]["balance"]
        assert [row["ending_balance"] for row in rows[-1:]] in ([], [books.customers[key]["balance"]])


def test_what_is_asked_for_is_the_total_less_the_credit_that_was_used(books):
    for row in books.invoices:
        if row["status"] != "draft":
            assert row["total"] + row["starting_balance"] == row["amount_due"] + row["ending_balance"]
            assert row["amount_due"] == row["amount_paid"] + row["amount_remaining"]


def test_lines_and_taxes_add_up_to_the_total(books):
    for row in books.invoices:
        taxes = sum(tax["amount"] for tax in row["total_taxes"] or [])
        assert row["subtotal"] + taxes == row["total"]
        assert row["lines"]["has_more"] or sum(line["amount"] for line in row["lines"]["data"]) == row["subtotal"]


def test_vat_stands_next_to_exempt_care_on_one_invoice(books):
    rates = {rate["id"]: rate["percentage"] for rate in books.listed(books.client.tax_rates)}
    mixed = [row for row in books.invoices if {rates[key] for key in _rates_of(row)} == {0.0, 20.0}]

    assert set(rates.values()) == {0.0, 20.0}
    assert len(mixed) > 10


def test_one_invoice_has_37_lines(books):
    long = [row for row in books.invoices if row["lines"]["total_count"] == 37]

    assert [(row["subtotal"], row["total"], row["status"]) for row in long] == [(92500, 92500, "open")]


def test_everything_the_yen_embassy_is_billed_is_in_whole_yen(books):
    embassy = books.named("Embassy of Akitsu, Consular Section")
    billed = books.billed_to(embassy["id"])

    assert embassy["currency"] == "jpy"
    assert {row["currency"] for row in billed} == {"jpy"}
    assert all(8_000 <= row["total"] <= 150_000 for row in billed)
    assert {row["currency"] for row in books.invoices if row["customer"] != embassy["id"]} == {"gbp"}


def test_the_deleted_organisation_is_still_owed_for_and_still_a_default_payer(books):
    gone = {row["customer"] for row in books.invoices} - set(books.customers)
    (key,) = gone

    assert books.client.customers.retrieve(key).to_dict() == {"id": key, "object": "customer", "deleted": True}
    assert sum(row["status"] == "open" for row in books.billed_to(key)) >= 5
    assert sum(row["metadata"].get("pd_default_payer") == key for row in books.customers.values()) >= 5


def test_parents_pay_for_their_children(books):
    paid_for = [row for row in books.customers.values() if _is_patient(books.customers.get(_payer(row), {}))]

    assert len(paid_for) == 24


def test_some_invoices_went_to_the_patient_although_an_organisation_is_the_default_payer(books):
    wrong = [
        row
        for row in books.invoices
        if _is_organisation(books.customers.get(_payer(books.customers.get(row["customer"], {})), {}))
    ]

    assert len(wrong) >= 10
    assert any(row["status"] == "open" for row in wrong)


def test_only_payerdesks_own_invoices_name_the_patient_by_id(books):
    ours = [row for row in books.invoices if "pd_patient" in row["metadata"]]
    heros = [row for row in books.invoices if "Patient name" in row["metadata"]]

    assert len(ours) > 150
    assert len(heros) > 0.7 * len(books.invoices)
    assert all(_is_patient(books.customers[row["metadata"]["pd_patient"]]) for row in ours)
    assert not any(row in ours for row in heros)


def test_hero_makes_its_invoices_due_on_the_day_of_issue(books):
    heros = [row for row in books.invoices if "Patient name" in row["metadata"]]

    assert all(day_of(row["due_date"]) == day_of(row["created"]) for row in heros)
    assert {row["collection_method"] for row in books.invoices} == {"send_invoice"}


def test_credits_and_debits_tell_every_story(books):
    by_type = Counter(row["type"] for rows in books.ledgers.values() for row in rows)
    issued = [row for row in books.invoices if row["status"] != "draft"]

    assert set(by_type) == {"adjustment", "applied_to_invoice", "unapplied_from_invoice", "invoice_too_small"}
    assert any(row["status"] == "paid" and row["amount_due"] == 0 and row["ending_balance"] < 0 for row in issued)
    assert any(row["starting_balance"] < 0 < row["amount_due"] for row in issued)
    assert any(row["starting_balance"] > 0 and row["amount_due"] > row["total"] for row in issued)


def test_credit_and_debit_are_on_account_today_in_pounds_and_in_yen(books):
    held: dict[tuple[str, bool], int] = defaultdict(int)
    for row in books.customers.values():
        if row["balance"]:
            held[row["currency"], row["balance"] < 0] += 1

    assert held["gbp", True] >= 8
    assert held["gbp", False] >= 4
    assert held["jpy", True] == 1


def test_every_adjustment_says_why(books):
    reasons = Counter(
        row["description"] for rows in books.ledgers.values() for row in rows if row["type"] == "adjustment"
    )

    assert {"Late cancellation, paid in advance", "Returned kit", "Postage"} <= set(reasons)
    assert None not in reasons


def test_a_pending_item_waits_on_an_organisation_without_being_swept_up(books):
    (item,) = books.listed(books.client.invoice_items, {"pending": True})

    assert (item["amount"], item["invoice"]) == (1500, None)


def test_the_price_list_has_nicknames_lookup_keys_and_one_product_withdrawn(books):
    prices, products = books.listed(books.client.prices), books.listed(books.client.products)
    listed = [price for price in prices if price["nickname"]]

    assert {"Standard", "Member", "Employer rate"} <= {price["nickname"] for price in listed}
    assert len({price["lookup_key"] for price in listed}) == len(listed)
    assert [product["name"] for product in products if not product["active"]] == ["Covid-19 PCR test"]


def _told(sandbox: Sandbox, kind: str) -> list[Row]:
    """Every object as the API answers it, without the SDK's reading of it."""
    page = sandbox.call("GET", f"/v1/{kind}", {"limit": 100})
    found: list[Row] = page["data"]
    while page["has_more"]:
        page = sandbox.call("GET", f"/v1/{kind}", {"limit": 100, "starting_after": found[-1]["id"]})
        found += page["data"]
    return found


def _rate(metadata: dict[str, str]) -> dict[str, Any]:
    return {"display_name": "Exempt", "percentage": 0, "inclusive": False, "metadata": metadata}


def _is_patient(customer: Row) -> bool:
    return "Full name" in customer.get("metadata", {})


def _is_organisation(customer: Row) -> bool:
    return customer.get("metadata", {}).get("pd_kind") == "organisation"


def _payer(customer: Row) -> str:
    return customer.get("metadata", {}).get("pd_default_payer", "")


def _rates_of(invoice: Row) -> set[str]:
    return {tax["tax_rate_details"]["tax_rate"] for tax in invoice["total_taxes"] or []}
