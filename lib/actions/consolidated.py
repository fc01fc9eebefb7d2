"""How a consolidated invoice reads: what goes in, in which order, and the words of each line (B1, B6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lib.actions._lines import MOST_LINES

NAME, REFERENCE = "name", "reference"
_LONGEST = 500


@dataclass(frozen=True)
class Part:
    """One draft that goes in: its id, the signature of what was shown, whose care it was and Hero's reference."""

    draft: str
    seen: str
    patient: str
    name: str
    reference: str

    @property
    def ref(self) -> str:
        """What stands for the patient where no name may: Hero's reference, or the end of Stripe's id."""
        return self.reference or (self.patient or self.draft)[-8:]


@dataclass(frozen=True)
class Wording:
    """How each line reads: which of the patient's name and reference stands before it; with `neutral` that text and
    the reference stand in its place.
    """

    prefix: str = NAME
    neutral: str = ""

    def of(self, part: Part, description: str) -> str:
        """The line's text, shortened where Stripe would not take it."""
        if self.neutral:
            return f"{self.neutral} – ref {part.ref}"[:_LONGEST]
        who = part.ref if self.prefix == REFERENCE else part.name or part.ref
        text = f"{who}: {description}" if description else who
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def grouped(parts: Sequence[Part]) -> list[Part]:
    """By patient, whoever was raised first; patients by name."""
    return sorted(parts, key=lambda part: (part.name.casefold(), part.patient))


def too_many(counts: Sequence[int]) -> str:
    """Why so many lines (one count a draft, in order) do not go on one invoice, and where to split; or empty."""
    total, most = sum(counts), MOST_LINES
    if total <= most:
        return ""
    fit, lines = 0, 0
    while fit < len(counts) and lines + counts[fit] <= most:
        lines += counts[fit]
        fit += 1
    return (
        f"These drafts have {total} lines, and Stripe takes at most {most} on one invoice. Choose a shorter period, or "
        f"do it in two: the first {fit} drafts have {lines} lines."
    )
