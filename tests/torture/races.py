"""Two hands at once: double clicks, reloads, closed tabs and two managers, each with one effect and one truth.

`double`: the same form from two threads at the same moment. `reload`: the answer is lost, and the same form comes again
while the first may still be under way. `closed`: whoever pressed is gone in mid-change; the resolver and a colleague
arrive together. `pair`: two managers who saw the same screen.
"""

from __future__ import annotations

import random
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib.actions import resolver
from lib.context import Context
from lib.errors import PayerdeskError
from tests.torture.desk import Desk, desk
from tests.torture.every import WRITES
from tests.torture.writes import Facts, Write

Hand = Callable[[], object]


def _at_once(*hands: Hand) -> list[str]:
    """What each was told: done, or the kind of no."""
    told, gate = [""] * len(hands), threading.Barrier(len(hands))

    def press(number: int, hand: Hand) -> None:
        gate.wait()
        try:
            hand()
            told[number] = "done"
        except PayerdeskError as no:
            told[number] = type(no).__name__
        except KeyboardInterrupt:
            told[number] = "gone"

    threads = [threading.Thread(target=press, args=pair) for pair in enumerate(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return told


def _double(at: Desk, write: Write, facts: Facts, form: str, draw: random.Random) -> list[str]:
    return _at_once(*[lambda: write.act(at.ctx, facts, form)] * 2)


def _reload(at: Desk, write: Write, facts: Facts, form: str, draw: random.Random) -> list[str]:
    at.sandbox.faults.add("lost", method="POST", path="/v1/*", times=1, skip=draw.randrange(2))
    return _at_once(*[lambda: write.act(at.ctx, facts, form)] * 3)


def _closed(at: Desk, write: Write, facts: Facts, form: str, draw: random.Random) -> list[str]:
    """The tab goes with the first answer; the change is taken up by the resolver and by a press of the same form."""
    leaving = _Leaving(at.ctx, draw.randrange(2))
    told = _at_once(lambda: write.act(leaving.ctx, facts, form))
    at.pass_time(180)
    return told + _at_once(lambda: resolver.resolve(at.ctx), lambda: write.act(at.ctx, facts, form))


def _pair(at: Desk, write: Write, facts: Facts, form: str, draw: random.Random) -> list[str]:
    """Both saw the same screen; each has a form of their own."""
    return _at_once(lambda: write.act(at.ctx, facts, form), lambda: write.act(at.ctx, facts, f"{form}-other"))


class _Leaving:
    """A context whose thread ends after so many answers, as Streamlit ends a script whose tab was closed."""

    def __init__(self, ctx: Context, after: int) -> None:
        api, left = ctx.stripe, [after]

        class Api:
            def __getattr__(self, name: str) -> Any:
                return getattr(api, name)

            def send(self, *given: Any, **more: Any) -> Any:
                answer = api.send(*given, **more)
                left[0] -= 1
                if left[0] < 0:
                    raise KeyboardInterrupt
                return answer

        object.__setattr__(self, "ctx", ctx.__class__(**{**ctx.__dict__, "stripe": Api()}))

    ctx: Context


RACES = {"double": _double, "reload": _reload, "closed": _closed, "pair": _pair}
# What nobody can tell from a second wish: two organisations, two drafts, two copies. A person is asked there instead.
ALONE = ("organisation.create", "invoice.raise", "invoice.draft", "invoice.duplicate")


def run(*, seed: int = 1, races: int = 800, names: list[str] | None = None, database: str = "") -> dict[str, Any]:
    """So many races, every kind of change in turn; `extra_effects` and `nothing` must be 0."""
    draw, told = random.Random(seed), Counter[str]()
    extra: list[str] = []
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder), database, seed=seed) as at:
        names = names or list(WRITES)
        for number in range(races):
            race = list(RACES)[number % len(RACES)]
            possible = [name for name in names if race != "pair" or name not in ALONE]
            write = WRITES[possible[(number // len(RACES)) % len(possible)]]
            facts = write.prepare(at.world, number)
            ends = RACES[race](at, write, facts, f"form-{number}", draw)
            at.settle()
            whole, partly = write.happened(at.world, facts)
            told[race] += 1
            told["nothing"] += whole == 0
            if whole > 1 or partly:
                extra.append(f"{race} {write.name}: {whole} whole, {partly} in part, told {ends}")
            told["told wrongly"] += "done" in ends and whole == 0
    return {"seed": seed, "races": races, "extra_effects": len(extra), **told, "extra": extra[:20]}
