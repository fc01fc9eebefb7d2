"""Where rows would be made otherwise today, by other settings or another release, what is stored is shaped anew.

It asks Stripe for nothing but the news, in pieces of a few seconds with a look at those in between, and goes on where
it was cut off. `shaped_as` says with what everything that is stored was made, `shaping` how far the work is.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, replace

from lib.context import Context
from lib.mirror import parties, shape_anew, shapes
from lib.mirror.database import in_bulk, reading
from lib.sync import state
from lib.sync.follow import follow
from lib.sync.reader import Reader

_A_WHILE = 5.0


@dataclass(frozen=True)
class Place:
    """How far it is: everything down to the id `after` of a kind; `done` rows of about `rows`, made with `wanted`."""

    wanted: str
    rows: int
    kind: str = shape_anew.KINDS[0]
    after: str = ""
    done: int = 0


def due(ctx: Context) -> bool:
    """Whether what is stored would be written otherwise today. While a copy is under way, nobody can say."""
    with reading(ctx.engine) as conn:
        known = state.recall(conn)
    return "copied_at" in known and "copying" not in known and known.get("shaped_as") != shapes.made_with(ctx.settings)


def run(ctx: Context, stop: threading.Event) -> None:
    """All of it, or until told to stop. Raises as catch_up does, keeping what is done."""
    reader, asked = Reader(ctx.stripe, ctx.clock, ctx.sleep), ctx.stripe.asked
    try:
        with in_bulk(ctx.engine) as engine:
            led = replace(ctx, engine=engine)
            place = _begin(led)
            while place.kind and not stop.is_set():
                place = _some(led, place)
                follow(led, reader)
    finally:
        state.count_reads(ctx, asked)


def _begin(ctx: Context) -> Place:
    """Go on, where it is towards the same settings. Nobody can say from now on with what all rows were made."""
    wanted = shapes.made_with(ctx.settings)
    with state.writing(ctx) as conn:
        known = state.recall(conn).get("shaping")
        place = Place(**json.loads(known)) if known else None
        if place is None or place.wanted != wanted:
            place = Place(wanted, shape_anew.count(conn))
        state.remember(conn, shaping=json.dumps(asdict(place)), shaped_as="")
    return place


def _some(ctx: Context, place: Place) -> Place:
    """A few seconds' worth."""
    until = time.monotonic() + _A_WHILE
    while place.kind and time.monotonic() < until:
        with state.writing(ctx) as conn:
            last, count = shape_anew.some(conn, place.kind, place.after, ctx.settings)
            place = replace(place, after=last, done=place.done + count, kind=place.kind if last else _next(place.kind))
            state.remember(conn, shaping=json.dumps(asdict(place)) if place.kind else "")
            if not place.kind:
                parties.sweep(conn)
                state.remember(conn, shaped_as=place.wanted)
    return place


def _next(kind: str) -> str:
    left = shape_anew.KINDS[shape_anew.KINDS.index(kind) + 1 :]
    return left[0] if left else ""
