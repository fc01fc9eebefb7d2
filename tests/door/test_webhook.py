"""Stripe's calls at a running dashboard's door."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
import stripe

from lib.mirror.database import reading
from lib.queries import customers
from lib.sync import state
from tests.door.conftest import House

pytestmark = pytest.mark.slow
SECRET = "whsec_door"


@pytest.fixture(scope="module")
def reached(new_house: Callable[..., House]) -> House:
    """A dashboard that Stripe can call, and that nobody looks at."""
    return new_house(STRIPE_WEBHOOK_SECRET=SECRET)


def call(house: House, body: bytes | None = None, **headers: str) -> int:
    told = json.dumps({"object": "event", "livemode": False}).encode() if body is None else body
    signed = stripe.WebhookSignature.generate_signature_header(told.decode(), SECRET)
    return house.ask("POST", "/webhook", data=told, headers={"Stripe-Signature": signed, **headers}).status_code


def test_without_a_secret_there_is_no_such_door(house: House) -> None:
    assert {house.ask(method, "/webhook").status_code for method in ("GET", "POST", "PUT")} == {404}


def test_a_wrong_call_is_told_nothing_and_not_written_down(reached: House) -> None:
    answer = reached.ask("POST", "/webhook", data=b'{"name": "Ada Byrne"}', headers={"Stripe-Signature": "t=1,v1=0"})
    assert (answer.status_code, answer.text) == (400, "bad request")
    assert reached.ask("POST", "/webhook", data=b"{}").status_code == 400
    assert reached.ask("GET", "/webhook").status_code == 405
    assert "Byrne" not in reached.app.log.read_text()


def test_a_call_that_is_too_long_is_not_read_to_its_end(reached: House) -> None:
    assert call(reached, b" " * 600_000) == 413


def test_what_changed_in_stripe_shows_at_once_when_stripe_calls(reached: House, stripe_url: str) -> None:
    until = time.monotonic() + 60
    while not _fresh(reached) and time.monotonic() < until:
        time.sleep(0.1)
    api = stripe.StripeClient("sk_test_door", base_addresses={"api": stripe_url})
    made = api.v1.customers.create({"name": "Acme Ltd"}).id
    began = time.monotonic()
    assert [call(reached) for _ in range(3)] == [204] * 3
    while customers.name_of(reached.ctx, made) != "Acme Ltd" and time.monotonic() < began + 30:
        time.sleep(0.1)
    assert time.monotonic() - began < 15


def _fresh(house: House) -> bool:
    with reading(house.ctx.engine) as conn:
        return "fresh_at" in state.recall(conn)
