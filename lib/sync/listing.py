"""Stripe's list of events since the last look, some thousands at a time, newest first.

The list's moments are by Stripe's clock, and an event may be seen in it only after later ones. So each look goes
back to a little before the newest event that we know, or to a page of nothing but known ones from before then; and
every five minutes one goes back ten minutes further, to the end. What is known already is passed over. Events that
happen while we read come first in the list: the next look finds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.tables import events
from lib.sync import state
from lib.sync.named import Target, named
from lib.sync.reader import Page, Reader

_NEAR, _FAR, _OFTEN, _CLOCKS = 20, 600, 300, 3600  # seconds; clocks may be so far apart
_TOGETHER = 5_000


@dataclass(frozen=True)
class Event:
    """What we keep of it, and what it asks us to read again."""

    row: dict[str, Any]
    targets: list[Target]


class Listing:
    """One look at the list. `newest` and `anchor` are the last event's time and id, `far` says how far back it goes."""

    def __init__(self, ctx: Context, reader: Reader, known: dict[str, str]) -> None:
        self._ctx, self._reader = ctx, reader
        self.newest, self.anchor = int(known.get("newest", 0)), known.get("anchor", "")
        self.far = not self.newest or ctx.now - float(known.get("looked_back", 0)) >= _OFTEN
        self._reached = self.newest
        before = int(known.get("looked_back") or known["cursor"])
        back = max(min(self.newest or before, before), before - _CLOCKS)
        self._since = back - _FAR if self.far else self.newest - _NEAR

    def heaps(self) -> Iterator[list[Event]]:
        """Events that we do not know, without holding all that there are."""
        heap: list[Event] = []
        for page in self._reader.pages("event", "/v1/events", created={"gte": self._since}):
            self._note_newest(page)
            unknown = self._unknown(page)
            if not unknown and not self.far and page.found and page.found[-1]["created"] <= self._reached:
                break
            heap += [Event(state.event_row(event), named(event)) for event in unknown]
            if len(heap) >= _TOGETHER:
                yield heap
                heap = []
        yield heap

    def _note_newest(self, page: Page) -> None:
        if page.found and page.found[0]["created"] >= self.newest:
            self.newest, self.anchor = page.found[0]["created"], page.found[0]["id"]

    def _unknown(self, page: Page) -> list[dict[str, Any]]:
        ids = [event["id"] for event in page.found]
        with reading(self._ctx.engine) as conn:
            known = set(conn.execute(select(events.c.id).where(events.c.id.in_(ids))).scalars())
        return [event for event in page.found if event["id"] not in known]
