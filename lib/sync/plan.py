"""What a copy still has to read: spans of `created`, side by side, each from its newest object to its oldest.

The first page of a kind says how dense it is; spans behind it are made ever wider, and whoever has nothing
left to do takes the older half of the longest one. Within a span Stripe's own cursor leads from page to page, so
objects of one second are never lost or read twice. What is stored is remembered with the objects themselves; a copy
that was cut off goes on from there.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, select

from lib.mirror.rows import upsert
from lib.mirror.tables import copy_slices

PAGE = 100
EMPTY = 0.5  # what a page costs where nothing is known to be
WORTH = 2.5  # pages that are worth a second reader
NEVER = 2**33
_DAY, _EVER = 86_400, 20 * 365 * 86_400


@dataclass(frozen=True)
class Mark:
    """How far a slice is: read down to `after`, created at `at`."""

    hi: int
    after: str = ""
    at: int = 0
    done: bool = False


@dataclass
class Slice:
    """Objects of a kind created in [lo, hi). `mark` is how far it was read, `stored` how far that is in the mirror."""

    kind: str
    number: int
    lo: int
    mark: Mark
    stored: Mark
    span: float = 0.0  # seconds that a page covers here; 0 when nobody knows
    busy: bool = False

    @property
    def left(self) -> float:
        """About how many pages are still to be read."""
        if self.mark.done:
            return 0.0
        return (self.mark.at - self.lo) / self.span if self.span else EMPTY

    def row(self) -> dict[str, Any]:
        kept = self.stored
        return {
            "kind": self.kind,
            "number": self.number,
            "lo": self.lo,
            "hi": kept.hi,
            "after": kept.after,
            "at": kept.at,
            "done": kept.done,
        }


@dataclass
class Plan:
    """The slices of every kind. Any number of threads may ask for work."""

    slices: list[Slice] = field(default_factory=list)
    failed: bool = False
    _changed: dict[int, Slice] = field(default_factory=dict)
    _ready: threading.Condition = field(default_factory=threading.Condition, repr=False)

    @classmethod
    def begin(cls, kinds: tuple[str, ...]) -> Plan:
        """A new copy of everything, whatever our own clock says."""
        plan = cls()
        for kind in kinds:
            plan._add(kind, 0, NEVER)
        return plan

    @classmethod
    def recall(cls, conn: Connection) -> Plan:
        """The copy that was cut off."""
        plan = cls()
        for row in conn.execute(select(copy_slices).order_by(copy_slices.c.number)):
            mark = Mark(row.hi, row.after, row.at, row.done)
            plan.slices.append(Slice(row.kind, row.number, row.lo, mark, mark))
        return plan

    def _add(self, kind: str, lo: int, hi: int, span: float = 0.0) -> Slice:
        made = Slice(kind, len(self.slices), lo, Mark(hi, at=hi), Mark(hi, at=hi), span)
        self.slices.append(made)
        self._changed[made.number] = made
        return made

    def take(self, kind: str) -> Slice | None:
        """The newest slice that nobody reads, or the older half of a long one; None when the kind is read."""
        with self._ready:
            while not self.failed:
                unread = [each for each in self.slices if each.kind == kind and not each.mark.done]
                if not unread:
                    return None
                free = [each for each in unread if not each.busy]
                found = max(free, key=lambda each: each.mark.at) if free else self._half(unread)
                if found:
                    found.busy = True
                    return found
                self._ready.wait(1.0)
        return None

    def _half(self, unread: list[Slice]) -> Slice | None:
        longest = max(unread, key=lambda each: each.left)
        middle = (longest.lo + longest.mark.at) // 2
        if longest.left < WORTH or not longest.lo < middle < longest.mark.at:
            return None
        older = self._add(longest.kind, longest.lo, middle, longest.span)
        longest.lo = middle
        self._changed[longest.number] = longest
        return older

    def read(self, piece: Slice, found: list[tuple[str, int]], more: bool) -> tuple[int, Mark]:
        """A page of (id, created) came for a slice; how many of them are the slice's own, and how far it is now."""
        with self._ready:
            own = sum(1 for _, created in found if created >= piece.lo)
            done = not more or own < len(found) or not found
            ident, at = found[own - 1] if own else (piece.mark.after, piece.mark.at)
            if len(found) > 1:
                piece.span = max(1.0, (found[0][1] - found[-1][1]) * PAGE / len(found))
            piece.mark = Mark(piece.mark.hi, ident, at, done)
            if not done and sum(1 for each in self.slices if each.kind == piece.kind) == 1:
                self._spread(piece)
            self._ready.notify_all()
            return own, piece.mark

    def _spread(self, piece: Slice) -> None:
        """What lies behind the first page: ever wider spans, for nobody knows yet how far back it goes."""
        width, hi = piece.span * 8, piece.mark.at
        piece.lo = lo = max(0, int(hi - width))
        self._changed[piece.number] = piece
        while lo > 0:
            width *= 4 if width > _DAY else 16
            hi, lo = lo, max(0, int(lo - width)) if width < _EVER else 0
            self._add(piece.kind, lo, hi)

    def again(self, piece: Slice) -> None:
        """The object that the cursor pointed at is gone: once more from its second on."""
        with self._ready:
            piece.mark = Mark(piece.mark.at + 1, "", piece.mark.at + 1)

    def leave(self, piece: Slice) -> None:
        """Nobody reads it any more."""
        with self._ready:
            piece.busy = False
            self._ready.notify_all()

    def fail(self) -> None:
        """Nobody needs to read on."""
        with self._ready:
            self.failed = True
            self._ready.notify_all()

    def store(self, conn: Connection, marks: list[tuple[Slice, Mark]]) -> None:
        """Remember how far slices are stored, in the transaction that stores their objects; a slice that was halved and
        its other half are remembered together.
        """
        with self._ready:
            for piece, mark in marks:
                piece.stored = mark
                self._changed[piece.number] = piece
            rows = [piece.row() for piece in self._changed.values()]
            self._changed.clear()
        upsert(conn, copy_slices, rows)

    def stored_all(self, kind: str) -> bool:
        """Whether everything of a kind is stored."""
        with self._ready:
            return all(each.stored.done for each in self.slices if each.kind == kind)

    def pages_left(self) -> float | None:
        """About how many pages are still to be read; None while nobody can say."""
        with self._ready:
            unread = [each for each in self.slices if not each.mark.done]
            return sum(each.left for each in unread) if all(each.span for each in unread) else None


def forget(conn: Connection) -> None:
    """No copy is under way."""
    conn.execute(delete(copy_slices))
