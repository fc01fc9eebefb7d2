"""`kill -9` at random moments of many changes; faults on every third request, and outages longer than a key lives.

A manager in a process of its own goes through a list of changes; fate kills the process, breaks the line, and lets
hours or days pass. What was pressed and not answered is pressed again by the next process, under the same form. In the
end an auditor compares Stripe with our records, by what stands in Stripe alone.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import select

from lib import audit
from lib.actions import resolver
from lib.errors import Changed, NotAllowed, NotConfirmed, PayerdeskError, Refused
from lib.mirror.database import reading
from lib.mirror.ours import audit as log
from tests.torture.desk import PROCESSES, Desk, Where, begin, desk
from tests.torture.every import WRITES
from tests.torture.writes import Facts

# Of a hundred changes that are sent, thirty-five meet one of these.
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lost", {"chance": 0.08}),
    ("reset", {"chance": 0.06}),
    ("truncated", {"chance": 0.05}),
    ("html", {"chance": 0.03}),
    ("error", {"chance": 0.04, "when": "after"}),
    ("error", {"chance": 0.03, "when": "before", "status": 503}),
    ("storm", {"chance": 0.05}),
    ("lock_timeout", {"chance": 0.04}),
)
_HOUR = 3600
_TURNS = 8  # so often somebody tries again who was told that nothing happened
Job = tuple[str, Facts, str]


def _work(where: Where, jobs: list[Job], told: Any) -> None:
    """Finish what was cut off, then go on down the list; each answer is told at once."""
    ctx = where.open()
    resolver.resolve(ctx)
    for name, facts, form in jobs:
        try:
            WRITES[name].act(ctx, facts, form)
        except NotConfirmed:
            told.send((form, "not confirmed"))
        except (Refused, Changed, NotAllowed):
            told.send((form, "certain no"))
        except PayerdeskError:
            told.send((form, "asked in vain"))
        else:
            told.send((form, "done"))


class Fate:
    """Who decides what breaks and when."""

    def __init__(self, at: Desk, seed: int) -> None:
        self.at, self.draw = at, random.Random(seed)
        self.kills = self.outages = 0
        self._longest = 0.6

    def weather(self) -> None:
        """One time in eight nothing reaches Stripe at all."""
        faults = self.at.sandbox.faults
        faults.clear()
        for kind, options in FAULTS:
            faults.add(kind, method="POST", path="/v1/*", **options)
        faults.add("reset", method="GET", path="/v1/*", chance=0.05)
        faults.add("latency", ms=2, jitter=2)
        if self.draw.random() < 0.12:
            self.outages += 1
            faults.add("reset")

    def time(self) -> None:
        """Some seconds until the next process; one time in twenty longer than Stripe keeps a key."""
        long = self.draw.random() < 0.05
        hours = self.draw.uniform(25, 120) if long else 0
        self.at.pass_time(int(hours * _HOUR + self.draw.uniform(1, 400)))

    def shift(self, jobs: list[Job]) -> list[tuple[str, str]]:
        """One process, killed at a random moment unless it ends first; what it was told."""
        told, telling = PROCESSES.Pipe(duplex=False)
        process = begin(_work, self.at.where, jobs, telling)
        telling.close()  # so that half a word is an end, and not waited for
        process.join(self.draw.uniform(0.02, self._longest))
        alive = process.exitcode is None
        if alive:
            process.kill()
        process.join()
        if not alive and process.exitcode:
            raise AssertionError(f"a process ended by itself with {process.exitcode}")
        self.kills += alive
        # Most processes are to die, at any moment of their work: how long that takes is found out.
        self._longest = min(2.0, self._longest * 1.02) if alive else max(0.08, self._longest * 0.9)
        return _read(told)


def _read(told: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    with told, suppress(EOFError, OSError):  # it died, perhaps in the middle of a word
        while told.poll():
            found.append(told.recv())
    return found


def jobs_of(at: Desk, names: list[str], writes: int) -> list[Job]:
    """So many changes, every kind in turn, each about somebody of its own."""
    kinds = [names[number % len(names)] for number in range(writes)]
    return [(name, WRITES[name].prepare(at.world, number), f"form-{number}") for number, name in enumerate(kinds)]


def run(
    *, seed: int = 1, kills: int = 2000, writes: int = 1000, names: list[str] | None = None, database: str = ""
) -> dict[str, Any]:
    """Work until both numbers are reached, then audit; `lost`, `duplicated` and the rest must be 0."""
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder), database, seed=seed) as at:
        fate, ends = Fate(at, seed), {}
        jobs = jobs_of(at, names or list(WRITES), writes)
        waiting, latest = list(jobs), {job[2]: job for job in jobs}
        while fate.kills < kills or waiting:
            fate.weather()
            # The last ones are pressed again and again, each under its last form, until there were enough kills.
            ends |= dict(fate.shift(waiting[:6] or list(latest.values())[-6:]))
            waiting = [again for job in waiting if (again := _pressed_again(job, ends.get(job[2])))]
            latest |= {job[2].partition("~")[0]: job for job in waiting}
            fate.time()
        at.settle()
        return {"seed": seed, "kills": fate.kills, "outages": fate.outages, **audited(at, jobs, ends)}


def _pressed_again(job: Job, end: str | None) -> Job | None:
    """What the manager does next: the same form while nobody has answered, a new one after a certain no."""
    name, facts, form = job
    base, _, turn = form.partition("~")
    if end == "certain no" and int(turn or 0) < _TURNS:
        return name, facts, f"{base}~{int(turn or 0) + 1}"
    return job if end in (None, "asked in vain") else None


def audited(at: Desk, jobs: list[Job], ends: dict[str, str]) -> dict[str, Any]:
    """What Stripe says happened, against what we say."""
    known = _by_wish(at.intents())
    found: Counter[str] = Counter(dict.fromkeys(("lost", "duplicated", "half_done", "parked_but_done", "untold"), 0))
    puzzling: list[dict[str, str]] = []
    for name, facts, form in jobs:
        whole, partly = WRITES[name].happened(at.world, facts)
        state = known[form].state if form in known else "never stored"
        found["duplicated"] += max(0, whole - 1)
        found["lost"] += state == "done" and whole == 0
        found["half_done"] += partly if state == "done" else 0
        # A change of several steps may wait for a person with some of them done, as long as it says which.
        unknown = whole > 0 and state != "done" and not _noted(known.get(form))
        found["parked_but_done"] += unknown
        if unknown or whole > 1:
            puzzling.append({"kind": name, "form": form, "state": state})
        found["untold"] += any(end == "done" for told, end in ends.items() if told.partition("~")[0] == form) and (
            state != "done"
        )
        found[f"ended {state}"] += 1
    pence = {"unexplained_pence": _unexplained(at, jobs, known)}
    return {"writes": len(jobs), **found, **_log(at), **pence, "puzzling": puzzling}


def _by_wish(intents: list[Any]) -> dict[str, Any]:
    """What is on record of each wish, however many forms it took: the one that was done, else the one that knows of a
    part that was, else the latest.
    """
    found: dict[str, Any] = {}
    for intent in sorted(intents, key=lambda each: (each.state == "done", _noted(each), each.created)):
        found[intent.form.partition("~")[0]] = intent
    return found


def _noted(intent: Any) -> bool:
    """Whether our own record says that a part of it was done."""
    return intent is not None and any(made.get("id") for made in json.loads(intent.progress).values())


def _log(at: Desk) -> dict[str, int]:
    """Each change is in the log when it was asked for and when it ended, once each, and the chain holds."""
    with reading(at.ctx.engine) as conn:
        broken = audit.first_broken(conn)
        entries = Counter(conn.execute(select(log.c.intent).where(log.c.intent != "")).scalars())
    missing = sum(1 for intent in at.intents() if entries[intent.id] != 2)
    return {"log_broken": int(broken is not None), "log_missing": missing}


def _unexplained(at: Desk, jobs: list[Job], known: dict[str, Any]) -> int:
    """Pence by which balances in Stripe are not what our done adjustments add up to."""
    wrong = 0
    for name, facts, form in jobs:
        if name == "balance.adjust":
            signed = -facts["minor"] if facts["minor"] % 2 else facts["minor"]
            done = form in known and known[form].state == "done"
            wrong += abs(at.world.balance(facts["customer"]) - (signed if done else 0))
    return wrong
