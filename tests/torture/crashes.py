"""Death at every point of every kind of change: before and after each commit and each request, once each.

The points are counted in a run that lives, and named by what stands before them; then each run dies at the next one, in
a process of its own, by `os._exit`. One restart later the change has happened once, or not at all and is known as such.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lib import audit
from lib.context import Context
from lib.errors import PayerdeskError
from lib.mirror.database import reading
from tests.torture.desk import PROCESSES, Desk, Where, begin, desk
from tests.torture.every import WRITES
from tests.torture.writes import Facts, Write

DEAD = 77


class Points:
    """Counts the points that a process passes, and ends it at one of them."""

    def __init__(self, die_at: int) -> None:
        self.passed: list[str] = []
        self._die_at = die_at

    def at(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self._die_at:
            os._exit(DEAD)

    def watch(self, ctx: Context) -> None:
        """Every commit of the database and every change that is sent to Stripe."""
        dialect, api = ctx.engine.dialect, ctx.stripe
        commit, send = dialect.do_commit, api.send

        def commit_watched(connection: Any) -> None:
            self.at("before a commit")
            commit(connection)
            self.at("after a commit")

        def send_watched(method: str, path: str, params: dict[str, Any], *, key: str) -> Any:
            step = key.split(":")[2]
            self.at(f"before {step} is sent")
            answer = send(method, path, params, key=key)
            self.at(f"after Stripe did {step}")
            return answer

        dialect.do_commit = commit_watched  # type: ignore[method-assign]
        api.send = send_watched  # type: ignore[method-assign]


def _act(where: Where, name: str, facts: Facts, form: str, die_at: int, told: Any) -> None:
    ctx = where.open()
    points = Points(die_at)
    points.watch(ctx)
    try:
        WRITES[name].act(ctx, facts, form)
    except PayerdeskError as no:
        told.put((points.passed, type(no).__name__))
    else:
        told.put((points.passed, "done"))


def play(at: Desk, write: Write, number: int, die_at: int) -> tuple[Facts, list[str] | None]:
    """Prepare one and carry it out; the points passed, or None where it died."""
    facts, told = write.prepare(at.world, number), PROCESSES.SimpleQueue()
    process = begin(_act, at.where, write.name, facts, f"form-{number}", die_at, told)
    process.join(60)
    if process.exitcode == DEAD:
        return facts, None
    if process.exitcode != 0 or (found := told.get())[1] != "done":
        raise AssertionError(f"{write.name} by itself ended with {process.exitcode}")
    return facts, found[0]


def matrix(at: Desk, names: Iterator[str] | list[str]) -> dict[str, Any]:
    """Every kind of change at every point; figures by kind."""
    told: dict[str, Any] = {}
    number = 0
    for name in names:
        write = WRITES[name]
        number += 1
        points = play(at, write, number, 0)[1] or []
        ends = {"points": len(points), "happened": 0, "not": 0, "wrong": 0}
        for die_at, point in enumerate(points, 1):
            number += 1
            facts, lived = play(at, write, number, die_at)
            assert lived is None, f"{name} did not die {point}"
            at.pass_time(180)
            at.settle()
            ends[_ended(at, write, facts, f"form-{number}")] += 1
        told[name] = ends
    return told


def _ended(at: Desk, write: Write, facts: Facts, form: str) -> str:
    whole, partly = write.happened(at.world, facts)
    state = next((intent.state for intent in at.intents() if intent.form == form), None)
    if (state, whole, partly) == ("done", 1, 0):
        return "happened"
    # Killed before it was stored, or stored and never sent: nothing happened, and what was stored waits for a person.
    return "not" if (whole, partly) == (0, 0) and state in (None, "review") else "wrong"


@contextmanager
def _desk(database: str) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder), database) as at:
        yield at


def run(names: list[str] | None = None, database: str = "") -> dict[str, Any]:
    """The whole matrix on one database; `wrong` must be 0 and the log must hold."""
    with _desk(database) as at:
        kinds = matrix(at, names or list(WRITES))
        with reading(at.ctx.engine) as conn:
            broken = audit.first_broken(conn)
    return {
        "kinds": len(kinds),
        "crashes": sum(kind["points"] for kind in kinds.values()),
        "wrong": sum(kind["wrong"] for kind in kinds.values()) + (broken is not None),
        "by kind": kinds,
    }
