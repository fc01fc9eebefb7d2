"""What is refused before anything is looked at: keys, addresses, versions, parameters, too many calls."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from lib.sandbox import Sandbox, SandboxError
from lib.sandbox.transport import InProcess
from tests.sandbox.conftest import KEY
from tests.sandbox.helpers import refused


def ask(box: Sandbox, method: str = "GET", path: str = "/v1/customers", body: str = "", **headers: str) -> Any:
    given = {"Authorization": f"Bearer {KEY}", **headers}
    return box.handle(method, path, "", body.encode(), given)


def test_a_call_without_a_key_is_refused(box):
    answer = box.handle("GET", "/v1/customers", "", b"", {})
    assert answer.status == 401
    assert answer.json()["error"]["message"].startswith("You did not provide an API key.")


@pytest.mark.parametrize("key", ["sk_live_abcdefgh1234", "pk_test_abcdefgh1234", "nonsense"])
def test_a_live_key_or_any_other_is_refused_and_masked(box, key):
    error = ask(box, Authorization=f"Bearer {key}").json()["error"]
    assert error["message"].startswith("Invalid API Key provided: ")
    assert key not in error["message"]


def test_a_restricted_test_key_and_basic_authentication_are_accepted(box):
    assert ask(box, Authorization="Bearer rk_test_x1").status == 200
    assert ask(box, Authorization="Basic c2tfdGVzdF94Og==").status == 200


def test_the_sdk_tells_a_wrong_key_from_other_refusals(box):
    with pytest.raises(stripe.AuthenticationError):
        stripe.StripeClient("sk_live_x", http_client=InProcess(box)).v1.customers.list()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/widgets"), ("DELETE", "/v1/prices/price_x"), ("POST", "/v1/events")]
)
def test_an_unknown_address_or_method_is_a_404_with_stripes_words(box, method, path):
    answer = ask(box, method, path)
    error = answer.json()["error"]
    assert answer.status == 404
    assert error == {
        "message": f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
        "type": "invalid_request_error",
    }


def test_a_malformed_version_is_refused(box):
    error = ask(box, **{"Stripe-Version": "not-a-real-version"}).json()["error"]
    assert error == {"message": "Invalid Stripe API version: not-a-real-version", "type": "invalid_request_error"}


def test_an_error_has_no_field_that_does_not_apply(client):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.customers.create({"wat": "x"})
    error = json.loads(caught.value.http_body)["error"]
    assert set(error) == {"code", "doc_url", "message", "param", "request_log_url", "type"}
    assert error["doc_url"] == "https://stripe.com/docs/error-codes/parameter-unknown"
    assert caught.value.request_id in error["request_log_url"]


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"nme": "x"}, "parameter_unknown", "nme"),
        ({"invoice_settings": {"nope": "x"}}, "parameter_unknown", "invoice_settings[nope]"),
        ({"balance": "10.5"}, "parameter_invalid_integer", "balance"),
        ({"balance": ""}, "parameter_invalid_empty", "balance"),
        ({"tax_exempt": "maybe"}, None, "tax_exempt"),
        ({"name": {"a": "b"}}, None, "name"),
        ({"address": "London"}, None, "address"),
        ({"tax_id_data": [{"type": "gb_vat"}]}, "parameter_missing", "tax_id_data[0][value]"),
    ],
)
def test_a_wrong_parameter_is_named(client, params, code, param):
    assert refused(client.v1.customers.create, params)[:3] == (400, code, param)
    assert client.v1.customers.list().data == []


@pytest.mark.parametrize("value", ["True", "1", "yes"])
def test_a_truth_value_is_true_or_false(client, acme, value):
    found = refused(client.v1.invoices.create, {"customer": acme, "auto_advance": value})
    assert found == (400, None, "auto_advance", f"Invalid boolean: {value}")


def test_a_choice_of_two_is_said_with_or(client, acme):
    found = refused(client.v1.invoices.create, {"customer": acme, "collection_method": "post"})
    assert found[3] == "Invalid collection_method: must be one of charge_automatically or send_invoice"


def test_a_list_parameter_on_a_retrieve_is_unknown(client, acme):
    found = refused(client.raw_request, "get", f"/v1/customers/{acme}", limit=3)
    assert found[1:3] == ("parameter_unknown", "limit")


def test_arrays_may_come_without_numbers_and_names_with_spaces(box):
    body = "metadata[Patient+name]=Ada+%26+Co&expand[]=tax_ids&expand[]=tax"
    found = ask(box, "POST", body=body).json()
    assert (found["metadata"], "tax_ids" in found, "tax" in found) == ({"Patient name": "Ada & Co"}, True, True)


def test_every_answer_names_its_request(client, box):
    first, second = client.v1.customers.list(), client.v1.customers.list()
    assert first.last_response.request_id.startswith("req_")
    assert first.last_response.request_id != second.last_response.request_id
    assert ask(box, path="/v1/widgets").headers["Request-Id"].startswith("req_")


def test_too_many_calls_are_refused_and_counted(box):
    box.faults.add("rate_limit", rate=5)
    answers = [ask(box) for _ in range(8)]
    assert [answer.status for answer in answers[:5]] == [200] * 5
    assert answers[-1].json()["error"]["code"] == "rate_limit"
    with pytest.raises(stripe.RateLimitError):
        stripe.StripeClient(KEY, http_client=InProcess(box)).v1.customers.list()


def test_a_direct_call_raises_what_was_refused(box):
    with pytest.raises(SandboxError) as caught:
        box.call("POST", "/v1/invoices", {"customer": "cus_nope"})
    assert (caught.value.status, caught.value.error["code"]) == (400, "resource_missing")


def test_the_account_is_a_british_one(client):
    account = client.v1.accounts.retrieve_current()
    assert (account.country, account.default_currency, account.id[:5]) == ("GB", "gbp", "acct_")


def test_the_same_seed_and_calls_give_the_same_ids():
    def ids(seed: int) -> list[str]:
        box = Sandbox(seed=seed)
        made = [box.call("POST", "/v1/customers", {"name": "x"})["id"] for _ in range(3)]
        box.close()
        return made

    assert ids(1) == ids(1)
    assert not set(ids(1)) & set(ids(2))
