"""What a comparison of our books with Stripe comes to, as it stands by now."""

from __future__ import annotations


def explained(checked: int, waiting: int) -> int:
    """Of so many things that were looked at, those for which no difference waits for a person any more."""
    return max(0, checked - waiting)


def percent(part: int, checked: int) -> float:
    """Explained of a hundred, rounded down: 100 means everything."""
    return int(part * 10_000 / checked) / 100 if checked else 100.0
