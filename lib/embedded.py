"""The sandbox inside the program: what stands for Stripe when there is no key.

Its state is a file in the data folder. The first process that needs it serves it, on a port of its own; a second one
(an export from the shell while the dashboard runs) talks to the first.
"""

from __future__ import annotations

import fcntl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lib.errors import PayerdeskError, SettingsError
from lib.sandbox import Sandbox
from lib.sandbox.command import furnish
from lib.sandbox.server import Running, serve
from lib.settings import Settings, data_folder
from lib.stripe_api.client import StripeApi, connect

KEY = "sk_test_sandbox"
_PORT = 12111


@dataclass(frozen=True)
class Embedded:
    """The road to the sandbox, its address for a browser, and how to close it."""

    stripe: StripeApi
    url: str
    stop: Callable[[], None]


def start(settings: Settings) -> Embedded:
    """Serve the sandbox, furnished with the demo practice, or find the process that does. Raises SettingsError."""
    lock = (data_folder(settings) / "sandbox.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return _found(lock)
    return _served(settings, lock)


def _served(settings: Settings, lock: IO[str]) -> Embedded:
    sandbox = Sandbox(_furnished(settings.data / "sandbox.sqlite"))
    running = _listen(sandbox)
    lock.truncate(0)
    lock.write(running.url)
    lock.flush()

    def stop() -> None:
        running.stop()
        sandbox.close()
        lock.close()

    return Embedded(connect(KEY, running.url), running.url, stop)


def _furnished(path: Path) -> Path:
    """The sandbox's file. It gets its name when the demo practice in it is whole: a start that is cut off begins
    again.
    """
    if path.exists():
        return path
    part = path.with_name("sandbox.part")
    for leftover in part.parent.glob("sandbox.part*"):
        leftover.unlink()
    sys.stderr.write("Furnishing the demo practice; this takes a few seconds, once.\n")
    sandbox = Sandbox(part)
    furnish(sandbox)
    sandbox.close()
    return part.rename(path)


def _listen(sandbox: Sandbox) -> Running:
    try:
        return serve(sandbox, port=_PORT)
    except OSError:
        return serve(sandbox, port=0)


def _found(lock: IO[str]) -> Embedded:
    """The one who holds the lock writes its address when it is ready; furnishing takes a few seconds."""
    for _ in range(120):
        lock.seek(0)
        url = lock.read().strip()
        if url and _answers(url):
            return Embedded(connect(KEY, url), url, lock.close)
        time.sleep(0.5)
    raise SettingsError("The sandbox of this data folder belongs to another process, which does not answer.")


def _answers(url: str) -> bool:
    try:
        connect(KEY, url).get("/v1/account")
    except PayerdeskError:
        return False
    return True
