"""Keys: what a restricted one may do, and what happens to one that was revoked or is not known."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
import stripe

from lib.sandbox import Sandbox
from lib.sandbox.transport import InProcess
from tests.sandbox.conftest import KEY
from tests.sandbox.helpers import refused

RESTRICTED = "rk_test_51" + "x" * 90 + "Tail99"


@pytest.fixture
def holding(box: Sandbox) -> Callable[..., stripe.StripeClient]:
    """The SDK with a restricted key that has these permissions."""

    def hold(**permissions: str) -> stripe.StripeClient:
        box.keys.add(RESTRICTED, permissions)
        return stripe.StripeClient(RESTRICTED, http_client=InProcess(box))

    return hold


@pytest.mark.parametrize(
    ("call", "permission"),
    [
        (lambda v1: v1.customers.create({"name": "x"}), "customer_write"),
        (lambda v1: v1.customers.delete("cus_x"), "customer_write"),
        (lambda v1: v1.customers.balance_transactions.list("cus_x"), "customer_read"),
        (lambda v1: v1.customers.search({"query": "name:'x'"}), "customer_read"),
        (lambda v1: v1.invoices.pay("in_x"), "invoice_write"),
        (lambda v1: v1.invoice_items.list(), "invoice_read"),
        (lambda v1: v1.prices.list(), "plan_read"),
        (lambda v1: v1.events.list(), "event_read"),
        (lambda v1: v1.tax_rates.create({"display_name": "VAT"}), "tax_rate_write"),
    ],
)
def test_a_missing_permission_is_named_before_anything_else_is_looked_at(box, holding, call, permission):
    before = box.digest()
    with pytest.raises(stripe.PermissionError) as caught:
        call(holding().v1)
    assert f"Having the 'rak_{permission}' permission would allow this request" in caught.value.user_message
    assert box.digest() == before


def test_the_refusal_is_a_403_without_a_code_that_shows_only_the_tail_of_the_key(box, holding):
    with pytest.raises(stripe.PermissionError) as caught:
        holding().v1.customers.list()
    error = json.loads(caught.value.http_body)["error"]
    assert (caught.value.http_status, error["type"], "code" in error) == (403, "invalid_request_error", False)
    assert f"The provided key 'rk_test_{'*' * 92}Tail99' does not have" in error["message"]
    assert box.call("GET", "/v1/account")["id"] in error["message"]


def test_reading_is_not_writing_and_who_may_write_may_read(holding):
    reader = holding(customer="read")
    assert reader.v1.customers.list().data == []
    assert refused(reader.v1.customers.create, {"name": "x"})[0] == 403
    writer = holding(customer="write")
    assert writer.v1.customers.retrieve(writer.v1.customers.create({"name": "x"}).id).name == "x"


def test_a_star_stands_for_what_is_not_named(holding):
    client = holding(**{"*": "read", "event": "none"})
    assert client.v1.invoices.list().data == []
    assert refused(client.v1.events.list)[0] == 403


def test_a_forbidden_call_leaves_its_idempotency_key_free(holding):
    given, options = {"name": "x"}, {"idempotency_key": "K"}
    assert refused(holding().v1.customers.create, given, options)[0] == 403
    assert holding(customer="write").v1.customers.create(given, options).name == "x"


@pytest.mark.parametrize("permissions", [{"customer": "all"}, {"customer": ""}])
def test_a_permission_is_none_read_or_write(box, permissions):
    with pytest.raises(ValueError, match="none, read, write"):
        box.keys.add(RESTRICTED, permissions)


def test_only_a_restricted_test_key_can_be_restricted(box):
    with pytest.raises(ValueError, match="rk_test_"):
        box.keys.add(KEY, {"customer": "read"})
    with pytest.raises(ValueError, match="sk_test_ or rk_test_"):
        box.keys.add("rk_live_1")


def test_a_revoked_key_has_expired_until_it_is_put_back(client, box):
    box.keys.revoke(KEY)
    with pytest.raises(stripe.AuthenticationError) as caught:
        client.v1.customers.list()
    error = caught.value.json_body["error"]
    assert (caught.value.http_status, error["code"]) == (401, "api_key_expired")
    assert error["message"] == "Expired API Key provided: sk_test_*ests"
    box.keys.add(KEY)
    assert client.v1.customers.list().data == []


def test_a_strict_ring_knows_only_its_own_keys(client, box):
    box.keys.strict = True
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided: sk_test_"):
        client.v1.customers.list()
    box.keys.add(KEY)
    assert client.v1.customers.list().data == []
    assert box.call("GET", "/v1/customers")["data"] == []


@pytest.mark.parametrize("key", ["sk_test_with-dash", "rk_live_abcdefgh", "pk_test_abcdefgh", "Bearer", "rk_test_é"])
def test_a_malformed_key_is_refused_and_masked_also_as_a_user_name(box, key):
    named = base64.b64encode(f"{key}:".encode()).decode()
    for header in (f"Bearer {key}", f"Basic {named}"):
        answer = box.handle("GET", "/v1/customers", "", b"", {"Authorization": header})
        assert answer.status == 401
        assert key not in answer.json()["error"]["message"]


def test_the_ring_shows_no_whole_key(box, holding):
    holding(customer="read")
    box.keys.revoke(KEY)
    shown = json.dumps(box.keys.shown())
    assert "Tail99" in shown
    assert (RESTRICTED in shown, KEY in shown) == (False, False)
