"""Backups one after the other while a manager works; each is put back, and Stripe is compared with what it lacks.

Every one must be whole: each change with its entry in the log, and none without. After the oldest is put back nothing
is sent, what Stripe has more is taken over, and the books are explained in full.
"""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from lib import audit_keys, backup, backup_restore
from lib.actions import resolver
from lib.mirror.database import open_database
from lib.people import SHELL
from lib.sync import adopt, reconcile
from tests.support.world import World
from tests.torture import drifts

TIMES = 50


def run(seed: int = 1, scale: float = 1.0) -> dict[str, Any]:
    """Figures: `backups`, `changes` meanwhile, `torn` backups, `not_put_back`, `sent_again`, `unexplained`."""
    draw, times = random.Random(seed), max(2, round(TIMES * scale))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = drifts.practice(folder, seed, customers=8)
        made, changes = _made(world, folder, times, draw)
        torn = sum(not _whole(each) for each in made)
        lost = sum(not _comes_back(world, each.path, folder / f"try-{n}.sqlite") for n, each in enumerate(made))
        told = _the_oldest(world, made[0].path, folder / "oldest.sqlite")
        world.ctx.engine.dispose()
        world.sandbox.close()
    wrong = torn + lost + told["sent_again"] + told["unexplained"]
    found = {"backups": times, "changes": changes, "torn": torn, "not_put_back": lost, **told}
    return {"seed": seed, **found, "wrong": wrong}


def _made(world: World, folder: Path, times: int, draw: random.Random) -> tuple[list[backup.Made], int]:
    stop, done, people = threading.Event(), [0], drifts.everybody(world)

    def work() -> None:
        while not stop.is_set():
            drifts.credit(world, draw.choice(people), draw.randrange(1, 500))
            done[0] += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        made = [backup.make(world.ctx.as_actor(SHELL), folder / f"{number}.backup") for number in range(times)]
    finally:
        stop.set()
        worker.join()
    drifts.credit(world, people[0], 77)  # at least one that the newest does not have
    return made, done[0] + 1


def _whole(made: backup.Made) -> bool:
    with closing(sqlite3.connect(made.path)) as raw:
        [(asked,)] = raw.execute("SELECT count(*) FROM audit WHERE detail LIKE '%\"asked\"%'")
        [(orphans,)] = raw.execute(
            "SELECT count(*) FROM intents WHERE NOT EXISTS (SELECT 1 FROM audit WHERE audit.intent = intents.id)"
        )
    return asked == made.intents and not orphans


def _comes_back(world: World, path: Path, target: Path) -> bool:
    settings = replace(world.ctx.settings, database_url=f"sqlite:///{target}")
    backup_restore.restore(settings, path)
    engine = open_database(settings.database_url)
    try:
        return not backup.check(engine)
    finally:
        engine.dispose()


def _the_oldest(world: World, path: Path, target: Path) -> dict[str, int]:
    """Put back while Stripe has everything that was done since."""
    settings = replace(world.ctx.settings, database_url=f"sqlite:///{target}")
    backup_restore.restore(settings, path)
    engine = open_database(settings.database_url)
    audit_keys.settle(engine, settings, world.ctx.now)
    ctx = replace(world.ctx, engine=engine, settings=settings)
    world.wire.asked.clear()
    world.wait(4000)
    resolver.resolve(ctx)
    replace(world, ctx=ctx).sync()
    adopted = adopt.settle(ctx)
    told = reconcile.run(ctx, threading.Event())
    engine.dispose()
    return {"sent_again": len(world.wire.writes()), "taken_over": adopted, "unexplained": told.waiting}


def main() -> None:
    """`python -m tests.torture.backups [seed]`"""
    import sys

    print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1)))  # noqa: T201


if __name__ == "__main__":
    main()
