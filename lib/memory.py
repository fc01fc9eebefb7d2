"""Memory that one thread has freed is used by the others."""

from __future__ import annotations

import ctypes
import os

_ARENA_MAX = -8  # M_ARENA_MAX of mallopt(3)
_ARENAS = 2


def share_among_threads() -> None:
    """On Linux, glibc gives almost every thread a pool of its own and little of it back: forty readers of a copy
    would take a quarter more, and a server that begins a thread for every click would grow. Elsewhere nothing
    happens. Arrow's own pool, a part for each thread too, is not used at all. To be called before threads are begun and
    pandas is imported.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_ARENA_MAX, _ARENAS)
