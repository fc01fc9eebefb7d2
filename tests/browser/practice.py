"""A small practice in a Stripe of its own, and the dashboard in front of it, started as somebody with a test key would.

The people come from the shell, as outside the demo. What is on the screen is held against the official SDK.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
import stripe

from lib.sandbox import Sandbox
from lib.sandbox.server import serve
from tests.browser.steps import come_in
from tests.support.app_server import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from lib.sandbox.server import Running
    from tests.support.app_server import AppServer

KEY = "sk_test_browser"
PASSWORD = "four plain english words"


@dataclass
class StripeSide:
    """A sandbox, and the official SDK in somebody else's hands: Hero's, or a colleague's in Stripe's own dashboard."""

    sandbox: Sandbox
    running: Running
    sdk: stripe.StripeClient

    def organisation(self, name: str, **more: Any) -> str:
        """An organisation; its id."""
        given = {"name": name, "email": "ap@payer.example", "metadata": {"pd_kind": "organisation"}, **more}
        return self.sdk.v1.customers.create(given).id

    def patient(self, name: str, **more: Any) -> str:
        """A patient as Hero syncs them; the id."""
        labels = {"Full name": name, **more.pop("metadata", {})}
        return self.sdk.v1.customers.create({"name": name, "metadata": labels, **more}).id

    def draft(self, customer: str, *amounts: int, words: str = "Consultation", **more: Any) -> str:
        """A draft; its id."""
        terms = {"collection_method": "send_invoice", "days_until_due": 30, "currency": "gbp"}
        invoice = self.sdk.v1.invoices.create({"customer": customer, **terms, **more})
        lines: Any = [{"amount": amount, "description": words} for amount in amounts]
        self.sdk.v1.invoices.add_lines(invoice.id, {"lines": lines})
        return invoice.id

    def bill(self, customer: str, *amounts: int, words: str = "Consultation", **more: Any) -> str:
        """An open invoice; its id."""
        return self.sdk.v1.invoices.finalize_invoice(self.draft(customer, *amounts, words=words, **more)).id

    @contextmanager
    def days_ago(self, days: int) -> Iterator[None]:
        """What is raised in here was raised so many days ago. Before the dashboard starts."""
        self.sandbox.clock.advance(-86_400 * days)
        try:
            yield
        finally:
            self.sandbox.clock.real()

    def post(self, customer: str, amount: int, **more: Any) -> None:
        """An entry in a customer's ledger: negative is credit."""
        given: Any = {"amount": amount, "currency": "gbp", **more}
        self.sdk.v1.customers.balance_transactions.create(customer, given)

    def entries(self, customer: str) -> list[tuple[int, str]]:
        """A customer's ledger, newest first: amount and description."""
        found = self.sdk.v1.customers.balance_transactions.list(customer, {"limit": 100}).data
        return [(entry.amount, entry.description or "") for entry in found]

    def balance(self, customer: str) -> int:
        """What stands on account, signed as Stripe signs it."""
        return self.sdk.v1.customers.retrieve(customer).balance or 0

    def named(self, name: str) -> list[stripe.Customer]:
        """Every customer of this name."""
        return [one for one in self.sdk.v1.customers.list({"limit": 100}).data if one.name == name]

    def invoices_of(self, customer: str) -> list[stripe.Invoice]:
        """Every invoice to this customer, newest first."""
        return self.sdk.v1.invoices.list({"customer": customer, "limit": 100}).data

    def close(self) -> None:
        self.running.stop()
        self.sandbox.close()


@dataclass(frozen=True)
class Practice:
    """The dashboard, and the Stripe behind it."""

    app: AppServer
    stripe: StripeSide
    env: dict[str, str] = field(repr=False)
    cookies: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        return self.app.url

    def open(self, page: Page, path: str = "", username: str = "mira") -> None:
        """Show a page to somebody; whoever has come in once has a cookie."""
        if username in self.cookies:
            page.context.add_cookies(self.cookies[username])
            page.goto(f"{self.url}/{path}")
        else:
            come_in(page, f"{self.url}/{path}", username, PASSWORD)
            self.cookies[username] = page.context.cookies()

    def add_person(self, username: str, role: str) -> None:
        """From the shell, the password on standard input."""
        command = [sys.executable, "-m", "lib", "people", "add", username, "--role", role, "--password-stdin"]
        subprocess.run(command, input=PASSWORD, text=True, check=True, cwd=ROOT, env=self.env, capture_output=True)


def stripe_side() -> StripeSide:
    """An empty sandbox on a port of its own."""
    sandbox = Sandbox()
    running = serve(sandbox)
    return StripeSide(sandbox, running, client(running.url))


def client(url: str) -> stripe.StripeClient:
    """The official SDK, pointed at a sandbox."""
    plain = requests.Session()
    plain.trust_env = False
    base: Any = dict.fromkeys(("api", "files", "connect", "meter_events"), url)
    return stripe.StripeClient(KEY, base_addresses=base, http_client=stripe.RequestsClient(timeout=20, session=plain))


def dashboard(side: StripeSide, start_app: Callable[..., AppServer], **more: str) -> Practice:
    """Start the dashboard on this Stripe, with a manager and a viewer; `more` are settings."""
    settings = {"STRIPE_API_KEY": KEY, "STRIPE_API_BASE": side.running.url, "PAYERDESK_PRACTICE": "Quayside Practice"}
    settings |= more
    app = start_app(**settings)
    practice = Practice(app, side, {**settings, "PAYERDESK_DATA": str(app.data), "HOME": str(app.data)})
    practice.add_person("mira", "manager")
    practice.add_person("vic", "viewer")
    return practice
