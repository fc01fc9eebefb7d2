"""`python -m lib sandbox`: the embedded Stripe by itself, for a look, for another program, or for a demonstration."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lib.sandbox import faults
from lib.sandbox.engine import Sandbox
from lib.sandbox.server import serve

EXAMPLE = "error,method=POST,path=/v1/invoices*,status=503,times=2"
USE = "Use it as Stripe's API with any sk_test_… key. Ctrl-C stops it."


def run(argv: list[str]) -> int:
    """Serve until told to stop; 0 after a clean stop, 1 when it could not start, 2 when that makes no sense."""
    options = options_of(argv)
    sandbox = Sandbox(options.data, seed=options.seed, latency_ms=options.latency_ms, rate=options.rate)
    try:
        break_it(sandbox, options)
    except ValueError as wrong:
        return _given_up(sandbox, str(wrong), 2)
    try:
        if options.demo:
            furnish(sandbox)
        running = serve(sandbox, options.host, options.port)
    except OSError as error:
        return _given_up(sandbox, f"The sandbox cannot listen on {options.host}:{options.port}: {error.strerror}.", 1)
    sys.stdout.write(f"{running.url}\n{USE}\n")
    sys.stdout.flush()
    _until_stopped()
    running.stop()
    sandbox.close()
    return 0


def _given_up(sandbox: Sandbox, words: str, code: int) -> int:
    sys.stderr.write(f"{words}\n")
    sandbox.close()
    return code


def options_of(argv: list[str]) -> argparse.Namespace:
    """The command line, understood."""
    parser = argparse.ArgumentParser(prog="python -m lib sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=12111, help="port to listen on; 0 takes any free one")
    parser.add_argument("--data", type=Path, help="file that keeps everything; without it, memory")
    content = parser.add_mutually_exclusive_group()
    content.add_argument("--demo", action="store_true", help="fill it with the demo practice if it is empty")
    content.add_argument("--empty", action="store_true", help="start without the demo practice (this is the default)")
    parser.add_argument("--latency-ms", type=int, default=0, help="wait so long before each answer")
    parser.add_argument("--rate", type=int, default=0, help="refuse more requests a second than this; 0 never refuses")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same ids and the same faults")
    _breaking(parser.add_argument_group("what goes wrong"))
    return parser.parse_args(argv)


def _breaking(group: argparse._ArgumentGroup) -> None:
    kinds = "; ".join(f"{kind}: {words}" for kind, (words, _) in faults.KINDS.items())
    aim = "method, path (with *), times, skip, nth, chance"
    said = f"one fault, such as {EXAMPLE}; may be repeated. Any fault takes {aim}. {kinds}"
    group.add_argument("--fault", action="append", default=[], metavar="KIND,NAME=VALUE", help=said)
    group.add_argument("--faults", type=Path, metavar="FILE", help="faults as a JSON list of objects, each with a kind")
    group.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="KEY:RESOURCE=LEVEL,…",
        help="what a restricted key may do, such as rk_test_1:customer=read,invoice=write",
    )
    group.add_argument("--only-these-keys", action="store_true", help="refuse every key that --key does not name")


def break_it(sandbox: Sandbox, options: argparse.Namespace) -> None:
    """The faults and keys of the command line. Raises ValueError."""
    listed = _listed(options.faults) if options.faults else []
    faults.added(sandbox.faults, [*listed, *map(faults.parse, options.fault)])
    for text in options.key:
        key, colon, rest = text.partition(":")
        sandbox.keys.add(key, dict(_pair(pair) for pair in rest.split(",")) if colon else None)
    sandbox.keys.strict = options.only_these_keys


def _listed(path: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    return found if isinstance(found, list) else [found]


def _pair(text: str) -> tuple[str, str]:
    resource, equals, level = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is no permission: write customer=read.")
    return resource.strip(), level.strip()


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
