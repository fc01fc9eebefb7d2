"""How fast Stripe is asked: at its limit, and hardly ever over it. Time passes only where the pace waits."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import pytest

from lib.sandbox import Sandbox
from lib.sandbox.server import serve
from lib.stripe_api.client import connect
from lib.stripe_api.errors import Busy
from lib.stripe_api.pace import Pace, endpoint
from tests.support.world import World, quick, quick_hashing

__all__ = ["quick", "quick_hashing"]
LATENCY = 0.15


class Server:
    """A Stripe that serves so many requests a second, and holds one second's worth in reserve."""

    def __init__(self, rate: float, latency: Callable[[float], float] = lambda _: LATENCY) -> None:
        self.now, self.rate, self.left, self.filled = 0.0, rate, rate, 0.0
        self.latency = latency
        self.asked = self.refused = self.served = 0
        self.sent: list[float] = []
        self.refused_at = 0.0
        self._coming: list[tuple[float, float]] = []
        self.pace = Pace(lambda: self.now, self.sleep)

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        while self._coming and self._coming[0][0] <= until:
            self.now, sent_at = heapq.heappop(self._coming)
            self._answer(sent_at)
        self.now = until

    def ask(self) -> None:
        sent_at = self.pace.take("/v1/invoices")
        self.asked += 1
        self.sent.append(self.now)
        heapq.heappush(self._coming, (self.now + self.latency(self.now), sent_at))

    def _answer(self, sent_at: float) -> None:
        self.left = min(self.rate, self.left + (self.now - self.filled) * self.rate)
        self.filled = self.now
        if self.left >= 1:
            self.left -= 1
            self.served += 1
            self.pace.answered("/v1/invoices", sent_at)
        else:
            self.refused += 1
            self.refused_at = self.refused_at or self.now
            self.pace.refused("/v1/invoices", sent_at, "endpoint-rate")


@pytest.mark.parametrize("rate", [10, 25, 40, 100])
def test_a_limit_is_found_without_a_storm_and_then_used(rate: int) -> None:
    server = Server(rate)
    while server.served < 60 * rate:
        server.ask()
    assert server.refused < server.asked * 0.01
    assert server.now < 1.15 * server.asked / rate


def test_the_first_refusal_stops_everybody_for_a_moment() -> None:
    server = Server(25)
    while not server.refused:
        server.ask()
    server.ask()
    assert not [at for at in server.sent if server.refused_at < at < server.refused_at + 0.5]


def test_a_server_in_trouble_is_asked_more_slowly() -> None:
    server = Server(100, lambda now: LATENCY if now < 10 else 3.0)
    while server.now < 60:
        server.ask()
    assert server.pace.rate("/v1/invoices") < 50


def test_other_endpoints_have_a_limit_of_their_own() -> None:
    server = Server(25)
    while not server.refused:
        server.ask()
    server.pace.refused("/v1/invoices", server.now, "endpoint-rate")
    stopped = server.now
    server.pace.take("/v1/customers")
    assert server.now - stopped < 0.1


@pytest.mark.parametrize(
    ("path", "counted"),
    [
        ("/v1/customers/{customer}", "/v1/customers/id"),
        ("/v1/customers/{customer}/balance_transactions", "/v1/customers/id/balance_transactions"),
        ("/v1/customers/{customer}/balance_transactions/{entry}", "/v1/customers/id/balance_transactions/id"),
        ("/v1/invoices/{invoice}/add_lines", "/v1/invoices/id/add_lines"),
        ("/v1/invoices/{invoice}/mark_uncollectible", "/v1/invoices/id/mark_uncollectible"),
        ("/v1/invoices/create_preview", "/v1/invoices/create_preview"),
        ("/v1/tax_rates", "/v1/tax_rates"),
        ("/v1/credit_notes", "/v1/credit_notes"),
        ("/v1/payment_records/report_payment", "/v1/payment_records/report_payment"),
    ],
)
def test_what_is_asked_of_any_object_is_one_endpoint_and_each_list_and_verb_is_its_own(
    quick: World, path: str, counted: str
) -> None:
    acme = quick.customer()
    ids = {"customer": acme, "entry": quick.entry(acme, -700), "invoice": quick.draft(acme, 500)}
    assert endpoint(path.format(**ids)) == counted


def test_the_id_of_every_object_in_an_answer_is_told_from_the_name_of_a_list(quick: World) -> None:
    acme = quick.customer()
    quick.entry(acme, -700)
    quick.invoice(acme, 500)
    quick.sync()
    asked = {endpoint(path) for _, path in quick.wire.asked}
    assert {"/v1/tax_rates", "/v1/credit_notes", "/v1/customers/id/balance_transactions"} <= asked
    assert {path for path in asked if "_1" in path} == set()


def test_who_is_waited_for_at_a_screen_does_not_queue_behind_a_copy() -> None:
    server = Server(25)
    with server.pace._gate("/v1/customers/id").turn:  # a reader of a copy waits for its place
        assert server.pace.take("/v1/customers/id", urgent=True) == server.now


@pytest.mark.parametrize(
    ("fault", "slower"), [({"kind": "storm", "reason": "endpoint-rate"}, True), ({"kind": "lock_timeout"}, False)]
)
def test_a_change_that_came_too_fast_slows_everybody_and_an_object_in_use_does_not(
    sandbox: Sandbox, fault: dict[str, Any], slower: bool
) -> None:
    running = serve(sandbox)
    try:
        api = connect("sk_test_tests", running.url)
        api.get("/v1/customers", limit=1)
        before = api.pace.rate("/v1/customers")
        sandbox.faults.add(**fault)
        with pytest.raises(Busy):
            api.send("post", "/v1/customers", {"name": "Acme Ltd"}, key="pd1:x:create:1")
        assert (api.pace.rate("/v1/customers") < before) == slower
    finally:
        running.stop()


@pytest.mark.parametrize(("leisurely", "seconds"), [(False, 0.01), (True, 0.05)])
def test_what_may_wait_takes_only_what_the_account_has_left_over(leisurely: bool, seconds: float) -> None:
    server = Server(100)
    for number in range(10):
        server.pace.take(f"/v1/list{number}")
    assert server.now == 0
    server.pace.take("/v1/prices", leisurely=leisurely)
    assert server.now == pytest.approx(seconds, abs=0.001)
