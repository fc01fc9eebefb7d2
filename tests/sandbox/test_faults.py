"""The sandbox breaks as Stripe and the road to it break: on request, at the call that was aimed at, and never half."""

from __future__ import annotations

import pytest
import stripe

from lib.sandbox import Sandbox
from lib.sandbox.faults import BadFault, parse
from lib.sandbox.transport import InProcess
from tests.sandbox.breaking import strikes
from tests.sandbox.conftest import KEY, NOON


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
