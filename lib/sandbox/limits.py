"""The limit on requests a second."""

from __future__ import annotations

import time

from lib.sandbox.errors import Malformed

TOO_MANY = (
    "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits. We recommend "
    "that you back off and try again."
)


class Limit:
    """A bucket that holds one second's worth of requests; nought means no limit."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._left, self._at = float(rate), time.monotonic()

    def spend(self) -> None:
        """One request, or a refusal."""
        if not self.rate:
            return
        now = time.monotonic()
        self._left = min(self.rate, self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left < 1:
            headers = {"Stripe-Rate-Limited-Reason": "global-rate"}
            raise Malformed(TOO_MANY, status=429, code="rate_limit", headers=headers)
        self._left -= 1
