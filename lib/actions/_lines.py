"""Putting lines on a draft: in chunks, each with a tag by which it is found again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from lib.actions._intent import Object, Step
from lib.errors import Refused

T = TypeVar("T")

# Stripe: 250 items an invoice; many lines are sent in chunks (scenario 22).
MOST_LINES = 250
_CHUNK = 50
_MOST_TAGS = 50


def chunks(lines: Sequence[T]) -> list[Sequence[T]]:
    """As many at once as go into one request."""
    return [lines[start : start + _CHUNK] for start in range(0, len(lines), _CHUNK)]


def adding(lines: Sequence[Object], intent: str, invoice: str = "{create}") -> list[Step]:
    """The steps that put lines on a draft, each chunk with a tag of its own. Raises Refused before any is sent."""
    if len(lines) > MOST_LINES:
        raise Refused(f"Stripe takes at most {MOST_LINES} lines on one invoice; this would have {len(lines)}.")
    if any(len(line["metadata"]) >= _MOST_TAGS for line in lines):
        raise Refused("A line carries so much metadata that Stripe has no room for the link to the old one.")
    path = f"/v1/invoices/{invoice}/add_lines"
    return [
        Step(f"lines{n}", path, {"lines": [_tagged(line, f"{intent}:{n}") for line in chunk]})
        for n, chunk in enumerate(chunks(lines))
    ]


def added(fresh: Object, intent: str, step: Step) -> bool:
    """Whether an earlier attempt of a step of `adding` arrived."""
    tag = f"{intent}:{step.name.removeprefix('lines')}"
    return any((line.get("metadata") or {}).get("pd_intent") == tag for line in fresh["lines"]["data"])


def last_total(progress: dict[str, Object]) -> int:
    """What the draft came to, in minor units, as Stripe answered with its last lines."""
    sent = [name for name in progress if name.startswith("lines") and progress[name].get("id")]
    last = max(sent, key=lambda name: int(name.removeprefix("lines")), default="create")
    return int(progress[last]["total"] or 0)


def _tagged(line: Object, tag: str) -> Object:
    return {**line, "metadata": {**line["metadata"], "pd_intent": tag}}
