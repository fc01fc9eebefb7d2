"""Ledgers that are read while a copy's writer is behind: nobody may ask for more invoices then, and Stripe has time.

What is not read here is owed afterwards, as all of it would have been.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from lib.context import Context
from lib.errors import PayerdeskError
from lib.sync import ledgers
from lib.sync.reader import Reader, Stopped

_READERS, _TOGETHER = 8, 40  # ledgers in a transaction


class SpareTime:
    """Readers of their own, at work whenever `free` says so."""

    def __init__(self, ctx: Context, reader: Reader, free: Callable[[], bool]) -> None:
        self._ctx, self._reader, self._free = ctx, reader, free
        self._accounts: deque[str] = deque()
        self._read: queue.Queue[ledgers.Ledger] = queue.Queue(_TOGETHER)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work, name="spare time", daemon=True) for _ in range(_READERS)]
        self.stored = 0

    def begin(self) -> None:
        """From now on."""
        for thread in self._threads:
            thread.start()

    def want(self, customers: Iterable[str]) -> None:
        """Customers that are stored by now and have a ledger."""
        self._accounts.extend(customers)

    def put(self, conn: Connection) -> None:
        """Store some of what came."""
        for _ in range(min(_TOGETHER, self._read.qsize())):
            ledgers.put(conn, self._read.get())
            self.stored += 1

    def end(self) -> None:
        """What is on its way is left to whoever reads what is owed."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._over.is_set() and not self._reader.stopped.is_set():
            customer = self._next()
            try:
                found = customer and ledgers.read(self._ctx, self._reader, customer)
            except (PayerdeskError, Stopped):
                return  # whoever copies meets the same trouble, and says so
            if found:
                self._hand_over(found)
            else:
                time.sleep(0.02)

    def _next(self) -> str:
        try:
            return self._accounts.popleft() if self._free() else ""
        except IndexError:
            return ""

    def _hand_over(self, found: ledgers.Ledger) -> None:
        while not self._over.is_set():
            try:
                self._read.put(found, timeout=0.1)
                return
            except queue.Full:
                continue
