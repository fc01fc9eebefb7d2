"""`make torture`: everything in full, its figures and seeds printed and kept in docs/torture-DATE.json.

`python -m tests.torture [--scale 0.01] [--only kills,races]`: a smaller or narrower run, which is printed and not kept.
Anything that is not as it must be is an exit code of 1.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.results import ROOT, where
from tests.support.postgres import Postgres

Told = dict[str, Any]
SEEDS = (1, 2, 3, 4, 5)


@contextmanager
def _databases() -> Iterator[dict[str, Callable[[], Any]]]:
    """A new database a run, of each kind."""
    server = Postgres().start()
    try:
        yield {"sqlite": lambda: _no_url(), "postgres": server.database}
    finally:
        server.stop()


@contextmanager
def _no_url() -> Iterator[str]:
    yield ""


def _part(name: str) -> Any:
    return importlib.import_module(f"tests.torture.{name}")


def kills(scale: float, databases: Any) -> Told:
    """Five seeds, four on SQLite and one on Postgres."""
    runs = []
    for seed in SEEDS:
        kind = "postgres" if seed == SEEDS[-1] else "sqlite"
        with databases[kind]() as url:
            found = _part("kills").run(
                seed=seed, kills=round(400 * scale), writes=max(8, round(200 * scale)), database=url
            )
        runs.append({"database": kind, **found})
    wrong = ("lost", "duplicated", "half_done", "parked_but_done", "untold", "log_missing", "log_broken")
    sums = {
        name: sum(run[name] for run in runs) for name in ("kills", "writes", "outages", "unexplained_pence", *wrong)
    }
    return {**sums, "wrong": sum(sums[name] for name in wrong) + sums["unexplained_pence"], "runs": runs}


def crashes(scale: float, databases: Any) -> Told:
    """Every point of every kind of change on both databases."""
    names = list(_part("every").WRITES)
    told = {}
    for kind in databases:
        with databases[kind]() as url:
            told[kind] = _part("crashes").run(names[: max(1, round(len(names) * scale))], url)
    sums = {name: sum(run[name] for run in told.values()) for name in ("crashes", "wrong")}
    return {**sums, **told}


def faults(scale: float, databases: Any) -> Told:
    """Every fault at every address."""
    names = list(_part("every").WRITES)
    told = _part("faults").run(names=names[: max(1, round(len(names) * scale))])
    return {**told, "wrong": len(told["unexpected"])}


def races(scale: float, databases: Any) -> Told:
    """Half on each database."""
    told = {}
    for kind in databases:
        with databases[kind]() as url:
            told[kind] = _part("races").run(seed=SEEDS[0], races=max(8, round(400 * scale)), database=url)
    sums = {name: sum(run[name] for run in told.values()) for name in ("races", "extra_effects", "nothing")}
    return {**sums, "wrong": sums["extra_effects"] + sums["nothing"], **told}


def _simple(name: str) -> Callable[[float, Any], Told]:
    def run(scale: float, databases: Any) -> Told:
        return _part(name).run(seed=SEEDS[0], scale=scale)

    return run


PARTS: dict[str, Callable[[float, Any], Told]] = {
    "crashes": crashes,
    "faults": faults,
    "races": races,
    "kills": kills,
    **{name: _simple(name) for name in ("drifts", "tamperings", "hardship", "backups")},
}


def summary(told: Told) -> Told:
    """The figures that somebody looks for first."""
    wanted = {
        "kills": ("kills", "kills"),
        "writes": ("kills", "writes"),
        "lost": ("kills", "lost"),
        "duplicated": ("kills", "duplicated"),
        "unexplained_pence": ("kills", "unexplained_pence"),
        "extra_effects": ("races", "extra_effects"),
        "crash_points": ("crashes", "crashes"),
        "fault_cells": ("faults", "cells"),
        "drifts_found": ("drifts", "drifts_found"),
        "tamperings_found": ("tamperings", "tamperings_found"),
    }
    return {name: told[part][figure] for name, (part, figure) in wanted.items() if part in told}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is all of it")
    parser.add_argument("--only", default="", help=f"some of {', '.join(PARTS)}")
    options = parser.parse_args()
    chosen = [name for name in PARTS if not options.only or name in options.only.split(",")]
    head, told = {**where(), "seeds": list(SEEDS), "scale": options.scale}, Told()
    with _databases() as databases:
        for name in chosen:
            began = time.monotonic()
            told[name] = {**PARTS[name](options.scale, databases), "seconds": round(time.monotonic() - began)}
            sys.stdout.write(f"{name}: {_said(told[name])}\n")
            sys.stdout.flush()
    wrong = {name: part["wrong"] for name, part in told.items() if part["wrong"]}
    result = {**head, **summary(told), "wrong": wrong, "parts": told}
    if options.scale >= 1 and not options.only:
        path = ROOT / "docs" / f"torture-{head['date']}.json"
        path.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        sys.stdout.write(f"{path.name}\n")
    sys.stdout.write(json.dumps({**head, **summary(told), "wrong": wrong}) + "\n")
    return 1 if wrong else 0


def _said(part: Told) -> str:
    return ", ".join(f"{name} {value}" for name, value in part.items() if isinstance(value, int))


if __name__ == "__main__":
    sys.exit(main())
