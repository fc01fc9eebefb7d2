"""Figure 4, the pages: a warm rerun of each on the server, its first table in Chromium, and a cold start.

`python -m tests.bench.pages [--invoices 1000000] [--postgres]`. The real dashboard runs on a made-up practice of this
size and of 10,000 invoices; `window` asks for each page again and again, Chromium opens it with what it has kept on
disk from earlier visits, as a person's browser does. A cold start is from the start of the process to the first table
on the screen, in a browser that has kept nothing. A page with one table and nothing of ours is timed beside them, in
the same way.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import BrowserContext, Playwright, ViewportSize, sync_playwright

from tests.bench import bare, dashboard, known, practice, results, server
from tests.bench.dashboard import Quiet
from tests.bench.known import Known
from tests.bench.window import Window
from tests.support import chromium

RERUN, VISIBLE, COLD = 300, 1_500, 4_000  # milliseconds at most
TIMES, EARLIER, LOOKS, STARTS = 25, 3, 7, 3
SMALL = 10_000
_WINDOW: ViewportSize = {"width": 1440, "height": 900}
_TABLE, _FIGURES = "[data-testid=stDataFrame] canvas", "[data-testid=stMetric]"
_SHOWN = "where => document.querySelector(where)?.checkVisibility({visibilityProperty: true, opacityProperty: true})"
_WITH_A_TABLE = ("organisations", "patients", "invoices", "balances", "activity", "overview", "account", "invoice")


def addresses(who: Known) -> dict[str, tuple[str, str]]:
    """Every page by a short name: its path and its query."""
    return {
        "overview": ("", ""),
        "organisations": ("organisations", ""),
        "patients": ("patients", ""),
        "invoices": ("invoices", ""),
        "invoices, open": ("invoices", "status=open"),
        "invoices, overdue": ("invoices", "age=Overdue"),
        "invoices of the busiest payer": ("invoices", f"payer={who.busiest}"),
        "balances": ("balances", ""),
        "account": ("customer", f"id={who.busiest}"),
        "account of a patient": ("customer", f"id={who.patient}"),
        "account with a ledger": ("customer", f"id={who.ledger}"),
        "invoice": ("invoice", f"id={who.invoice}"),
        "new invoice": ("new-invoice", f"patient={who.patient}"),
        "activity": ("activity", ""),
        "settings": ("settings", ""),
    }


def measured(quiet: Quiet, who: Known) -> dict[str, Any]:
    """Everything that is measured of one practice."""
    with quiet.running() as app:
        reruns = asyncio.run(_reruns(app.url, quiet.cookies[0], addresses(who)))
        with sync_playwright() as play:
            looked = _looks(play, app.url, quiet.cookies[0], addresses(who))
            least = _bare(play)
    return {"reruns": reruns, "first_table": looked, "bare_page": least, "cold_start": _cold(quiet)}


async def _reruns(url: str, cookie: str, wanted: dict[str, tuple[str, str]]) -> dict[str, Any]:
    window, found = await Window.open(url, cookie), {}
    for name, (path, query) in wanted.items():
        first = await window.visit(path, query)
        runs = [await window.again() for _ in range(TIMES)]
        found[name] = results.spread([run.seconds for run in runs])
        found[name] |= {"first": round(first.seconds * 1000), "kilobytes": round(first.size / 1000, 1)}
        if problems := sorted({words for run in (first, *runs) for words in run.problems}):
            found[name]["problems"] = problems
    await window.close()
    return found


def _looks(play: Playwright, url: str, cookie: str, wanted: dict[str, tuple[str, str]]) -> dict[str, Any]:
    found = {}
    with _profile(play) as context:
        context.add_cookies([_signed_in(url, cookie)])
        for name, where in [*((name, _TABLE) for name in _WITH_A_TABLE), ("overview", _FIGURES)]:
            path, query = wanted[name]
            address = f"{url}/{path}?{query}".rstrip("?")
            times = [_visible(context, address, where) for _ in range(EARLIER + LOOKS)]
            found[name if where == _TABLE else f"{name}, its figures"] = results.spread(times[EARLIER:])
    return found


def _bare(play: Playwright) -> dict[str, float]:
    with bare.running() as url, _profile(play) as context:
        times = [_visible(context, url) for _ in range(EARLIER + LOOKS)]
    return {"first": round(1000 * times[0], 2), **results.spread(times[EARLIER:])}


@contextmanager
def _profile(play: Playwright) -> Iterator[BrowserContext]:
    """A browser that keeps scripts on disk, compiled after a second visit; a context of Playwright's own keeps none."""
    with tempfile.TemporaryDirectory() as folder:
        known = {"executable_path": chromium.find(), "args": list(chromium.FLAGS), "viewport": _WINDOW}
        context = play.chromium.launch_persistent_context(folder, **known)
        try:
            yield context
        finally:
            context.close()


def _cold(quiet: Quiet) -> dict[str, Any]:
    times = []
    for _ in range(STARTS):
        with sync_playwright() as play, ExitStack() as over:
            browser = play.chromium.launch(executable_path=chromium.find(), args=list(chromium.FLAGS))
            began = time.perf_counter()
            app = quiet.start()
            over.callback(app.stop)
            answered = time.perf_counter() - began
            context = browser.new_context(viewport=_WINDOW)
            context.add_cookies([_signed_in(app.url, quiet.cookies[0])])
            _visible(context, f"{app.url}/invoices")
            times.append((answered, time.perf_counter() - began))
            browser.close()
    answers, tables = ([round(1000 * one) for one in some] for some in zip(*times, strict=True))
    return {"answers": answers, "first_table": tables, "middle": round(median(tables))}


def _signed_in(url: str, cookie: str) -> Any:
    return {"name": "payerdesk", "value": cookie, "url": url}


def _visible(context: BrowserContext, url: str, where: str = _TABLE) -> float:
    page = context.new_page()
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    # Asked at every frame: a locator that waits looks only twice a second after a while.
    page.wait_for_function(_SHOWN, arg=where, polling="raf", timeout=60_000)
    took = time.perf_counter() - began
    page.close()
    return took


def _judged(found: dict[str, Any]) -> dict[str, Any]:
    slow = {name: one["p95"] for name, one in found["reruns"].items() if one["p95"] > RERUN}
    late = {name: one["p95"] for name, one in found["first_table"].items() if one["p95"] > VISIBLE}
    broken = sorted(name for name, one in found["reruns"].items() if "problems" in one)
    least = found["bare_page"]["p50"]
    return {
        "reruns": slow,
        "first_table": late,
        "first_table / bare page, p50": {
            name: round(one["p50"] / least, 2) for name, one in found["first_table"].items()
        },
        "cold_start": found["cold_start"]["middle"] <= COLD,
        "broken": broken,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=practice.FOLDER)
    parser.add_argument("--postgres", action="store_true", help="on Postgres instead of SQLite")
    options = parser.parse_args()
    told: dict[str, Any] = results.where()
    with ExitStack() as over:
        made = server.maker(over, options.data, postgres=options.postgres)
        for invoices in (SMALL, options.invoices):
            prepared = made(invoices)
            with dashboard.in_front_of(prepared, options.data) as quiet:
                told[f"{invoices}"] = measured(quiet, known.of(prepared))
    told |= {"limits in milliseconds": {"rerun": RERUN, "first table": VISIBLE, "cold start": COLD}}
    told["missed"] = _judged(told[f"{options.invoices}"])
    results.save("pages-postgres" if options.postgres else "pages", told)
    sys.stdout.write(f"{told['missed']}\n")


if __name__ == "__main__":
    main()
