"""A repeated POST with its key is answered from memory and not done twice."""

from __future__ import annotations

import threading
import time

import pytest
import stripe

from lib.sandbox import Sandbox
from tests.sandbox.conftest import KEY
from tests.sandbox.helpers import balance, ledger, refused

DAY = 86_400


def options(key: str) -> dict[str, str]:
    return {"idempotency_key": key}


@pytest.fixture
def credit(client, acme):
    def enter(amount: int, key: str):
        given = {"amount": amount, "currency": "gbp"}
        return client.v1.customers.balance_transactions.create(acme, given, options(key))

    return enter


def test_the_same_key_with_another_amount_is_refused_and_posts_nothing(client, acme, credit):
    credit(-5000, "K")
    with pytest.raises(stripe.IdempotencyError) as caught:
        credit(-6000, "K")
    assert (caught.value.http_status, caught.value.code) == (400, None)
    assert "other than 'K'" in caught.value.user_message
    assert balance(client, acme) == -5000


def test_the_same_key_on_another_address_is_refused(client, credit):
    credit(-5000, "K")
    assert refused(client.v1.customers.create, {"name": "x"}, options("K"))[0] == 400


def test_the_same_key_and_call_is_answered_again_and_done_once(client, acme, credit):
    first, again = credit(-5000, "K"), credit(-5000, "K")
    assert again.to_dict() == first.to_dict()
    assert ledger(client, acme) == [("adjustment", -5000, -5000)]
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.last_response.headers


def test_the_answer_stays_as_it_was_although_the_world_moved_on(client, acme):
    given = {"name": "First"}
    client.v1.customers.update(acme, given, options("K"))
    client.v1.customers.update(acme, {"name": "Second"})
    assert client.v1.customers.update(acme, given, options("K")).name == "First"
    assert client.v1.customers.retrieve(acme).name == "Second"


def test_the_order_of_the_fields_does_not_matter(box, acme):
    path = f"/v1/customers/{acme}/balance_transactions"
    first = box.call("POST", path, {"amount": -1, "currency": "gbp"}, key="K")
    assert box.call("POST", path, {"currency": "gbp", "amount": -1}, key="K") == first


def test_a_refusal_during_the_work_is_remembered_although_it_would_now_succeed(client, acme, draft):
    invoice = draft(acme, 100)
    verbs = client.v1.invoices
    first = refused(verbs.void_invoice, invoice.id, {}, options("K"))
    verbs.finalize_invoice(invoice.id)
    assert refused(verbs.void_invoice, invoice.id, {}, options("K")) == first
    assert verbs.void_invoice(invoice.id, {}, options("L")).status == "void"


def test_a_malformed_call_leaves_its_key_free(client, acme, credit):
    assert refused(credit, "ten", "K")[1] == "parameter_invalid_integer"
    assert credit(-1000, "K").amount == -1000


def test_a_key_is_forgotten_after_a_day(client, box, acme, credit):
    credit(-1000, "K")
    box.clock.advance(2 * DAY)
    credit(-1, "another")
    credit(-1000, "K")
    assert balance(client, acme) == -2001


def test_how_long_a_key_is_remembered_can_be_set(client, box, acme, credit):
    box.keys_kept = 60
    credit(-1000, "K")
    box.clock.advance(60)
    assert credit(-1000, "K").last_response.headers["idempotent-replayed"] == "true"
    box.clock.advance(1)
    credit(-1000, "K")
    assert balance(client, acme) == -2000


def test_a_500_that_stays_with_its_key_goes_when_the_key_is_forgotten(client, box, acme, credit):
    box.faults.add("error", path="*/balance_transactions", times=1)
    for _ in range(2):
        assert refused(credit, -1000, "K")[0] == 500
    box.clock.advance(2 * DAY)
    assert credit(-1000, "K").ending_balance == -2000


def test_a_key_longer_than_255_characters_is_refused(credit):
    assert refused(credit, -1, "K" * 256)[0] == 400


def test_a_key_does_nothing_on_reading(client, acme):
    first = client.v1.customers.retrieve(acme, {}, options("K"))
    client.v1.customers.update(acme, {"name": "Second"})
    assert (first.name, client.v1.customers.retrieve(acme, {}, options("K")).name) == ("Acme Ltd", "Second")


def test_a_key_does_nothing_on_deleting(client, acme):
    assert client.v1.customers.delete(acme, {}, options("K")).deleted is True
    assert refused(client.v1.customers.delete, acme, {}, options("K"))[0] == 404
    assert client.v1.customers.create({"name": "x"}, options("K")).name == "x"


def test_the_event_carries_the_key(client, acme, credit):
    credit(-1000, "my key")
    assert client.v1.events.list({"limit": 1}).data[0].request.idempotency_key == "my key"


def test_a_key_in_use_is_refused_until_the_first_call_is_done(box: Sandbox):
    headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "K"}
    answers = []

    def post() -> None:
        answers.append(box.handle("POST", "/v1/customers", "", b"name=x", headers))

    first = threading.Thread(target=post)
    with box.reading():  # while somebody reads, the first call has to wait with its key in hand
        first.start()
        while "K" not in box._busy:
            time.sleep(0.001)
        second = box.handle("POST", "/v1/customers", "", b"name=x", headers)
    first.join()
    error = second.json()["error"]
    assert (second.status, error["type"], error["code"]) == (409, "idempotency_error", "idempotency_key_in_use")
    assert [answer.status for answer in answers] == [200]
