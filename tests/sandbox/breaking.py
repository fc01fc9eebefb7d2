"""The sandbox broken on request: where it is aimed, and what a caller hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from lib.sandbox import Sandbox
from tests.sandbox.conftest import KEY

LEDGER = "/v1/customers/*/balance_transactions"


UNKNOWN = (stripe.APIConnectionError, stripe.APIError)


def broken(call: Callable[..., Any], *args: Any) -> stripe.StripeError:
    """The error of a call whose end nobody can know."""
    with pytest.raises(UNKNOWN) as caught:
        call(*args)
    return caught.value


def strikes(box: Sandbox, calls: int, method: str = "GET", path: str = "/v1/customers") -> list[int]:
    """Which of so many calls are refused, counted from 1."""
    headers = {"Authorization": f"Bearer {KEY}"}
    found = [box.handle(method, path, "", b"", headers).status for _ in range(calls)]
    return [number for number, status in enumerate(found, 1) if status == 429]
