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


@pytest.fixture
def in_state(
    client: stripe.StripeClient, acme: str, draft: Callable[..., stripe.Invoice]
) -> Callable[[str], stripe.Invoice]:
    """An invoice of 100.00 in the state that is asked for."""

    def make(state: str) -> stripe.Invoice:
        invoice, verbs = draft(acme, 10000), client.v1.invoices
        if state == "draft":
            return invoice
        invoice = verbs.finalize_invoice(invoice.id)
        if state == "paid":
            return verbs.pay(invoice.id, {"paid_out_of_band": True})
        if state == "void":
            return verbs.void_invoice(invoice.id)
        return verbs.mark_uncollectible(invoice.id) if state == "uncollectible" else invoice

    return make


@pytest.fixture
def record(client: stripe.StripeClient) -> Callable[..., stripe.PaymentRecord]:
    """Money that came by bank transfer, told to Stripe."""

    def report(amount: int, reference: str = "ACM-7781", **more: Any) -> stripe.PaymentRecord:
        told: Any = {
            "amount_requested": {"value": amount, "currency": "gbp"},
            "initiated_at": NOON,
            "outcome": "guaranteed",
            "guaranteed": {"guaranteed_at": NOON},
            "payment_method_details": {"type": "custom", "custom": {"display_name": "Bank transfer"}},
            "processor_details": {"type": "custom", "custom": {"payment_reference": reference}},
        }
        return client.v1.payment_records.report_payment(told | more)

    return report


@pytest.fixture
def receive(
    client: stripe.StripeClient, record: Callable[..., stripe.PaymentRecord]
) -> Callable[[str, int], stripe.Invoice]:
    """Such money on an invoice."""

    def attach(invoice: str, amount: int) -> stripe.Invoice:
        return client.v1.invoices.attach_payment(invoice, {"payment_record": record(amount).id})

    return attach


@pytest.fixture
def credit(client: stripe.StripeClient) -> Callable[..., stripe.CreditNote]:
    """A credit note of so much."""

    def issue(invoice: str, amount: int, **more: Any) -> stripe.CreditNote:
        return client.v1.credit_notes.create({"invoice": invoice, "amount": amount, "email_type": "none", **more})

    return issue


@pytest.fixture
def fifty(client: stripe.StripeClient, acme: str) -> Callable[..., stripe.CustomerBalanceTransaction]:
    """Enter a credit of £50.00 under a key."""

    def enter(key: str = "K") -> stripe.CustomerBalanceTransaction:
        given = {"amount": -5000, "currency": "gbp"}
        return client.v1.customers.balance_transactions.create(acme, given, {"idempotency_key": key})

    return enter
