"""Amounts above the practice's limits, and asking for one that needs a second person."""

from __future__ import annotations

from typing import Any

import pytest

from lib.errors import Waiting
from tests.support.builders import adjust, pounds
from tests.support.world import World

LARGE, LARGER = 100_001, 1_000_001


def ask(world: World, customer: str, **more: Any) -> str:
    """Ask for more than one person may send; the intent's id."""
    with pytest.raises(Waiting, match="waits for a second person"):
        adjust(world, customer, minor=LARGER, retyped=pounds(LARGER), **more)
    return next(wish.id for wish in world.intents() if wish.state == "waiting")
