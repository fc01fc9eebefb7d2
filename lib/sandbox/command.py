"""`python -m lib sandbox`: the embedded Stripe by itself, for a look, for another program, or for a demonstration."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from lib.sandbox.engine import Sandbox
from lib.sandbox.server import serve

USE = "Use it as Stripe's API with any sk_test_… key. Ctrl-C stops it."


def run(argv: list[str]) -> int:
    """Serve until told to stop; 0 after a clean stop, 1 when it could not start."""
    options = _options(argv)
    sandbox = Sandbox(options.data, seed=options.seed, latency_ms=options.latency_ms)
    try:
        if options.demo:
            furnish(sandbox)
        if options.rate:
            sandbox.faults.add("rate_limit", rate=options.rate)
        running = serve(sandbox, options.host, options.port)
    except OSError as error:
        sys.stderr.write(f"The sandbox cannot listen on {options.host}:{options.port}: {error.strerror}.\n")
        sandbox.close()
        return 1
    sys.stdout.write(f"{running.url}\n{USE}\n")
    sys.stdout.flush()
    _until_stopped()
    running.stop()
    sandbox.close()
    return 0


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lib sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=12111, help="port to listen on; 0 takes any free one")
    parser.add_argument("--data", type=Path, help="file that keeps everything; without it, memory")
    content = parser.add_mutually_exclusive_group()
    content.add_argument("--demo", action="store_true", help="fill it with the demo practice if it is empty")
    content.add_argument("--empty", action="store_true", help="start without the demo practice (this is the default)")
    parser.add_argument("--latency-ms", type=int, default=0, help="wait so long before each answer")
    parser.add_argument("--rate", type=int, default=0, help="refuse more requests a second than this; 0 never refuses")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same ids")
    return parser.parse_args(argv)


def furnish(sandbox: Sandbox) -> None:
    """The demo practice, unless there is something already."""
    if not sandbox.call("GET", "/v1/customers", {"limit": 1})["data"]:
        from lib.sandbox import seed

        seed.build(sandbox, datetime.now(UTC).date())


def _until_stopped() -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
