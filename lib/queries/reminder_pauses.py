"""Payers that nobody is to remind, and until when: what their customers' metadata says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

PAUSED, UNTIL = "pd_reminders", "pd_reminders_until"


@dataclass(frozen=True)
class Pause:
    """Whether a payer is left alone, and until when (not included; None: until somebody says otherwise)."""

    on: bool
    until: date | None = None


def pause_of(metadata: dict[str, Any] | None, today: date) -> Pause:
    """What a customer's metadata says."""
    tags = metadata or {}
    try:
        until = date.fromisoformat(tags.get(UNTIL) or "")
    except ValueError:
        until = None
    on = tags.get(PAUSED) == "paused" and (until is None or today < until)
    return Pause(on, until if on else None)
