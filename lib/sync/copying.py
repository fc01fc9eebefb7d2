"""A copy at work: many readers, one writer, and a short queue between them, so that memory does not grow with the
account.

Invoices say things of their customers (lib/mirror/resolved.py). Those that were stored before their customers are
looked at once more when all customers are there.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, exists, select

from lib.context import Context
from lib.errors import NotFound
from lib.mirror import resolved, store, summaries
from lib.mirror.database import reading
from lib.mirror.rows import in_heaps
from lib.mirror.tables import invoices
from lib.stripe_api import typed
from lib.stripe_api.reading import CUSTOMER_EXTRAS
from lib.sync import state
from lib.sync.plan import NEVER, Mark, Plan, Slice
from lib.sync.progress import Progress, Say
from lib.sync.reader import Page, Reader, Stopped
from lib.sync.spare import SpareTime

# With 150 ms to Stripe, a hundred requests a second are fifteen under way at any time.
_READERS = {"customer": 16, "invoice": 16}
_PATHS = {"customer": "/v1/customers", "invoice": "/v1/invoices"}
_MORE: dict[str, dict[str, Any]] = {"customer": {"expand": [f"data.{extra}" for extra in CUSTOMER_EXTRAS]}}
_WAITING, _TOGETHER, _LINGER = 4, 6, 0.3  # pages in the queue; pages that are looked up together, seconds they wait
# Pages in a transaction: each rewrites most of what lies as chance has it (parties, and the payers of invoices).
_AT_MOST = 12
_SUMS, _RARER = 1000, 100  # invoices that are added up first; so many times as many the next time
_NEARLY = 100  # pages that are worth no adding up before them: a second later it is done once more
_AGAIN = 400  # so many invoices are looked at again in a transaction

_Piece = tuple[Slice, Mark, list[store.Shaped]]


class Copying:
    """Customers and invoices, side by side."""

    def __init__(self, ctx: Context, reader: Reader, plan: Plan, say: Say, spare: SpareTime) -> None:
        # Customers who were not there yet, a line each with the ids of invoices that name them; what was stored at once
        # is one text, a third of the memory.
        self._early: deque[str] = deque()
        self._cut_off = _something_stored(ctx)
        self._filling, self._added_up = _filling(ctx), _SUMS
        self._ctx, self._reader, self._plan = ctx, reader, plan
        self._queues: dict[str, queue.Queue[_Piece]] = {kind: queue.Queue(_WAITING) for kind in _READERS}
        self._progress = Progress(plan, say)
        self._trouble: Exception | None = None
        self._spare = spare

    def run(self) -> dict[str, int]:
        """Until everything is read and stored; the number of objects by kind. Raises what a reader met."""
        readers = [
            threading.Thread(target=self._read, args=(kind,), name=f"copy {kind}", daemon=True)
            for kind, count in _READERS.items()
            for _ in range(count)
        ]
        for reader in readers:
            reader.start()
        try:
            while batch := self._next_batch(readers):
                self._write(batch)
            while self._early:
                self._look_again(self._who_came(self._early.popleft()))
            self._look_again(_everything(self._ctx) if self._cut_off else ())
        except BaseException:
            self._stop()
            raise
        finally:
            for reader in readers:
                reader.join()
        if self._trouble:
            raise self._trouble
        return {f"{kind}s": self._progress.counts[kind] for kind in _READERS}

    def _stop(self) -> None:
        """Something went wrong: nobody needs to read on."""
        self._plan.fail()
        self._reader.stopped.set()

    def _read(self, kind: str) -> None:
        try:
            while piece := self._plan.take(kind):
                try:
                    self._read_slice(piece)
                finally:
                    self._plan.leave(piece)
        except Stopped:
            return
        except Exception as trouble:  # noqa: BLE001 - raised again in the writer's thread
            self._trouble = self._trouble or trouble
            self._stop()

    def _read_slice(self, piece: Slice) -> None:
        while not piece.mark.done:
            self._read_page(piece)

    def _read_page(self, piece: Slice) -> None:
        """A function of its own: so nobody keeps the last page while waiting for the next."""
        try:
            page = self._reader.page(piece.kind, _PATHS[piece.kind], **_question(piece))
        except NotFound:
            if not piece.mark.after:
                raise
            self._plan.again(piece)
            return
        own, mark = self._plan.read(piece, [(obj["id"], obj["created"]) for obj in page.found], page.more)
        del page.found[own:], page.texts[own:]
        if piece.kind == "invoice":
            complete(self._reader, page)
        self._hand_over((piece, mark, page.shaped(self._ctx.settings)))

    def _hand_over(self, piece: _Piece) -> None:
        while not self._reader.stopped.is_set():
            try:
                self._queues[piece[0].kind].put(piece, timeout=0.5)
                return
            except queue.Full:
                continue
        raise Stopped

    def _next_batch(self, readers: list[threading.Thread]) -> list[_Piece]:
        """What is written together; nothing when everything is, also what came before a reader met trouble."""
        batch: list[_Piece] = []
        until = 0.0
        while len(batch) < _TOGETHER and (not batch or time.monotonic() < until):
            piece = self._next_piece()
            if piece:
                batch.append(piece)
                until = until or time.monotonic() + _LINGER
            elif batch or (not any(reader.is_alive() for reader in readers) and self._all_written()):
                break
        return batch

    def _next_piece(self) -> _Piece | None:
        """Customers first: the sooner they are there, the less has to be looked at again."""
        try:
            return self._queues["customer"].get_nowait()
        except queue.Empty:
            pass
        try:
            return self._queues["invoice"].get(timeout=0.1)
        except queue.Empty:
            return None

    def _all_written(self) -> bool:
        return all(waiting.empty() for waiting in self._queues.values())

    def _write(self, batch: list[_Piece]) -> None:
        """A batch, and in the same transaction what has come by then: nobody is waited for within."""
        marks: list[tuple[Slice, Mark]] = []
        with state.writing(self._ctx) as conn:
            while batch:
                self._put(conn, batch)
                marks += [(piece, mark) for piece, mark, _ in batch]
                batch = self._waiting(_AT_MOST - len(marks))
            self._spare.put(conn)
            self._plan.store(conn, marks)
            state.remember(conn, progress=self._progress.words())
        self._progress.tell()
        self._add_up()
        if self._early and not self._cut_off and self._plan.stored_all("customer"):
            self._look_again(self._who_came(self._early.popleft()))

    def _put(self, conn: Connection, batch: list[_Piece]) -> None:
        for piece, _, shaped in batch:
            self._progress.came(piece.kind, len(shaped))
        found = [each for _, _, shaped in batch for each in shaped]
        unsure = store.put_all(conn, found, follow=False, counting=not self._filling)
        if unsure and not self._cut_off and not self._plan.stored_all("customer"):
            self._early.append(_by_customer(unsure))
        accounts = (each for each in found if each.kind == "customer" and each.row)
        self._spare.want(each.id for each in accounts if each.row and each.row["currency"])

    def _waiting(self, most: int) -> list[_Piece]:
        """What is in the queues already."""
        found: list[_Piece] = []
        for waiting in self._queues.values():
            while len(found) < min(most, _TOGETHER):
                try:
                    found.append(waiting.get_nowait())
                except queue.Empty:
                    break
        return found

    def _add_up(self) -> None:
        """The sums of what is there, each time that there is so many times as much."""
        left = self._plan.pages_left()
        nearly = left is not None and left < _NEARLY
        if not self._filling or nearly or self._progress.counts["invoice"] < self._added_up:
            return
        self._added_up *= _RARER
        with state.writing(self._ctx) as conn:
            summaries.anew(conn)

    def _who_came(self, early: str) -> set[str]:
        """The invoices whose customers have come since."""
        named = {who: ids for who, *ids in map(str.split, early.splitlines())}
        with reading(self._ctx.engine) as conn:
            there = resolved.accounts(conn, named)
        return {invoice for who in there for invoice in named[who]}

    def _look_again(self, ids: Iterable[str]) -> None:
        for some in in_heaps(ids, _AGAIN):
            with state.writing(self._ctx) as conn:
                resolved.again(conn, some, counting=not self._filling)


def _by_customer(unsure: Iterable[tuple[str, str]]) -> str:
    """Pairs of an invoice and a customer as text, a line for each customer."""
    lines: dict[str, list[str]] = {}
    for invoice, who in unsure:
        lines.setdefault(who, [who]).append(invoice)
    return "\n".join(map(" ".join, lines.values()))


def _filling(ctx: Context) -> bool:
    with reading(ctx.engine) as conn:
        return "filling" in state.recall(conn)


def _something_stored(ctx: Context) -> bool:
    """Whether a copy that was cut off, or an older one, has left invoices behind."""
    with reading(ctx.engine) as conn:
        return bool(conn.execute(select(exists().select_from(invoices))).scalar())


def _everything(ctx: Context) -> Iterator[str]:
    """The ids of all invoices."""
    last = ""
    while True:
        with reading(ctx.engine) as conn:
            wanted = select(invoices.c.id).where(invoices.c.id > last).order_by(invoices.c.id).limit(_AGAIN)
            found = list(conn.execute(wanted).scalars())
        if not found:
            return
        yield from found
        last = found[-1]


def _question(piece: Slice) -> dict[str, Any]:
    created: dict[str, int] = {} if piece.mark.hi == NEVER else {"lt": piece.mark.hi}
    created |= {"gte": piece.lo} if piece.lo else {}
    after = {"starting_after": piece.mark.after} if piece.mark.after else {}
    return {"created": created, **after, **_MORE.get(piece.kind, {})}


def complete(reader: Reader, page: Page) -> None:
    """Invoices with more lines than a list shows get them all; one that is gone by now is left out."""
    for place in reversed(range(len(page.found))):
        if not page.found[place]["lines"]["has_more"]:
            continue
        whole = typed.whole(page.texts[place])
        try:
            pages = reader.every("line_item", f"/v1/invoices/{whole['id']}/lines")
        except NotFound:
            del page.found[place], page.texts[place]
            continue
        lines = [json.loads(text) for part in pages for text in part.texts]
        whole["lines"] = {**whole["lines"], "data": lines, "has_more": False}
        page.found[place], page.texts[place] = whole, json.dumps(whole, ensure_ascii=False).encode()
