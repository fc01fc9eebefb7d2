"""What must be known before Stripe is asked or told anything else: whose account the key opens."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Threshold:
    """Whoever comes first proves it, and the others wait for that; a proof that fails is tried again by the next."""

    def __init__(self) -> None:
        self._prove: Callable[[], None] | None = None
        self._lock, self._proving = threading.Lock(), 0

    def guard(self, prove: Callable[[], None]) -> None:
        """Nothing passes from now on until this has returned. What it asks itself passes."""
        self._prove = prove

    def cross(self) -> None:
        """Raises what the proof raises: then nothing may be asked, and nothing was sent."""
        if self._prove is None or self._proving == threading.get_ident():
            return
        with self._lock:
            if self._prove is not None:
                self._proving = threading.get_ident()
                try:
                    self._prove()
                    self._prove = None
                finally:
                    self._proving = 0
