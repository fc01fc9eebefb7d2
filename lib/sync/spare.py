"""Ledgers that are read beside a copy: with what customers and invoices leave of the account's pace, and while indexes
are made, when nobody asks for anything else.

What is not read here is owed afterwards, as all of it would have been.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from lib.context import Context
from lib.errors import PayerdeskError
from lib.sync import ledgers, state
from lib.sync.reader import Reader, Stopped

_READERS, _WAITING, _TOGETHER = 20, 1500, 100  # at once; ledgers in the queue, 15 s of them; in a transaction


class SpareTime:
    """Readers of their own. What they bring is stored by whoever copies: `put` within a transaction, `store` alone."""

    def __init__(self, ctx: Context, reader: Reader) -> None:
        self._ctx, self._reader = ctx, reader.leisurely()
        self._accounts: queue.SimpleQueue[str | None] = queue.SimpleQueue()  # None: there is nothing more to do
        self._read: queue.Queue[ledgers.Ledger] = queue.Queue(_WAITING)
        self._threads = [threading.Thread(target=self._work, name="spare time", daemon=True) for _ in range(_READERS)]
        self.stored = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """What is on its way is left to whoever reads what is owed; after trouble, what came too."""
        self._reader.stopped.set()
        for _ in self._threads:
            self._accounts.put(None)
        for thread in self._threads:
            thread.join()
        if not error:
            self.store()

    def want(self, customers: Iterable[str]) -> None:
        """Customers that are stored by now and have a ledger."""
        for customer in customers:
            self._accounts.put(customer)

    def store(self) -> None:
        """Store what came."""
        while self._read.qsize():
            with state.writing(self._ctx) as conn:
                self.put(conn)

    def put(self, conn: Connection) -> None:
        """`store` in a transaction that is under way."""
        found = [self._read.get() for _ in range(min(_TOGETHER, self._read.qsize()))]
        ledgers.put(conn, found)
        self.stored += len(found)

    def _work(self) -> None:
        while customer := self._accounts.get():
            try:
                self._hand_over(ledgers.read(self._ctx, self._reader, customer))
            except (PayerdeskError, Stopped):
                return  # whoever copies meets the same trouble, and says so

    def _hand_over(self, found: ledgers.Ledger) -> None:
        while not self._reader.stopped.is_set():
            try:
                self._read.put(found, timeout=0.1)
                return
            except queue.Full:
                continue
