"""Payers that nobody is to remind: what a customer's metadata says of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

PAUSED, UNTIL = "pd_reminders", "pd_reminders_until"
# Later than any day that somebody may name.
ALWAYS = "9999-12-31"


def paused_until(tags: Mapping[str, Any]) -> str:
    """The day before which a payer hears nothing of what is overdue; ALWAYS where no day was said, empty for the
    others.
    """
    if tags.get(PAUSED) != "paused":
        return ""
    try:
        return date.fromisoformat(tags.get(UNTIL) or "").isoformat()
    except ValueError:
        return ALWAYS
