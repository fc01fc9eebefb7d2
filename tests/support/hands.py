"""Several hands at the same moment: threads that press at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from lib.errors import PayerdeskError
from tests.support.world import World

HANDS = 6


def at_once(presses: list[Callable[[], Any]]) -> list[Any]:
    def press(what: Callable[[], Any]) -> Any:
        try:
            return what()
        except PayerdeskError as no:
            return no

    with ThreadPoolExecutor(len(presses)) as hands:
        return list(hands.map(press, presses))


def unhurried(world: World) -> Any:
    return replace(world.ctx, sleep=lambda _seconds: time.sleep(0.01))
