"""Shorthands for what the sandbox's tests look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe


def refused(call: Callable[..., Any], *args: Any, **more: Any) -> tuple[int | None, str | None, str | None, str | None]:
    """Status, code, param and message of the refusal that the call must meet."""
    with pytest.raises(stripe.StripeError) as caught:
        call(*args, **more)
    error = caught.value
    return error.http_status, error.code, getattr(error, "param", None), error.user_message


def balance(client: stripe.StripeClient, customer: str) -> int:
    return client.v1.customers.retrieve(customer).balance


def ledger(client: stripe.StripeClient, customer: str) -> list[tuple[str, int, int]]:
    """The entries, oldest first: type, amount, balance after it."""
    entries = client.v1.customers.balance_transactions.list(customer, {"limit": 100}).data
    return [(entry.type, entry.amount, entry.ending_balance) for entry in reversed(entries)]


def kinds(client: stripe.StripeClient) -> list[str]:
    """The types of all events, oldest first."""
    return [event.type for event in client.v1.events.list({"limit": 100}).data][::-1]


def last_event(client: stripe.StripeClient, kind: str) -> dict[str, Any]:
    return client.v1.events.list({"type": kind, "limit": 1}).data[0].to_dict()
