"""A change of many, one intent each: what became of each invoice is told as it is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lib.actions._intent import Outcome
from lib.errors import NotConfirmed, PayerdeskError


@dataclass(frozen=True)
class Row:
    """What became of one invoice: the id that came of it, or in words why there is none; `pending` when it may have
    happened or still may, and nobody should ask for it again.
    """

    invoice: str
    result: str
    words: str
    pending: bool = False


def row_of(invoice: str, change: Callable[[], Outcome]) -> Row:
    """Carry out one of many: a refusal is told beside it, and the next goes on."""
    try:
        return Row(invoice, change().result, "")
    except PayerdeskError as no:
        return Row(invoice, "", no.words, isinstance(no, NotConfirmed))
