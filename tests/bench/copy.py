"""Figures 1 and 2: a first copy against the sandbox, in processes of their own, as ratios within one run.

`make bench` or `python -m tests.bench.copy [--invoices N] [--customers N] [--data FILE]`. The floor is requests / rate;
where each endpoint has a limit of its own, those of the endpoint that is asked most. The wall is the whole process's,
from its start to its end, with every ledger (one request for each of the payers, a tenth of the customers); until
customers and invoices are there it is told apart. `auto_paging_iter` into a DataFrame is measured over 5,000 invoices
and extrapolated.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import stripe

from tests.bench import account

ROOT = Path(__file__).parents[2]
LATENCY, RATE, ENDPOINT, SAMPLE, PORT = 150, 100, 25, 5_000, 12_788
FAILING = ("--fault", "error,method=GET,status=503,when=before,chance=0.05")
_LISTS = ("invoices", "customers", "ledgers")
LIMITED = ("--fault", f"rate_limit,rate={ENDPOINT},scope=endpoint")


class Server:
    """The sandbox in a process of its own."""

    def __init__(self, data: Path, *more: str) -> None:
        command = [sys.executable, "-m", "lib", "sandbox", "--data", str(data), "--port", str(PORT)]
        command += ["--latency-ms", str(LATENCY), "--rate", str(RATE), *more]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.url = self._process.stdout.readline().strip()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)


def copied(data: Path, *faults: str) -> dict[str, Any]:
    """What `sync --once` says of a first copy."""
    server = Server(data, *faults)
    with tempfile.TemporaryDirectory() as folder:
        env = {"STRIPE_API_KEY": "sk_test_bench", "STRIPE_API_BASE": server.url, "PAYERDESK_DATA": folder}
        try:
            command, began = [sys.executable, "-m", "lib", "sync", "--once"], time.monotonic()
            done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.PIPE, check=True)
            took = time.monotonic() - began
        finally:
            server.stop()
    return json.loads(done.stdout) | {"wall": round(took, 2)}


def paged(data: Path) -> dict[str, float]:
    """Seconds an object of either list the usual way."""
    server = Server(data)
    client = stripe.StripeClient("sk_test_bench", base_addresses={"api": server.url})
    try:
        return {"invoices": _paged(client.v1.invoices), "customers": _paged(client.v1.customers)}
    finally:
        server.stop()


def _paged(listed: Any) -> float:
    import pandas as pd

    began = time.monotonic()
    each = islice(listed.list({"limit": 100}).auto_paging_iter(), SAMPLE)
    found = pd.DataFrame([one.to_dict() for one in each])
    return (time.monotonic() - began) / len(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--data", type=Path, help="an account made by tests.bench.account, instead of a new one")
    parser.add_argument("--brief", action="store_true", help="the first copy alone: a large account takes six minutes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or Path(folder) / "account.sqlite"
        if not data.exists():
            sizes = {"invoices": options.invoices, "customers": options.customers}
            account.build(data, **sizes, now=int(time.time())).close()
        told = {"figure 1": _first(data)} if options.brief else _measured(data)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    told |= {
        "date": day,
        "commit": commit.strip(),
        "load_before": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
    }
    path = ROOT / "docs" / "bench" / f"copy{'-large' if options.brief else ''}-{day}-{commit.strip()}.json"
    path.write_text(json.dumps(told, indent=2) + "\n")
    sys.stdout.write(json.dumps(told) + "\n")


def _measured(data: Path) -> dict[str, Any]:
    first = _first(data)
    usual = {kind: took * first["objects"][kind] for kind, took in paged(data).items()}
    limited = copied(data, *LIMITED, *FAILING)
    return {
        "figure 1": {
            **first,
            "auto_paging_iter, extrapolated": {kind: round(seconds) for kind, seconds in usual.items()},
            "times faster": round(sum(usual.values()) / first["first_seconds"], 1),
        },
        "figure 2": {
            **limited,
            "wall / floor": round(limited["wall"] / _floor(limited), 3),
            "429 per request": round(limited["rate_limited"] / limited["requests"], 4),
        },
    }


def _first(data: Path) -> dict[str, Any]:
    found = copied(data)
    return {
        **found,
        "wall / floor": round(found["wall"] * RATE / found["requests"], 3),
        "wall / floor until it is usable": round(found["first_seconds"] * RATE / found["first_requests"], 3),
    }


def _floor(told: dict[str, Any]) -> float:
    """Seconds that the endpoint takes which is asked most, when all are asked side by side: what was asked again is
    spread over them as evenly as the failures are.
    """
    pages = {kind: told["objects"][kind] / (1 if kind == "ledgers" else 100) for kind in _LISTS}
    return told["requests"] * max(pages.values()) / sum(pages.values()) / ENDPOINT


if __name__ == "__main__":
    main()
