"""These tests act and read in a small practice of their own: see tests/support/world.py."""

from __future__ import annotations

from tests.support.rebilling import parties
from tests.support.reminders import post
from tests.support.world import quick, quick_hashing, world

__all__ = ["parties", "post", "quick", "quick_hashing", "world"]
