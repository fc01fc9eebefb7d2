"""The road to Stripe breaks: answers that are lost, cut short, late, or not Stripe's at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from lib.sandbox import Sandbox
from lib.sandbox.transport import InProcess
from tests.sandbox.breaking import LEDGER, broken
from tests.sandbox.conftest import KEY
from tests.sandbox.helpers import balance


def test_a_reset_connection_has_done_nothing_and_may_be_tried_again(client, box, acme, fifty):
    box.faults.add("reset", path=LEDGER, times=1)
    assert broken(fifty).should_retry is True
    assert balance(client, acme) == 0
    assert fifty().ending_balance == -5000


def test_a_lost_answer_belongs_to_work_that_was_done_once(client, box, acme, fifty):
    box.faults.add("lost", path=LEDGER, times=1)
    assert broken(fifty).should_retry is True
    again = fifty()
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert balance(client, acme) == -5000


def test_a_truncated_answer_is_a_broken_connection_that_the_sdk_does_not_repeat(client, box, acme, fifty):
    box.faults.add("truncated", path=LEDGER, keep=20, times=1)
    error = broken(fifty)
    assert (type(error), error.should_retry) == (stripe.APIConnectionError, False)
    assert balance(client, acme) == -5000


@pytest.mark.parametrize("status", [200, 502])
def test_a_page_instead_of_json_says_nothing_about_the_work(client, box, acme, fifty, status):
    box.faults.add("html", path=LEDGER, status=status, times=1)
    error = broken(fifty)
    assert (type(error), error.http_status) == (stripe.APIError, status)
    assert balance(client, acme) == -5000


def test_a_page_from_something_in_between_has_done_nothing(client, box, acme, fifty):
    box.faults.add("html", path=LEDGER, when="before", times=1)
    assert broken(fifty).http_status == 502
    assert balance(client, acme) == 0


def test_the_sdk_repeats_by_itself_what_it_may(client, box, acme, monkeypatch):
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    box.faults.add("lost", path=LEDGER, times=1)
    box.faults.add("lock_timeout", path=LEDGER, skip=1, times=1)
    given = {"amount": -5000, "currency": "gbp"}
    client.v1.customers.balance_transactions.create(acme, given, {"max_network_retries": 2})
    assert balance(client, acme) == -5000


def test_latency_is_waited_for_with_a_jitter_that_the_seed_decides():
    def waits(seed: int) -> list[float]:
        box, found = Sandbox(seed=seed), []
        box.faults.wait = found.append
        box.faults.add("latency", ms=200, jitter=100)
        for _ in range(20):
            box.handle("GET", "/v1/account", "", b"", {"Authorization": f"Bearer {KEY}"})
        box.close()
        return found

    first = waits(1)
    assert all(0.1 <= seconds <= 0.3 for seconds in first)
    assert len(set(first)) > 10
    assert (first == waits(1), first == waits(2)) == (True, False)


def test_a_caller_without_patience_hears_nothing_of_work_that_was_done(box):
    client = stripe.StripeClient(KEY, http_client=InProcess(box, timeout=20))
    waited: list[float] = []
    box.faults.wait = waited.append
    box.faults.add("slow", method="POST", ms=60_000, times=1)
    error = broken(client.v1.customers.create, {"name": "Acme"})
    assert (error.should_retry, waited) == (True, [20])
    assert [customer.name for customer in client.v1.customers.list().data] == ["Acme"]


def test_over_http_a_slow_answer_comes_too_late(box, door):
    door.box = box
    base: Any = dict.fromkeys(("api", "files", "connect", "meter_events"), door.origin)
    http = stripe.RequestsClient(timeout=0.1)
    client = stripe.StripeClient(KEY, base_addresses=base, http_client=http)
    box.faults.add("slow", method="POST", ms=400, times=1)
    assert broken(client.v1.customers.create, {"name": "Acme"}).should_retry is True
    http.close()
    assert len(until(lambda: box.call("GET", "/v1/customers")["data"])) == 1


def until(look: Callable[[], Any]) -> Any:
    """What is seen as soon as there is something to see: the server may be behind its caller."""
    for _ in range(500):
        if found := look():
            return found
        time.sleep(0.01)
    pytest.fail("Nothing came within five seconds.")


def test_the_key_of_a_slow_call_is_in_use_until_it_is_answered(box):
    client = stripe.StripeClient(KEY, http_client=InProcess(box))
    found = []

    def meanwhile(_seconds: float) -> None:
        error = broken(client.v1.customers.create, {"name": "Acme"}, {"idempotency_key": "K"})
        found.append((error.http_status, error.json_body["error"]["code"]))

    box.faults.wait = meanwhile
    box.faults.add("slow", ms=3000, nth=1)
    client.v1.customers.create({"name": "Acme"}, {"idempotency_key": "K"})
    assert found == [(409, "idempotency_key_in_use")]
    assert len(client.v1.customers.list().data) == 1
