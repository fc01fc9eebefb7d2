"""Payers that nobody is to remind, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from lib.mirror.pauses import ALWAYS, paused_until


@dataclass(frozen=True)
class Pause:
    """Whether a payer is left alone, and until when (not included; None: until somebody says otherwise)."""

    on: bool
    until: date | None = None


def pause_of(metadata: dict[str, Any] | None, today: date) -> Pause:
    """What a customer's metadata says."""
    return pause(paused_until(metadata or {}), today)


def pause(until: str, today: date) -> Pause:
    """What the mirror keeps of it."""
    on = today.isoformat() < until
    return Pause(on, date.fromisoformat(until) if on and until != ALWAYS else None)
