"""The few things that can go wrong, each with words for a manager and detail for the log.

`words` is shown on the screen and holds no secret and no code; `detail` goes to the log and holds ids, codes and
request ids, never a name. A class exists only where somebody handles it differently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class PayerdeskError(Exception):
    """Something went wrong that has words for the person at the screen."""

    def __init__(self, words: str, detail: str = "", *, field: str | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.detail = detail
        self.field = field


class SettingsError(PayerdeskError):
    """A setting is missing or wrong: the program does not start."""


class NotFound(PayerdeskError):
    """The customer, invoice or other object does not exist, or was deleted in Stripe."""


class NotAllowed(PayerdeskError):
    """This person, or this Stripe key, may not do that. Nothing was changed."""


class Refused(PayerdeskError):
    """A rule of ours or of Stripe's says no, for certain. Nothing was changed. `field` names the input at fault.

    `also` holds the words for further fields, where several were looked at together.
    """

    also: dict[str, str] = {}  # noqa: RUF012 - replaced as a whole, never changed


class Together:
    """Several checks, all carried out: the first refusal is raised at the end, with the others beside it.

    with Together() as check:
        name = check(_checks.required, text, "Enter a name.", "name", 256)
    """

    def __init__(self) -> None:
        self._wrong: list[Refused] = []

    def __enter__(self) -> Together:
        return self

    def __call__(self, check: Callable[..., T], *given: Any) -> T | Any:
        try:
            return check(*given)
        except Refused as no:
            self._wrong.append(no)
            return ""

    def __exit__(self, *_: object) -> None:
        if self._wrong:
            first, *rest = self._wrong
            first.also = {no.field: no.words for no in rest if no.field}
            raise first


class Changed(PayerdeskError):
    """Somebody moved the target after the page was drawn. Nothing was changed; the words say what is different now."""


class AskFirst(PayerdeskError):
    """Likely a mistake (a duplicate, a second posting): nothing was changed, and an explicit second yes is needed.

    `matches` names what was found: (Stripe id, words) pairs.
    """

    def __init__(self, words: str, matches: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(words)
        self.matches = matches


class Unavailable(PayerdeskError):
    """Stripe cannot be reached or is too busy to answer a question. Nothing was changed by asking."""


class NotConfirmed(PayerdeskError):
    """A change was sent and its answer was lost: it may or may not have happened, and is being looked up."""


class Waiting(NotConfirmed):
    """The change is stored and nothing was sent: it begins when a second person has agreed to it."""
