"""The kit that pages are made of, piece by piece."""

from __future__ import annotations

from tests.support.world import quick, quick_hashing, world

__all__ = ["quick", "quick_hashing", "world"]
