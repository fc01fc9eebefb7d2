"""How fast the sandbox answers over HTTP, and whether that stays so as it fills.

`make bench` (or `python -m tests.bench.sandbox`) measures with 1,000 and with 100,000 invoices stored and writes
docs/bench/sandbox-DATE-COMMIT.json. The sandbox has one core to itself; the client that measures runs on the same
machine, so `by_the_clock` is what is left for a test that uses it, less whatever else the machine does. `by_the_core`
counts only the time that the sandbox itself was at work, so that a busy machine does not show. The ratio between the
two sizes says whether a page costs the same however much is stored. Nothing here is asserted in `make test`.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from lib.sandbox.server import serve
from tests.bench.account import build

ROOT = Path(__file__).parents[2]
SIZES = (1_000, 100_000)
WANTED = {"small_requests": 400, "pages_of_100_invoices": 60}
CONNECTIONS = 2
KEY = {"Authorization": "Bearer sk_test_bench"}
FORM = {**KEY, "Content-Type": "application/x-www-form-urlencoded"}
Rates = dict[str, float]
Ask = Callable[[http.client.HTTPConnection, int], Any]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sandbox", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="how long each figure is measured, three times")
    parser.add_argument("--serve", type=int, metavar="INVOICES", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.serve:
        return _serve(options.serve)
    found = _where()
    small, large = (measured(size, options.seconds) for size in SIZES)
    found |= {
        "invoices": {str(SIZES[0]): small, str(SIZES[1]): large},
        "ratio_of_the_sizes": {name: _ratios(small[name], large[name]) for name in small},
        "wanted_at_least": WANTED,
    }
    path = ROOT / "docs" / "bench" / f"sandbox-{found['date']}-{found['commit']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    sys.stdout.write(f"{json.dumps(found, indent=2)}\n{path}\n")
    return 0


def _ratios(small: Rates, large: Rates) -> Rates:
    return {name: round(large[name] / small[name], 2) for name in small}


def _where() -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit.stdout.strip(),
        "machine": machine,
        "load_before": round(os.getloadavg()[0], 1),
    }


def _serve(invoices: int) -> int:
    """The sandbox in a process of its own, on one core, until its input ends."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        now = int(time.time())
        box = build(Path(folder) / "stripe.sqlite", invoices=invoices, customers=invoices // 5, now=now)
        box.clock.real()
        running = serve(box)
        sys.stdout.write(f"{running.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
        running.stop()
        box.close()
    return 0


@dataclass(frozen=True)
class Served:
    """A sandbox at work."""

    host: str
    pid: int

    def worked(self) -> float:
        """How many seconds it has kept a core busy."""
        after_name = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(invoices: int) -> Iterator[Served]:
    command = [sys.executable, "-m", "tests.bench.sandbox", "--serve", str(invoices)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield Served(process.stdout.readline().strip().removeprefix("http://"), process.pid)
        process.stdin.close()


def measured(invoices: int, seconds: float) -> dict[str, Rates]:
    """Rates with so many invoices stored."""
    with served(invoices) as sandbox:
        connection = http.client.HTTPConnection(sandbox.host)
        page = ask(connection, "GET", "/v1/invoices?limit=100")["data"]
        places = _places(connection)
        asks = {**_small(page), "pages_of_100_invoices": _pages(places, "")}
        asks["pages_of_open_invoices"] = _pages(places, "status=open&")
        return {name: _rates(sandbox, one, seconds) for name, one in asks.items()}


def _small(page: list[dict[str, Any]]) -> dict[str, Ask]:
    """One object at a time: read, written, and as a program mixes them."""
    customers = sorted({invoice["customer"] for invoice in page})

    def read(connection: http.client.HTTPConnection, number: int) -> None:
        invoice = page[number % len(page)]
        paths = (f"/v1/customers/{invoice['customer']}", f"/v1/invoices/{invoice['id']}")
        ask(connection, "GET", paths[number % 2])

    def write(connection: http.client.HTTPConnection, number: int) -> None:
        customer = customers[number % len(customers)]
        ask(connection, "POST", f"/v1/customers/{customer}", f"metadata[visit]={number}")

    def mixed(connection: http.client.HTTPConnection, number: int) -> None:
        (read if number % 5 else write)(connection, number)

    return {"small_requests": mixed, "small_reads": read, "small_writes": write}


def _places(connection: http.client.HTTPConnection) -> list[str]:
    """Invoices from all over the list, the oldest three months left out so that a full page follows each."""
    now, found = int(time.time()), []
    for days in range(1, 3 * 365 - 90, 20):
        page = ask(connection, "GET", f"/v1/invoices?created[lte]={now - days * 86_400}&limit=100")["data"]
        found += [page[0]["id"]] if page else []
    return found


def _pages(places: list[str], filters: str) -> Ask:
    """Pages of a hundred from anywhere in the list."""
    following = itertools.cycle(places)

    def turn(connection: http.client.HTTPConnection, number: int) -> None:
        ask(connection, "GET", f"/v1/invoices?{filters}limit=100&starting_after={next(following)}")

    return turn


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None) -> Any:
    connection.request(method, path, body, FORM if body else KEY)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
    return json.loads(text) if path.endswith("limit=100") else None


def _rates(sandbox: Served, one: Ask, seconds: float) -> Rates:
    """Requests a second: the middle of three runs."""
    runs = [_run(sandbox, one, seconds) for _ in range(3)]
    return {name: round(median(run[name] for run in runs), 1) for name in runs[0]}


def _run(sandbox: Served, one: Ask, seconds: float) -> Rates:
    counts, began, worked = [0] * CONNECTIONS, time.perf_counter(), sandbox.worked()

    def work(worker: int) -> None:
        connection = http.client.HTTPConnection(sandbox.host)
        while time.perf_counter() - began < seconds:
            one(connection, counts[worker] * CONNECTIONS + worker)
            counts[worker] += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, busy = time.perf_counter() - began, sandbox.worked() - worked
    return {"by_the_clock": sum(counts) / took, "by_the_core": sum(counts) / busy}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
