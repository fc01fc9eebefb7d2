"""Figure 4, the queries: everything that a page asks, at 10,000 and at 1,000,000 invoices in one run.

`python -m tests.bench.queries [--postgres] [--only WORDS] [--explain NAME] [--invoices 1000000]`. Each question is
asked of both sizes in turn, many times, the first time not counted: p50 and p95 in milliseconds, and how many times
longer the large practice takes (p50, in one run on one machine). A list may take 10 ms (p95) and twice its time at
10,000; what adds up 50 ms. `cpu` (p50) is what this process was at work, so that a busy machine does not show: all of
it on SQLite, without the server's part on Postgres; `least` is the shortest time of all, and `met_at_best` judges by
that at both sizes: what others do on the machine lengthens every time but seldom all. `slower_only` counts, of those
that did not even meet it so, the lists that were within their 10 ms and more than twice as long as at 10,000.
`--explain` prints statements and plans, at the large size.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lib.context import NO_KEY, Context
from lib.mirror.database import open_database
from lib.settings import Settings
from lib.stripe_api.client import connect
from tests.bench import asked, asked_lists, known, practice, results, server
from tests.bench.asked import LIST, RATIO, Question
from tests.bench.plans import explain
from tests.bench.practice import Practice

SMALL, TIMES, LEAST, PATIENCE = 10_000, 60, 5, 1.5
_NOWHERE = "http://127.0.0.1:9"
Told = dict[str, Any]


def opened(made: Practice, over: ExitStack) -> Context:
    """A practice as its pages know it, at the moment it was finished."""
    engine = open_database(made.url)
    over.callback(engine.dispose)
    settings = Settings(mode="test", data=practice.FOLDER, database_url=made.url)
    return Context(settings, engine, connect(NO_KEY, _NOWHERE), clock=lambda: made.now)


def everything(ctx: Context, made: Practice) -> Iterator[Question]:
    """Every question. One that cannot even be put is said and left out."""
    who = known.of(made)
    for some in (asked.questions(ctx, who), asked_lists.questions(ctx, who)):
        try:
            yield from some
        except Exception:  # noqa: BLE001 - the others are of use all the same
            sys.stderr.write(f"{traceback.format_exc()[-900:]}\n")


def compared(small: Question, large: Question, most: int = TIMES) -> Told:
    """One question at both sizes."""
    try:
        few, many = _times(small, most), _times(large, most)
    except Exception as broken:  # noqa: BLE001 - said in the result
        return {"broken": f"{type(broken).__name__}: {str(broken)[:200]}", "met": False, "met_at_best": False}
    ratio = round(many["p50"] / few["p50"], 2)
    met = many["p95"] <= large.limit and (large.limit > LIST or ratio <= RATIO)
    undisturbed = many["least"] <= large.limit and (large.limit > LIST or many["least"] <= RATIO * few["least"])
    judged = {"met": met, "met_at_best": undisturbed}
    return {"small": few, "large": many, "ratio": ratio, "limit": large.limit, **judged}


def _times(question: Question, most: int) -> dict[str, float]:
    question.ask()
    times, work, began = [], [], time.perf_counter()
    while len(times) < LEAST or (len(times) < most and time.perf_counter() - began < PATIENCE):
        start, busy = time.perf_counter(), time.thread_time()
        question.ask()
        work.append(time.thread_time() - busy)
        times.append(time.perf_counter() - start)
    least = round(min(times) * 1000, 2)
    return results.spread(times) | {"cpu": results.spread(work)["p50"], "least": least}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=practice.FOLDER)
    parser.add_argument("--postgres", action="store_true", help="on Postgres instead of SQLite")
    parser.add_argument("--times", type=int, default=TIMES, help="how often each is asked, at most")
    parser.add_argument("--only", default="", help="questions whose name has these words in it")
    parser.add_argument("--explain", default="", help="the plan of the questions whose name has these words in it")
    options = parser.parse_args()
    told: Told = results.where()
    with ExitStack() as over:
        made = server.maker(over, options.data, postgres=options.postgres)
        sizes = [made(invoices) for invoices in (SMALL, options.invoices)]
        small, large = (everything(opened(one, over), one) for one in sizes)
        if options.explain:
            explain(one for one in large if options.explain in one.name)
            return
        found = {}
        for few, many in zip(small, large, strict=False):
            if options.only in few.name:
                found[few.name] = compared(few, many, options.times)
                sys.stdout.write(f"{_line(few.name, found[few.name])}\n")
                sys.stdout.flush()
    if not options.only:
        results.save("queries-postgres" if options.postgres else "queries", told | _told(found))


def _told(found: dict[str, Told]) -> Told:
    missed = {name: one for name, one in found.items() if not one["met"]}
    worst = sorted(missed, key=lambda name: -missed[name].get("large", {}).get("p95", 1e9))
    return {
        "sizes": "10,000 and 1,000,000 invoices; an invoice's body is short, no list reads it",
        "limits": "p95 in ms: a list 10 and twice its time at 10,000, sums 50",
        "asked": len(found),
        "met": len(found) - len(missed),
        "met_at_best": sum(one["met_at_best"] for one in found.values()),
        "slower_only": sum(_slower_only(one) for one in found.values()),
        "missed": {name: _line("", missed[name]).strip() for name in worst},
        "questions": found,
    }


def _slower_only(one: Told) -> bool:
    return not one["met_at_best"] and "large" in one and one["large"]["least"] <= one["limit"]


def _line(name: str, one: Told) -> str:
    if "broken" in one:
        return f"BROKEN {name}: {one['broken']}"
    small, large = one["small"], one["large"]
    sizes = " ".join(f"{at['cpu']:8.2f} {at['p50']:8.2f} {at['p95']:8.2f}" for at in (small, large))
    figures = f"{sizes} {one['ratio']:7.2f}"
    return f"{'      ' if one['met'] else 'MISSED'} {figures}  {name}"


if __name__ == "__main__":
    main()
