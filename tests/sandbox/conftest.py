"""A sandbox and the official SDK in front of it, by both doors: straight in process, and over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from lib.sandbox import Sandbox
from lib.sandbox.server import serve
from lib.sandbox.transport import InProcess

KEY = "sk_test_tests"
NOON = 1_790_000_000


@pytest.fixture(autouse=True)
def no_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe, "enable_telemetry", False)


@pytest.fixture
def box(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose clock stands still."""
    sandbox.clock.set(NOON)
    return sandbox


class Door:
    """Stands in front of whichever sandbox the present test has, so that one server serves them all."""

    def __init__(self) -> None:
        self.box: Sandbox | None = None
        self.origin = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.box, name)


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    found: Any = Door()
    running = serve(found)
    yield found
    running.stop()


@pytest.fixture(params=["in process", "over HTTP"])
def client(request: pytest.FixtureRequest, box: Sandbox) -> Iterator[stripe.StripeClient]:
    """The official SDK, unmodified."""
    if request.param == "in process":
        yield stripe.StripeClient(KEY, http_client=InProcess(box))
        return
    door = request.getfixturevalue("door")
    door.box, box.origin = box, door.origin
    http = stripe.RequestsClient(timeout=10)
    base: Any = dict.fromkeys(("api", "files", "connect", "meter_events"), door.origin)
    yield stripe.StripeClient(KEY, base_addresses=base, http_client=http)
    http.close()


@pytest.fixture
def acme(client: stripe.StripeClient) -> str:
    """A customer's id."""
    return client.v1.customers.create({"name": "Acme Ltd", "email": "ap@acme.example"}).id


@pytest.fixture
def post(client: stripe.StripeClient) -> Callable[..., stripe.CustomerBalanceTransaction]:
    """Enter an amount in a customer's ledger."""

    def enter(customer: str, amount: int, currency: str = "gbp") -> stripe.CustomerBalanceTransaction:
        return client.v1.customers.balance_transactions.create(customer, {"amount": amount, "currency": currency})

    return enter


@pytest.fixture
def draft(client: stripe.StripeClient) -> Callable[..., stripe.Invoice]:
    """A draft with one line for each amount."""

    def make(customer: str, *amounts: int, **more: Any) -> stripe.Invoice:
        terms = {"collection_method": "send_invoice", "days_until_due": 30}
        invoice = client.v1.invoices.create({"customer": customer, **terms, **more})
        lines = [{"amount": amount, "description": f"Item {number}"} for number, amount in enumerate(amounts, 1)]
        return client.v1.invoices.add_lines(invoice.id, {"lines": lines}) if lines else invoice

    return make


@pytest.fixture
def finalised(client: stripe.StripeClient, draft: Callable[..., stripe.Invoice]) -> Callable[..., stripe.Invoice]:
    """The same, finalised."""

    def make(customer: str, *amounts: int, **more: Any) -> stripe.Invoice:
        return client.v1.invoices.finalize_invoice(draft(customer, *amounts, **more).id)

    return make
