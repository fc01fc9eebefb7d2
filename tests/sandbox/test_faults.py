"""The sandbox breaks as Stripe and the road to it break: on request, at the call that was aimed at, and never half."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from lib.sandbox import Sandbox
from lib.sandbox.faults import BadFault, parse
from lib.sandbox.transport import InProcess
from tests.sandbox.conftest import KEY, NOON
from tests.sandbox.helpers import balance, refused

LEDGER = "/v1/customers/*/balance_transactions"
UNKNOWN = (stripe.APIConnectionError, stripe.APIError)


@pytest.fixture
def credit(client: stripe.StripeClient, acme: str) -> Callable[..., Any]:
    """A credit of 50.00 under a key."""

    def enter(key: str = "K") -> stripe.CustomerBalanceTransaction:
        given = {"amount": -5000, "currency": "gbp"}
        return client.v1.customers.balance_transactions.create(acme, given, {"idempotency_key": key})

    return enter


def broken(call: Callable[..., Any], *args: Any) -> stripe.StripeError:
    """The error of a call whose end nobody can know."""
    with pytest.raises(UNKNOWN) as caught:
        call(*args)
    return caught.value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("flood", "There is no fault 'flood'."),
        ("lost,path", "'path' is not an option"),
        ("lost,ms=3", "A fault lost has no option 'ms'."),
        ("rate_limit", "A fault rate_limit needs rate."),
        ("lost,times=soon", "times=soon is not a number."),
        ("lost,nth=0", "it must be a whole number, 1 or more."),
        ("lost,chance=2", "it must be between 0 and 1."),
        ("error,status=404", "it must be one of 500, 502, 503."),
        ("html,status=503", "it must be one of 200, 502."),
        ("{", "This is not JSON"),
    ],
)
def test_a_fault_that_nobody_can_mean_is_refused_in_words(box, text, words):
    with pytest.raises(BadFault, match=words.replace(".", r"\.")):
        box.faults.add(**parse(text))
    assert list(box.faults) == []


def test_a_fault_is_read_from_a_line_and_from_json():
    line = parse("error, method=POST,path=/v1/invoices*,status=503,times=2,chance=0.5,pinned=true")
    assert line == {
        "kind": "error",
        "method": "POST",
        "path": "/v1/invoices*",
        "status": 503,
        "times": 2,
        "chance": 0.5,
        "pinned": True,
    }
    assert parse('{"kind": "lost", "nth": 3}') == {"kind": "lost", "nth": 3}


# The road


def test_a_reset_connection_has_done_nothing_and_may_be_tried_again(client, box, acme, credit):
    box.faults.add("reset", path=LEDGER, times=1)
    assert broken(credit).should_retry is True
    assert balance(client, acme) == 0
    assert credit().ending_balance == -5000


def test_a_lost_answer_belongs_to_work_that_was_done_once(client, box, acme, credit):
    box.faults.add("lost", path=LEDGER, times=1)
    assert broken(credit).should_retry is True
    again = credit()
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert balance(client, acme) == -5000


def test_a_truncated_answer_is_a_broken_connection_that_the_sdk_does_not_repeat(client, box, acme, credit):
    box.faults.add("truncated", path=LEDGER, keep=20, times=1)
    error = broken(credit)
    assert (type(error), error.should_retry) == (stripe.APIConnectionError, False)
    assert balance(client, acme) == -5000


@pytest.mark.parametrize("status", [200, 502])
def test_a_page_instead_of_json_says_nothing_about_the_work(client, box, acme, credit, status):
    box.faults.add("html", path=LEDGER, status=status, times=1)
    error = broken(credit)
    assert (type(error), error.http_status) == (stripe.APIError, status)
    assert balance(client, acme) == -5000


def test_a_page_from_something_in_between_has_done_nothing(client, box, acme, credit):
    box.faults.add("html", path=LEDGER, when="before", times=1)
    assert broken(credit).http_status == 502
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


# The limits


@pytest.mark.parametrize("reason", ["global-rate", "endpoint-concurrency"])
def test_a_storm_refuses_with_its_reason_and_does_nothing(client, box, acme, credit, reason):
    box.faults.add("storm", reason=reason, times=2)
    with pytest.raises(stripe.RateLimitError) as caught:
        credit()
    assert (caught.value.http_status, caught.value.json_body["error"]["code"]) == (429, "rate_limit")
    assert caught.value.headers["stripe-rate-limited-reason"] == reason
    assert refused(client.v1.customers.list)[0] == 429
    assert credit().last_response.headers.get("idempotent-replayed") is None


def test_an_object_in_use_is_a_429_without_a_reason_that_may_be_repeated(box, credit):
    box.faults.add("lock_timeout", path=LEDGER, times=1)
    with pytest.raises(stripe.RateLimitError) as caught:
        credit()
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


# The servers


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_fails_before_the_work_leaves_the_key_free(client, box, acme, credit, status):
    box.faults.add("error", path=LEDGER, status=status, when="before", pinned=False, times=1)
    error = broken(credit)
    assert (error.http_status, error.json_body["error"]["type"]) == (status, "api_error")
    assert credit().last_response.headers.get("idempotent-replayed") is None
    assert balance(client, acme) == -5000


@pytest.mark.parametrize("status", [502, 503])
def test_a_gateway_that_fails_after_the_work_hides_an_answer_that_can_be_asked_for_again(
    client, box, acme, credit, status
):
    box.faults.add("error", path=LEDGER, status=status, times=1)
    assert broken(credit).http_status == status
    again = credit()
    assert (again.ending_balance, again.last_response.headers["idempotent-replayed"]) == (-5000, "true")
    assert balance(client, acme) == -5000


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", -5000)])
def test_a_500_stays_with_its_key_whether_the_work_was_done_or_not(client, box, acme, credit, when, left):
    box.faults.add("error", path=LEDGER, when=when, times=1)
    first, again = broken(credit), broken(credit)
    assert (first.http_status, first.headers["stripe-should-retry"]) == (500, "false")
    assert (again.http_status, again.headers["idempotent-replayed"]) == (500, "true")
    assert again.http_body == first.http_body
    assert balance(client, acme) == left


def test_the_sdk_does_not_repeat_a_500_that_is_pinned(client, box, acme, credit):
    fault = box.faults.add("error", path=LEDGER)
    given, options = {"amount": -1, "currency": "gbp"}, {"max_network_retries": 2}
    broken(client.v1.customers.balance_transactions.create, acme, given, options)
    assert (fault.seen, balance(client, acme)) == (1, -1)


# The clock and the key


def test_the_clock_can_jump_under_a_call(client, box):
    box.faults.add("clock", by=86_400, nth=2)
    box.faults.add("clock", to=NOON - 60, nth=3)
    made = [client.v1.customers.create({"name": name}).created for name in "abc"]
    assert made == [NOON, NOON + 86_400, NOON - 60]


def test_a_key_can_be_revoked_between_two_steps(client, box, acme):
    box.faults.add("key_revoked", skip=1)
    invoice = client.v1.invoices.create({"customer": acme})
    before = box.digest()
    with pytest.raises(stripe.AuthenticationError) as caught:
        client.v1.invoices.finalize_invoice(invoice.id)
    assert caught.value.json_body["error"]["code"] == "api_key_expired"
    assert box.digest() == before


def test_a_permission_can_be_missing_for_one_step(client, box, acme):
    box.faults.add("permission_removed", path="*/finalize")
    invoice = client.v1.invoices.create({"customer": acme})
    with pytest.raises(stripe.PermissionError) as caught:
        client.v1.invoices.finalize_invoice(invoice.id)
    assert "'rak_invoice_write' permission" in caught.value.user_message
    assert client.v1.invoices.retrieve(invoice.id).status == "draft"


# The aim


def strikes(box: Sandbox, calls: int, method: str = "GET", path: str = "/v1/customers") -> list[int]:
    """Which of so many calls are refused, counted from 1."""
    headers = {"Authorization": f"Bearer {KEY}"}
    found = [box.handle(method, path, "", b"", headers).status for _ in range(calls)]
    return [number for number, status in enumerate(found, 1) if status == 429]


@pytest.mark.parametrize(
    ("aim", "hit"),
    [
        ({"method": "POST"}, []),
        ({"path": "/v1/invoices*"}, []),
        ({"method": "GET", "path": "/v1/c*"}, [1, 2, 3, 4, 5]),
        ({"times": 2}, [1, 2]),
        ({"skip": 3}, [4, 5]),
        ({"skip": 1, "times": 2}, [2, 3]),
        ({"nth": 4}, [4]),
        ({"nth": 4, "times": 2}, [4, 5]),
        ({"chance": 0}, []),
    ],
)
def test_a_fault_strikes_the_calls_it_is_aimed_at(box, aim, hit):
    fault = box.faults.add("storm", **aim)
    assert strikes(box, 5) == hit
    assert fault.struck == len(hit)


def test_chance_is_decided_by_the_seed_and_not_by_other_faults():
    def found(seed: int, *, beside: bool = False) -> list[int]:
        box = Sandbox(seed=seed)
        box.faults.add("storm", chance=0.3)
        if beside:
            box.faults.add("clock", by=1, chance=0.5)
        hit = strikes(box, 60)
        box.close()
        return hit

    assert 8 < len(found(1)) < 30
    assert found(1) == found(1, beside=True) != found(2)


def test_a_fault_can_be_taken_away_and_a_direct_call_passes_all(box):
    first = box.faults.add("storm", path="/v1/c*")
    box.faults.add("lost", path="/v1/invoices")
    assert box.call("GET", "/v1/customers")["data"] == []
    assert (box.faults.remove(first.id), box.faults.remove(first.id)) == (True, False)
    assert strikes(box, 1) == []
    box.faults.clear()
    assert strikes(box, 1, path="/v1/invoices") == []


# Never half


def _prepared(seed: int = 1) -> tuple[Sandbox, str]:
    """Somebody with a credit, and a draft that it will pay a part of."""
    box = Sandbox(seed=seed)
    box.clock.set(NOON)
    customer = box.call("POST", "/v1/customers", {"name": "Acme", "balance": -500})["id"]
    draft = box.call("POST", "/v1/invoices", {"customer": customer})["id"]
    box.call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": [{"amount": 2000, "description": "Visit"}]})
    return box, draft


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        ("reset", False),
        ("lost", True),
        ("truncated", True),
        ("html,when=before", False),
        ("html", True),
        ("storm", False),
        ("lock_timeout", False),
        ("key_revoked", False),
        ("permission_removed", False),
        *((f"error,status={status},when=before", False) for status in (500, 502, 503)),
        *((f"error,status={status}", True) for status in (500, 502, 503)),
    ],
)
def test_a_fault_leaves_the_work_done_wholly_or_not_at_all(fault, done):
    (clean, draft), (struck, _) = _prepared(), _prepared()
    untouched = clean.digest()
    assert struck.digest() == untouched
    clean.call("POST", f"/v1/invoices/{draft}/finalize", key="K")
    struck.faults.add(**parse(fault))
    client = stripe.StripeClient(KEY, http_client=InProcess(struck))
    with pytest.raises(stripe.StripeError):
        client.v1.invoices.finalize_invoice(draft, {}, {"idempotency_key": "K"})
    assert struck.digest() == (clean.digest() if done else untouched)
    clean.close()
    struck.close()
