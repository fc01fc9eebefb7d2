"""A change of which nobody knows what became: a posting whose answer was lost, or that never arrived."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lib.errors import NotConfirmed
from tests.support.builders import adjust
from tests.support.world import World

LEDGER = "/balance_transactions"


POSTED = [("adjustment", -4500, -4500)]


DAYS = 3 * 86_400


def parked(world: World, customer: str, *, landed: bool, minor: int = 4500, **more: Any) -> str:
    """A posting whose answer was lost (`landed`), or that never arrived, found by nobody for three days; its id."""
    if landed:
        world.wire.lose(LEDGER)
    else:
        world.wire.cut(LEDGER, times=100)
    world.wire.cut(LEDGER, method="get", times=100)
    with pytest.raises(NotConfirmed):
        adjust(world, customer, minor=minor, **more)
    world.wire.mend()
    world.wait(DAYS)
    world.mark_for_review()
    return next(intent.id for intent in world.intents() if intent.state == "review")


@contextmanager
def cut_off_at(world: World, path: str) -> Iterator[None]:
    """What is asked in here never gets past this address, and is parked."""
    world.wire.cut(path, times=100)
    with pytest.raises(NotConfirmed):
        yield
    world.wire.mend()
    world.mark_for_review()


def verbs(world: World) -> list[str]:
    return [entry.verb for entry in world.audited()]
