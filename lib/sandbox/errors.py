"""Every refusal, in Stripe's words.

A refusal before the work began (`Malformed`) leaves an idempotency key free; one during the work is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DOCS = "https://stripe.com/docs/error-codes/"


class SandboxError(Exception):
    """What `Sandbox.call` raises: the status and the error object of a refused call."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(error.get("message", "refused"))
        self.status = status
        self.error = error


class Refusal(Exception):
    """An answer that is not 200."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.kind, self.code, self.param = message, status, kind, code, param
        self.headers = dict(headers or {})

    def brief(self) -> dict[str, Any]:
        """As it stands on the thing that it stopped."""
        return {"message": self.message, "type": self.kind}

    def error(self, request_id: str) -> dict[str, Any]:
        """The error object; what does not apply is absent, never null."""
        found: dict[str, Any] = {"message": self.message, "type": self.kind}
        if self.code:
            found |= {"code": self.code, "doc_url": DOCS + self.code.replace("_", "-")}
        if self.param:
            found["param"] = self.param
        if not self.message.startswith(("Unrecognized request URL", "Invalid Stripe API version")):
            found["request_log_url"] = f"https://dashboard.stripe.com/test/workbench/logs?object={request_id}"
        return found


class Malformed(Refusal):
    """Refused before anything was executed."""


def missing(word: str, ident: str, param: str = "id", *, status: int = 404) -> Refusal:
    """No such thing: 404 when the path names it, 400 when a parameter does."""
    return Refusal(f"No such {word}: '{ident}'", status=status, code="resource_missing", param=param)


def unknown_parameter(name: str) -> Malformed:
    return Malformed(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def required(name: str) -> Malformed:
    return Malformed(f"Missing required param: {name}.", code="parameter_missing", param=name)


def empty(name: str) -> Malformed:
    return Malformed(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however "
        f"'{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty value.",
        code="parameter_invalid_empty",
        param=name,
    )


def not_one_of(name: str, choices: Sequence[str]) -> Malformed:
    said = " or ".join(choices) if len(choices) < 3 else f"{', '.join(choices[:-1])}, or {choices[-1]}"
    return Malformed(f"Invalid {name}: must be one of {said}", param=name)


def only_one(first: str, *names: str) -> Malformed:
    return Malformed(f"You may only specify one of these parameters: {', '.join(names)}.", param=first)


def unknown_url(method: str, path: str) -> Malformed:
    return Malformed(
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
        status=404,
    )


def not_imitated(name: str) -> Malformed:
    """Honest about a gap: the real Stripe knows this parameter, the sandbox does not act on it."""
    return Malformed(f"The sandbox does not imitate the parameter {name}.", code="sandbox_not_imitated", param=name)
