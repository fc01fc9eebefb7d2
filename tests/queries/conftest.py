"""These tests act and read in a small practice of their own: see tests/support/world.py."""

from __future__ import annotations

from tests.support.five_months import five_months
from tests.support.world import quick, quick_hashing, world

__all__ = ["five_months", "quick", "quick_hashing", "world"]
