"""Memory that one thread has freed is used by the others."""

from __future__ import annotations

import ctypes

_ARENA_MAX = -8  # M_ARENA_MAX of mallopt(3)
_ARENAS = 2


def share_among_threads() -> None:
    """On Linux, glibc gives almost every thread a pool of its own and little of it back: forty readers of a copy
    would take a quarter more, and a server that begins a thread for every click would grow. Elsewhere nothing
    happens. To be called before threads are begun.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_ARENA_MAX, _ARENAS)
