"""These tests act and read in a small practice of their own: see tests/support/world.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lib.sync import presence
from tests.support.world import quick, quick_hashing, world

__all__ = ["quick", "quick_hashing", "world"]


@pytest.fixture(autouse=True)
def nobody_yet() -> Iterator[None]:
    """Who looks at a page is known to the whole process, and pages of other tests were looked at in it."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    presence._seen[0] = presence._told[0] = float("-inf")
    presence.woken.clear()
