"""The Stripe that runs inside the dashboard when there is no key: the sandbox with the demo practice in it.

It keeps its state in the data folder and listens on a port of its own, so that the pages of its invoices open in a
browser and everything between the dashboard and Stripe is the same as with a key.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lib.sandbox import Sandbox, seed, server
from lib.settings import Settings
from lib.stripe_api.client import StripeApi, connect

_log = logging.getLogger("payerdesk")
KEY = "sk_test_embedded"  # the sandbox takes any test key


@dataclass(frozen=True)
class Embedded:
    """A sandbox at work, and the road to it."""

    stripe: StripeApi
    url: str
    sandbox: Sandbox
    _server: server.Running

    def stop(self) -> None:
        """Stop listening, then close the file."""
        self._server.stop()
        self.sandbox.close()


def start(settings: Settings) -> Embedded:
    """Open the sandbox in the data folder; the first time, fill it with the demo practice as of today."""
    settings.data.mkdir(parents=True, exist_ok=True)
    path = settings.data / "sandbox.sqlite"
    if not path.exists():
        _fill(path, settings)
    sandbox = Sandbox(path)
    running = server.serve(sandbox)
    return Embedded(connect(KEY, running.url), running.url, sandbox, running)


def _fill(path: Path, settings: Settings) -> None:
    """Beside its place first: a start that is interrupted leaves no half practice behind."""
    draft = path.with_suffix(".new")
    for left_over in path.parent.glob(f"{draft.name}*"):
        left_over.unlink()
    _log.warning("Writing eighteen months of the demo practice: some ten seconds, the first time only.")
    sandbox = Sandbox(draft)
    try:
        seed.build(sandbox, datetime.now(settings.zone).date())
    finally:
        sandbox.close()
    draft.replace(path)
