"""Pages are drawn over a small practice of their own: see tests/support/world.py."""

from __future__ import annotations

from tests.support.new_invoice import practice
from tests.support.rebilling import ada
from tests.support.world import quick, quick_hashing

__all__ = ["ada", "practice", "quick", "quick_hashing"]
