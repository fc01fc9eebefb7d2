"""The yardstick itself: answers that fit the SDK's annotations pass, and each way of not fitting is named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.annotations import check


def an_entry(**changed: Any) -> dict[str, Any]:
    return {
        "id": "cbtxn_1",
        "object": "customer_balance_transaction",
        "amount": -4500,
        "checkout_session": None,
        "created": 1_790_000_000,
        "credit_note": None,
        "currency": "gbp",
        "customer": "cus_1",
        "description": "Missed appointment",
        "ending_balance": -4500,
        "invoice": None,
        "livemode": False,
        "metadata": {"pd_intent": "1"},
        "type": "adjustment",
    } | changed


def a_price(**changed: Any) -> dict[str, Any]:
    return {
        "id": "price_1",
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": 1_790_000_000,
        "currency": "gbp",
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": "Standard",
        "product": "prod_1",
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": 4500,
        "unit_amount_decimal": "4500",
        "custom_unit_amount": None,
    } | changed


def a_list(*items: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {"object": "list", "url": "/v1/things", "has_more": False, "data": list(items)} | changed


def an_event(thing: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_790_000_000,
        "data": {"object": thing},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": "req_1", "idempotency_key": None},
        "type": "price.created",
    } | changed


DELETED = {"id": "cus_1", "object": "customer", "deleted": True}
REFUSAL = {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such price"}}


@pytest.mark.parametrize(
    "answer",
    [
        an_entry(),
        an_entry(customer=DELETED),
        a_price(),
        a_list(),
        a_list(a_price(), an_entry(), total_count=2),
        {
            "object": "search_result",
            "url": "/v1/prices/search",
            "has_more": False,
            "next_page": None,
            "data": [a_price()],
        },
        DELETED,
        an_event(a_price()),
        REFUSAL,
    ],
    ids=lambda answer: answer.get("object", "error"),
)
def test_an_answer_that_fits_has_no_misfits(answer: dict[str, Any]) -> None:
    assert check(answer) == []


@pytest.mark.parametrize(
    ("answer", "misfit"),
    [
        (an_entry(amount=None), ".amount: 'None' (NoneType) where the SDK says int"),
        (an_entry(amount=-45.0), ".amount: '-45.0' (float) where the SDK says int"),
        (an_entry(amount=True), ".amount: 'True' (bool) where the SDK says int"),
        (an_entry(customer=None), ".customer: 'None' (NoneType) where the SDK says str"),
        (an_entry(metadata={"pd_intent": 1}), ".metadata.pd_intent: '1' (int) where the SDK says str"),
        (an_entry(balance=0), ".balance: not in the SDK's annotations"),
        (an_entry(customer={"id": "cus_1", "object": "customer"}), ".customer.created: missing"),
        (
            a_price(unit_amount_decimal=4500),
            ".unit_amount_decimal: '4500' (int) where the SDK says a decimal in a string",
        ),
        (
            a_price(unit_amount_decimal="45,00"),
            ".unit_amount_decimal: '45,00' (str) where the SDK says a decimal in a string",
        ),
        (a_price(type="once"), ".type: 'once' (str) where the SDK says one of 'one_time', 'recurring'"),
        (a_list(a_price(), a_price(active="yes")), ".data[1].active: 'yes' (str) where the SDK says bool"),
        (a_list(page=1), ".page: not in the SDK's annotations"),
        (an_event(a_price(nickname=7)), ".data.object.nickname: '7' (int) where the SDK says str"),
        ({"error": {"code": "resource_missing"}}, "error.type: missing"),
        ({"error": {"type": "api_error", "mesage": "typo"}}, "error.mesage: not in the SDK's annotations"),
        ({"object": "horse"}, ".object: 'horse' is no object of the SDK"),
        ({"id": "cus_1"}, ".object: None is no object of the SDK"),
    ],
)
def test_an_answer_that_does_not_fit_is_named_with_its_place(answer: dict[str, Any], misfit: str) -> None:
    assert any(line.endswith(misfit) for line in check(answer)), check(answer)


def test_every_missing_field_is_named() -> None:
    entry = an_entry()
    del entry["amount"], entry["ending_balance"]
    assert sorted(check(entry)) == [
        "customer_balance_transaction.amount: missing",
        "customer_balance_transaction.ending_balance: missing",
    ]


def test_a_deleted_stub_needs_its_id() -> None:
    assert check({"object": "customer", "deleted": True}) == ["customer.id: missing"]
