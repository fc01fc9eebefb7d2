"""Following Stripe: an event only says which object to read again.

One request for the list of events, and one for each object that it names, many at a time. Events may come late, twice
or out of order, several in one second (see listing.py); what is stored is always our own later reading. Stripe keeps
events for thirty days: after a longer silence, or when the last event we know is not known to Stripe, everything is
copied anew, while the mirror serves on. So it is when more objects were named than a copy takes requests.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select, true

from lib.context import Context
from lib.errors import NotFound
from lib.mirror import late
from lib.mirror.database import in_bulk, reading
from lib.mirror.tables import customers, invoices
from lib.sync import aside, ledgers, state
from lib.sync.again import Again
from lib.sync.backfill import copy_everything, find_ghosts, quiet
from lib.sync.listing import Event, Listing
from lib.sync.named import Target
from lib.sync.progress import Say
from lib.sync.reader import Reader, Tally

_TOO_LONG = 25 * 86_400
_FEW = 500  # objects that are never worth a copy


def catch_up(
    ctx: Context, *, check_anchor: bool = False, say: Say = quiet, tally: Tally | None = None
) -> dict[str, int]:
    """Bring the mirror up to date; returns counts by kind. Raises Unavailable or NotAllowed, keeping what came."""
    reader = Reader(ctx.stripe, ctx.clock, ctx.sleep, tally)
    asked = ctx.stripe.asked
    try:
        with in_bulk(ctx.engine) as engine:
            return _brought(replace(ctx, engine=engine), reader, check_anchor=check_anchor, say=say)
    finally:
        state.count_reads(ctx, asked)


def _brought(ctx: Context, reader: Reader, *, check_anchor: bool, say: Say) -> dict[str, int]:
    with reading(ctx.engine) as conn:
        known = state.recall(conn)
    anew = _too_old(ctx, known) or (check_anchor and not _anchored(ctx, known))
    if check_anchor and not anew:
        late.make(ctx.engine)
    counts = None if anew else follow(ctx, reader)
    if counts is None:
        counts = copy_everything(ctx, reader, say)
        follow(ctx, reader)
    while copied := ledgers.copy_some(ctx, reader, say):
        counts["ledgers"] = counts.get("ledgers", 0) + copied
        follow(ctx, reader)
    return counts


def _too_old(ctx: Context, known: dict[str, str]) -> bool:
    if "copied_at" not in known or "copying" in known:
        return True
    return ctx.now - int(known["cursor"]) > _TOO_LONG


def _anchored(ctx: Context, known: dict[str, str]) -> bool:
    """Whether Stripe still knows the event we came to last: if not, this is another account or too long ago."""
    if "anchor" not in known:
        return False
    try:
        ctx.stripe.get(f"/v1/events/{known['anchor']}")
    except NotFound:
        return False
    return True


def follow(ctx: Context, reader: Reader) -> dict[str, int] | None:
    """Read again what Stripe's events name since the last look; counts by kind. None where a new copy takes fewer
    requests: then nothing is lost, and the next look begins where this one did.

    Raises what one object met after the others are stored; the cursor stays until everything that was named is read.
    """
    started = int(ctx.clock())
    with reading(ctx.engine) as conn:
        listing = Listing(ctx, reader, state.recall(conn))
    again, seen, gone, wanted = Again(ctx, reader), 0, False, set[Target]()
    for heap in listing.heaps():
        wanted |= {target for event in heap for target in event.targets}
        if len(wanted) > _FEW and len(wanted) > _requests_of_a_copy(ctx):
            return None
        _deal_with(ctx, again, heap)
        again.check()
        seen += len(heap)
        gone |= any(event.row["type"] == "customer.deleted" for event in heap)
    if listing.far:
        _ask_again(ctx, again)
    if gone:
        find_ghosts(ctx)
    _close(ctx, listing, started)
    return {"events": seen, "objects": len(again.done)}


def _requests_of_a_copy(ctx: Context) -> float:
    """About: a tenth more pages than one long list has, and the ledgers."""
    with reading(ctx.engine) as conn:
        rows, others, ledgers_there = (
            conn.execute(select(func.count()).select_from(table).where(which)).scalar_one()
            for table, which in ((customers, true()), (invoices, true()), (customers, customers.c.currency != ""))
        )
    return (rows + others) / 100 * 1.1 + ledgers_there


def _deal_with(ctx: Context, again: Again, heap: list[Event]) -> None:
    """An event is known once everything that it named is stored."""
    again.settle(target for event in heap for target in event.targets)
    named = {target for event in heap for target in event.targets}
    if again.failed.keys() - named:
        return  # what failed was asked for in turn, and nobody can tell by which of them
    settled = [event.row for event in heap if not again.failed.keys() & set(event.targets)]
    with state.writing(ctx) as conn:
        state.note_events(conn, settled)


def _ask_again(ctx: Context, again: Again) -> None:
    """For what could not be stored."""
    with reading(ctx.engine) as conn:
        some = aside.some(conn)
    again.settle(some)
    again.check()


def _close(ctx: Context, listing: Listing, started: int) -> None:
    """The cursor moves only after everything that its events named is stored, or set aside. With something set aside
    the figures speak for no later moment than before.
    """
    with state.writing(ctx) as conn:
        lacking = aside.known(conn)
        fresh = {} if lacking else {"fresh_at": started}
        state.remember(conn, cursor=started, looked_at=started, **fresh, progress="", problem=aside.words(lacking))
        state.remember(conn, newest=listing.newest or "", anchor=listing.anchor)
        if listing.far:
            state.remember(conn, looked_back=started)
