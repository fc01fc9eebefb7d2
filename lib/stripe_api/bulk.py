"""Lists read in bulk: JSON as it came, through the same pool of connections as everything else, but past the SDK's
objects, which cost a hundred times what the columns of the mirror need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import stripe
from urllib3.exceptions import HTTPError

from lib.errors import PayerdeskError, Unavailable
from lib.stripe_api import errors
from lib.stripe_api.threshold import Threshold


class Bulk:
    """Questions to Stripe, each asked once. `asked` counts them."""

    def __init__(self, http: stripe.HTTPClient, key: str, version: str, base: str) -> None:
        self._http, self._base = http, base or "https://api.stripe.com"
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Stripe-Version": version,
            "User-Agent": f"Stripe/v1 PythonBindings/{stripe.VERSION}",
        }
        self.asked = 0
        self.threshold = Threshold()

    def ask(self, path: str, **params: Any) -> bytes:
        """The body of an answer. Raises Busy (asked to slow down, `reason` says by which limit), Unavailable,
        NotFound, NotAllowed or Refused, and what the threshold raises.
        """
        self.threshold.cross()
        query = urlencode(list(_flat(params)))
        self.asked += 1
        body, status, headers = self._fetch(f"{self._base}{path}?{query}")
        if status != 200:
            raise _wrong(status, body, {name.lower(): value for name, value in headers.items()})
        return body

    def _fetch(self, url: str) -> tuple[bytes, int, Mapping[str, str]]:
        """In as few pieces as they come: read in small ones, every reader waits for the others at each of them."""
        try:
            if not isinstance(self._http, stripe.RequestsClient):
                body, status, headers = self._http.request("get", url, self._headers)
                return body.encode() if isinstance(body, str) else bytes(body), status, headers
            stream, status, headers = self._http.request_stream("get", url, self._headers)
            return stream.read(decode_content=True), status, headers
        except stripe.APIConnectionError as error:
            raise errors.of_read(error) from None
        except (HTTPError, OSError) as broken:
            raise Unavailable("Stripe cannot be reached just now.", type(broken).__name__) from None


def _wrong(status: int, body: bytes, headers: dict[str, str]) -> PayerdeskError:
    found = errors.of_answer(status, body, headers.get("request-id", ""))
    if isinstance(found, errors.Busy):
        found.reason = headers.get("stripe-rate-limited-reason", "")
    if status == 409 or status >= 500:
        return Unavailable(found.words, found.detail)
    return found


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Stripe's bracketed form of nested values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}[{key}]" if name else key)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{index}]")
    else:
        yield name, str(value)
