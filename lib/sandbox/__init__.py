"""A Stripe that remembers: the invoicing part of Stripe's HTTP API, on this machine and with nothing real behind it.

It stands for someone else's computer, so it imports nothing of the dashboard.
"""

from __future__ import annotations

from lib.sandbox.engine import Sandbox
from lib.sandbox.errors import SandboxError
from lib.sandbox.wire import Answer

__all__ = ["Answer", "Sandbox", "SandboxError"]
