"""Once a day every list is read through, because an event that never came would leave a row wrong for ever.

A page is compared with what we hold; what differs is stored, what the list lacks is asked for by name, and a ledger
that does not end at its customer's balance is read again. It takes a request for each hundred objects, in pieces of a
few seconds with a look at the news in between, and goes on where it was when it is cut off. Ledgers that nobody had a
reason to read for a month are read then, in case two entries that cancel each other out were never told.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lib.context import Context
from lib.errors import NotFound
from lib.mirror import store
from lib.mirror.database import in_bulk, reading
from lib.stripe_api.reading import CUSTOMER_EXTRAS
from lib.sync import backfill, compare, state
from lib.sync.again import Again
from lib.sync.follow import follow
from lib.sync.plan import NEVER
from lib.sync.reader import Page, Reader

_DAY, _MONTH, _A_WHILE = 86_400, 30 * 86_400, 5.0
_EXPAND: dict[str, dict[str, Any]] = {"customer": {"expand": [f"data.{extra}" for extra in CUSTOMER_EXTRAS]}}


@dataclass(frozen=True)
class Place:
    """How far a round is: everything of `kind` down to `after`, created at `at`; `edge` is what else it saw of that
    second.
    """

    began: float
    kind: str = "customer"
    at: int = NEVER
    after: str = ""
    edge: list[str] = field(default_factory=list)
    pages: int = 0
    healed: int = 0


def due(ctx: Context, *, alone: bool) -> bool:
    """A day after the last round or copy began, while nobody has a page open; after two days whoever is here."""
    with reading(ctx.engine) as conn:
        known = state.recall(conn)
    last = max(float(known.get("checked_at", 0)), float(known.get("copied_at", NEVER)))
    return ctx.clock() - last > (_DAY if alone else 2 * _DAY)


def run(ctx: Context, stop: threading.Event) -> Place:
    """A round, or the rest of one that was cut off, until told to stop. Raises as catch_up does, keeping what came."""
    reader, asked = Reader(ctx.stripe, ctx.clock, ctx.sleep), ctx.stripe.asked
    try:
        with in_bulk(ctx.engine) as engine:
            led = replace(ctx, engine=engine)
            place = _recall(led)
            while not stop.is_set() and place.kind:
                place = _some(led, reader, place)
                follow(led, reader)
            return place
    finally:
        state.count_reads(ctx, asked)


def _recall(ctx: Context) -> Place:
    with reading(ctx.engine) as conn:
        known = state.recall(conn).get("checking")
    return Place(**json.loads(known)) if known else Place(ctx.clock())


def _some(ctx: Context, reader: Reader, place: Place) -> Place:
    """A few seconds' worth of pages."""
    until = time.monotonic() + _A_WHILE
    while True:
        place = _catalogue(ctx, reader, place) if place.kind == "catalogue" else _step(ctx, reader, place)
        _remember(ctx, place)
        if not place.kind or time.monotonic() > until:
            return place


def _remember(ctx: Context, place: Place) -> None:
    with state.writing(ctx) as conn:
        if place.kind:
            state.remember(conn, checking=json.dumps(asdict(place)))
            return
        state.remember(conn, checking="", checked_at=place.began, healed=place.healed)
        if not state.recall(conn).get("ledgers_owed"):
            state.remember(conn, ledgers_owed=place.began - _MONTH)


def _step(ctx: Context, reader: Reader, place: Place) -> Place:
    page = _page(reader, place)
    bottom = page.found[-1]["created"] if page.found and page.more else -1
    healed = compare.heal(ctx, reader, page, (bottom, place.at), set(place.edge))
    told = replace(place, pages=place.pages + 1, healed=place.healed + healed)
    if bottom < 0:
        return replace(told, kind="invoice" if place.kind == "customer" else "catalogue", at=NEVER, after="", edge=[])
    kept = place.edge if bottom == place.at else []
    edge = kept + [obj["id"] for obj in page.found if obj["created"] == bottom]
    return replace(told, at=bottom, after=page.found[-1]["id"], edge=edge)


def _page(reader: Reader, place: Place) -> Page:
    path, more = f"/v1/{place.kind}s", _EXPAND.get(place.kind, {})
    created = {"created": {"lte": place.at}} if place.at != NEVER else {}
    if place.after:
        try:
            return reader.page(place.kind, path, starting_after=place.after, **created, **more)
        except NotFound:
            pass  # the object that the cursor pointed at is gone: once more from its second on
    return reader.page(place.kind, path, **created, **more)


def _catalogue(ctx: Context, reader: Reader, place: Place) -> Place:
    """Short lists, stored whole."""
    began = ctx.clock()
    backfill.copy_catalogue(ctx, reader)
    with reading(ctx.engine) as conn:
        unseen = [
            (kind, found) for kind in backfill.CATALOGUE for found in store.unseen_since(conn, kind, began, ctx.clock())
        ]
    again = Again(ctx, reader)
    again.settle(unseen)
    again.check()
    return replace(place, kind="")
