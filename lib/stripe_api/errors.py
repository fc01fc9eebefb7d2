"""Stripe's errors become ours, once, on the way in: codes before sentences.

For a write there are three kinds of answer: certainly refused, too busy to begin, and unknown. Anything outside the
closed list of certain refusals is unknown: a timeout, a broken connection, a 5xx, an unreadable body or an idempotency
error may all hide work that was done.
"""

from __future__ import annotations

import json

import stripe

from lib.errors import NotAllowed, NotConfirmed, NotFound, PayerdeskError, Refused, Unavailable

_WORDS = {
    "tax_id_invalid": "Stripe does not accept this VAT number. A UK number is GB followed by 9 or 12 digits.",
    "email_invalid": "Stripe does not accept this email address.",
    "invoice_not_editable": "This invoice can no longer be changed.",
}

# Same meaning, but Stripe gives no code for them.
_PARAM_WORDS = {"email": _WORDS["email_invalid"]}


# Stripe names the parameter at fault, whose path differs from call to call; the form's own name where that matters.
_FIELDS = {"tax_id_invalid": "vat_number", "email_invalid": "email"}


class Busy(Unavailable):
    """Stripe asked us to slow down before it began: nothing was done, the same call may be sent again. `reason` is the
    limit it named, such as endpoint-rate.
    """

    reason = ""


class Pinned(NotConfirmed):
    """Stripe keeps its 5xx under this key and will give it again for as long as it remembers the key."""


def of_answer(status: int, body: bytes, request_id: str = "") -> PayerdeskError:
    """What an answer other than 200 to a question means, where the SDK did not read it."""
    try:
        said = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        said = {}
    error = stripe.StripeError(
        said.get("message"), http_status=status, code=said.get("code"), headers={"request-id": request_id}
    )
    return Busy("Stripe is busy.", _detail(error)) if status == 429 else of_read(error)


def of_read(error: stripe.StripeError) -> PayerdeskError:
    """What a failed question means: nothing was changed by it."""
    if error.http_status == 404 or error.code == "resource_missing":
        return NotFound("That is not in Stripe (any more).", _detail(error))
    if error.http_status in (401, 403):
        return _not_allowed(error)
    if error.http_status == 400:
        return Refused(_words(error), _detail(error))
    return Unavailable("Stripe cannot be reached just now.", _detail(error))


def of_write(error: stripe.StripeError) -> PayerdeskError:
    """What a failed change means: NotFound, NotAllowed and Refused are certain; Busy did not begin; NotConfirmed is
    unknown.
    """
    if error.http_status == 429:
        return Busy("Stripe is busy.", _detail(error))
    if error.http_status in (401, 403):
        return _not_allowed(error)
    if error.http_status in (400, 402, 404) and not isinstance(error, stripe.IdempotencyError):
        kind = NotFound if error.http_status == 404 else Refused
        return kind(_words(error), _detail(error), field=_FIELDS.get(error.code or "") or getattr(error, "param", None))
    kept = (error.headers or {}).get("idempotent-replayed") == "true" and (error.http_status or 0) >= 500
    return (Pinned if kept else NotConfirmed)("Stripe's answer was lost.", _detail(error))


def _not_allowed(error: stripe.StripeError) -> NotAllowed:
    words = (
        "Stripe does not accept the key any more." if error.http_status == 401 else "The Stripe key lacks a permission."
    )
    return NotAllowed(f"{words} Nothing was changed.", _detail(error))


def _words(error: stripe.StripeError) -> str:
    known = _WORDS.get(error.code or "") or _PARAM_WORDS.get(getattr(error, "param", None) or "")
    return known or f"Stripe refused this: {error.user_message or 'no reason given'}"


def _detail(error: stripe.StripeError) -> str:
    """Type, status, code, param and request id; never the body, which holds names."""
    return f"{type(error).__name__} {error.http_status} {error.code} {getattr(error, 'param', None)} {error.request_id}"
