"""Moments in London, and invoices raised at them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.support.world import World

LONDON = ZoneInfo("Europe/London")


def at(text: str) -> int:
    """Seconds of a moment in London."""
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp())


def by_hero(world: World, terms: str, issued: str, minor: int = 12_000) -> str:
    """An invoice as Hero raises it: due the day it is issued."""
    tags = {"pd_terms_days": terms} if terms else {}
    acme = world.customer(metadata=tags)
    world.sandbox.clock.set(at(issued))
    return world.invoice(acme, minor, due_date=at(issued) + 60)
