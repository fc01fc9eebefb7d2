"""Stripe refuses or fails: too many calls, an object in use, servers that fall over before or after the work."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from lib.sandbox import Sandbox
from lib.sandbox.transport import InProcess
from tests.sandbox.breaking import LEDGER, broken, strikes
from tests.sandbox.conftest import KEY
from tests.sandbox.helpers import balance, refused


@pytest.mark.parametrize("reason", ["global-rate", "endpoint-concurrency"])
def test_a_storm_refuses_with_its_reason_and_does_nothing(client, box, acme, fifty, reason):
    box.faults.add("storm", reason=reason, times=2)
    with pytest.raises(stripe.RateLimitError) as caught:
        fifty()
    assert (caught.value.http_status, caught.value.json_body["error"]["code"]) == (429, "rate_limit")
    assert caught.value.headers["stripe-rate-limited-reason"] == reason
    assert refused(client.v1.customers.list)[0] == 429
    assert fifty().last_response.headers.get("idempotent-replayed") is None


def test_an_object_in_use_is_a_429_without_a_reason_that_may_be_repeated(box, fifty):
    box.faults.add("lock_timeout", path=LEDGER, times=1)
    with pytest.raises(stripe.RateLimitError) as caught:
        fifty()
    error, headers = caught.value.json_body["error"], caught.value.headers
    assert (error["code"], error["type"]) == ("lock_timeout", "invalid_request_error")
    assert (headers["stripe-should-retry"], "stripe-rate-limited-reason" in headers) == ("true", False)


def test_more_than_so_many_a_second_are_refused_by_account_and_by_endpoint(box, client):
    now = [0.0]
    box.faults.now = lambda: now[0]
    box.faults.add("rate_limit", rate=3)
    box.faults.add("rate_limit", rate=2, scope="endpoint")
    client.v1.customers.list()
    client.v1.customers.list()
    with pytest.raises(stripe.RateLimitError) as caught:
        client.v1.customers.list()
    assert caught.value.headers["stripe-rate-limited-reason"] == "endpoint-rate"
    with pytest.raises(stripe.RateLimitError) as caught:
        client.v1.invoices.list()
    assert caught.value.headers["stripe-rate-limited-reason"] == "global-rate"
    now[0] = 1.0
    assert client.v1.customers.list().data == []


@pytest.mark.parametrize("scope", ["global", "endpoint"])
def test_more_than_so_many_at_once_are_refused(box, scope):
    client = stripe.StripeClient(KEY, http_client=InProcess(box))
    found: list[Any] = []
    box.faults.add("concurrency", most=1, scope=scope)
    box.faults.add("slow", method="POST", ms=1, nth=1)
    box.faults.wait = lambda _seconds: found.extend([attempt("customers"), attempt("invoices")])

    def attempt(noun: str) -> str | None:
        method = "post" if noun == "customers" else "get"
        try:
            client.raw_request(method, f"/v1/{noun}")
        except stripe.RateLimitError as error:
            return error.headers["stripe-rate-limited-reason"]
        return None

    client.v1.customers.create({"name": "Acme"})
    assert found == [f"{scope}-concurrency", "global-concurrency" if scope == "global" else None]
    assert attempt("invoices") is None


def test_a_sandbox_can_be_slow_and_busy_from_the_start():
    box, waited = Sandbox(latency_ms=250, rate=1), []
    box.faults.wait = waited.append
    assert strikes(box, 2) == [2]
    assert waited == [0.25, 0.25]
    box.close()


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_fails_before_the_work_leaves_the_key_free(client, box, acme, fifty, status):
    box.faults.add("error", path=LEDGER, status=status, when="before", pinned=False, times=1)
    error = broken(fifty)
    assert (error.http_status, error.json_body["error"]["type"]) == (status, "api_error")
    assert fifty().last_response.headers.get("idempotent-replayed") is None
    assert balance(client, acme) == -5000


@pytest.mark.parametrize("status", [502, 503])
def test_a_gateway_that_fails_after_the_work_hides_an_answer_that_can_be_asked_for_again(
    client, box, acme, fifty, status
):
    box.faults.add("error", path=LEDGER, status=status, times=1)
    assert broken(fifty).http_status == status
    again = fifty()
    assert (again.ending_balance, again.last_response.headers["idempotent-replayed"]) == (-5000, "true")
    assert balance(client, acme) == -5000


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", -5000)])
def test_a_500_stays_with_its_key_whether_the_work_was_done_or_not(client, box, acme, fifty, when, left):
    box.faults.add("error", path=LEDGER, when=when, times=1)
    first, again = broken(fifty), broken(fifty)
    assert (first.http_status, first.headers["stripe-should-retry"]) == (500, "false")
    assert (again.http_status, again.headers["idempotent-replayed"]) == (500, "true")
    assert again.http_body == first.http_body
    assert balance(client, acme) == left


def test_the_sdk_does_not_repeat_a_500_that_is_pinned(client, box, acme, fifty):
    fault = box.faults.add("error", path=LEDGER)
    given, options = {"amount": -1, "currency": "gbp"}, {"max_network_retries": 2}
    broken(client.v1.customers.balance_transactions.create, acme, given, options)
    assert (fault.seen, balance(client, acme)) == (1, -1)
