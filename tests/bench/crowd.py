"""Figure 6: 25 people click for five minutes on a practice of 1,000,000 invoices.

`python -m tests.bench.crowd [--minutes 5] [--people 25] [--invoices 1000000] [--postgres]`. Everybody has a window of
their own and thinks two to six seconds between clicks: pages, filters, search words, sorting, the next page of a list,
an invoice, an account. Told are the times of a rerun, what went wrong, and the memory of the dashboard's process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import dashboard, known, names, practice, results, server
from tests.bench.known import Known
from tests.bench.window import Run, Window

RERUN = 1_000  # milliseconds at most, p95
_WATCH = 30.0
_NEXT = ("Next", "next")
_LISTS = ("invoices", "organisations", "patients", "balances")


@dataclass
class Told:
    """What happened to everybody: times by what was done, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)

    def note(self, what: str, run: Run) -> None:
        self.times[what].append(run.seconds)
        self.wrong.update(f"{what}: {words}" for words in run.problems)


class Person:
    """Somebody at a screen."""

    def __init__(self, window: Window, who: Known, draw: random.Random, told: Told) -> None:
        self._window, self._who, self._draw, self._told = window, who, draw, told
        self._list, self._watched = "invoices", time.monotonic()

    async def work(self, until: float) -> None:
        """Click until the time is over."""
        await self._open("")
        while time.monotonic() < until:
            await asyncio.sleep(self._draw.uniform(2, 6))
            await self._watch()
            deed = self._draw.choices(
                (self._turn, self._search, self._filter, self._sort, self._next, self._pick, self._account),
                (3, 4, 3, 2, 3, 3, 1),
            )[0]
            try:
                await deed()
            except LookupError as missing:
                self._told.wrong[f"{deed.__name__}: {str(missing)[:90]}"] += 1

    async def _open(self, path: str, query: str = "") -> None:
        self._list = path if path in _LISTS else ""
        self._told.note(f"open {path or 'overview'}", await self._window.visit(path, query))

    async def _on_a_list(self, *wanted: str) -> None:
        if self._list not in (wanted or _LISTS):
            await self._open(self._draw.choice(wanted or _LISTS))

    async def _turn(self) -> None:
        await self._open(self._draw.choice(("", *_LISTS, "activity")))

    async def _search(self) -> None:
        await self._on_a_list()
        who = self._who
        words = (names.COMMON, names.RARE, "qqqq", "thorn", who.number, who.email, who.postcode, "ma", who.name, "")
        key = "invoices.text" if self._list == "invoices" else f"{self._list}.search"
        self._told.note("search", await self._window.put(key, self._draw.choice(words)))

    async def _filter(self) -> None:
        await self._on_a_list("invoices")
        key = self._draw.choice(("invoices.age", "invoices.practitioner", "invoices.location"))
        options = self._window.options(key)
        if options:
            self._told.note("filter", await self._window.put(key, self._draw.choice(options)))

    async def _sort(self) -> None:
        await self._on_a_list()
        key = f"{self._list}.sort"
        self._told.note("sort", await self._window.put(key, self._draw.choice(self._window.options(key))))

    async def _next(self) -> None:
        await self._on_a_list()
        key = next((key for key in _NEXT if self._window.has(key)), "")
        if key:
            self._told.note("next page", await self._window.press(key))

    async def _pick(self) -> None:
        await self._on_a_list()
        rows = self._window.rows(f"{self._list}.table")
        if rows:
            picked = await self._window.pick(f"{self._list}.table", self._draw.randrange(rows))
            self._told.note("open a row", picked)
            self._list = ""

    async def _account(self) -> None:
        await self._open("customer", f"id={self._draw.choice((self._who.busiest, self._who.usual, self._who.patient))}")

    async def _watch(self) -> None:
        """The part of every page that looks whether somebody is still signed in."""
        if time.monotonic() - self._watched > _WATCH and self._window.fragments:
            self._watched = time.monotonic()
            self._told.note("watch", await self._window.fragment(self._window.fragments[-1]))


async def _everybody(
    url: str, cookies: list[str], who: Known, told: Told, minutes: float, pid: int
) -> dict[str, list[int]]:
    windows = [await Window.open(url, cookie) for cookie in cookies]
    began, memory = time.monotonic(), [_memory(pid)]
    until = began + minutes * 60
    working = [
        asyncio.create_task(Person(window, who, random.Random(number), told).work(until))
        for number, window in enumerate(windows)
    ]
    while time.monotonic() < until - 1:
        await asyncio.sleep(min(60, until - time.monotonic()))
        memory.append(_memory(pid))
    for number, task in enumerate(working):
        try:
            await task
        except Exception as lost:  # noqa: BLE001 - one window's end is counted, the others go on
            told.wrong[f"person {number}: {type(lost).__name__}"] += 1
    for window in windows:
        await window.close()
    return {"at the start and after each minute": memory}


def _memory(pid: int) -> int:
    """Megabytes that a process holds for itself: what it maps of the database's file belongs to the system."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))


def _worked(pid: int) -> float:
    """How many seconds a process has kept a core busy."""
    after_name = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--people", type=int, default=25)
    parser.add_argument("--invoices", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=practice.FOLDER)
    parser.add_argument("--postgres", action="store_true", help="on Postgres instead of SQLite")
    options = parser.parse_args()
    told, found = Told(), dict[str, Any](results.where())
    with ExitStack() as over:
        prepared = server.maker(over, options.data, postgres=options.postgres)(options.invoices)
        quiet = over.enter_context(dashboard.in_front_of(prepared, options.data))
        app, who = over.enter_context(quiet.running()), known.of(prepared)
        cookies = quiet.cookies[: options.people]
        work = _everybody(app.url, cookies, who, told, options.minutes, app.process.pid)
        busy = _worked(app.process.pid)
        found["memory of the dashboard in megabytes"] = asyncio.run(work)
        busy = _worked(app.process.pid) - busy
        found["errors in the log"] = app.log.read_text("utf-8").count(" ERROR ")
    every = [seconds for times in told.times.values() for seconds in times]
    found |= {"invoices": options.invoices, "people": options.people, "minutes": options.minutes}
    found |= {"reruns": {"count": len(every), **results.spread(every)}, "limit of p95": RERUN}
    found["milliseconds of a core for each rerun"] = round(1000 * busy / len(every))
    found["by what was done"] = {
        name: {"count": len(times), **results.spread(times)} for name, times in sorted(told.times.items())
    }
    found["wrong"] = dict(told.wrong)
    results.save("crowd-postgres" if options.postgres else "crowd", found)
    sys.stdout.write(f"{found['reruns']} {found['wrong']}\n")


if __name__ == "__main__":
    main()
