"""The first copy: every object once, many lists at a time, newest first, so that the screens fill while it runs.

It may be killed anywhere and goes on where it was: what is stored is remembered with it. Objects that change, come or
go meanwhile are known by their events, which are followed from the moment before the copy began. What stood in the
mirror and did not come along any more is asked for by name.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import func, select, union

from lib.context import Context
from lib.mirror import late, shapes, store, summaries
from lib.mirror.database import reading, sorting_in_files
from lib.mirror.tables import account_sums, covered, customers, invoices
from lib.sync import again, plan, state
from lib.sync.copying import Copying
from lib.sync.progress import Say
from lib.sync.reader import Reader
from lib.sync.spare import SpareTime

_TOO_LONG = 20 * 86_400
CATALOGUE = {
    "tax_rate": "/v1/tax_rates",
    "product": "/v1/products",
    "price": "/v1/prices",
    "credit_note": "/v1/credit_notes",
}
_NAMES = {"tax_rate": "tax rates", "product": "products", "price": "prices", "credit_note": "credit notes"}


def quiet(_words: str) -> None:
    """Nobody wants to hear how far it is."""


def copy_everything(ctx: Context, reader: Reader | None = None, say: Say = quiet) -> dict[str, int]:
    """Copy customers, invoices and the catalogue; returns the number of objects by kind. Ledgers are owed from then on.
    Raises Unavailable or NotAllowed, keeping what came.
    """
    reader = reader or Reader(ctx.stripe, ctx.clock, ctx.sleep)
    started = _begin(ctx)
    with state.writing(ctx) as conn:
        filling = "filling" in state.recall(conn)
    with _seldom_collecting(), SpareTime(ctx, reader) as spare:
        counts = _copy(ctx, reader, spare, say)
        if filling:
            with state.writing(ctx) as conn:
                summaries.anew(conn)
        _settle_the_unseen(ctx, reader, started)
        find_ghosts(ctx)
        _end(ctx, started)
        reader.tally.usable()
        late.make(ctx.engine, meanwhile=spare.store)
    return counts | {"ledgers": spare.stored}


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """A copy makes millions of plain dicts that go by themselves; to look among them for rings of garbage every few
    hundred would take a sixth of its time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _copy(ctx: Context, reader: Reader, spare: SpareTime, say: Say) -> dict[str, int]:
    with reading(ctx.engine) as conn:
        going = plan.Plan.recall(conn)
    with ThreadPoolExecutor(1, "catalogue") as pool:
        catalogue = pool.submit(copy_catalogue, ctx, reader)
        return Copying(ctx, reader, going, say, spare).run() | catalogue.result()


def _end(ctx: Context, started: float) -> None:
    """The copy is whole, but for ledgers."""
    with state.writing(ctx) as conn:
        plan.forget(conn)
        as_of = {"fresh_at": int(started), "cursor": int(started), "ledgers_owed": started}
        state.remember(conn, copied_at=ctx.now, **as_of, copying="", filling="", progress="", problem="")


def _begin(ctx: Context) -> float:
    """Take up the copy that was cut off, unless Stripe has forgotten what happened since; or note where Stripe's events
    stand, and begin.
    """
    made_with = shapes.made_with(ctx.settings)
    with reading(ctx.engine) as conn:
        known = state.recall(conn)
    begun = float(known.get("copying", 0))
    if ctx.clock() - _TOO_LONG < begun:
        if known.get("shaped_as") != made_with:  # what has come was made with other settings: see reshape.py
            with state.writing(ctx) as conn:
                state.remember(conn, shaped_as="")
        return begun
    started = ctx.clock()
    latest = ctx.stripe.get("/v1/events", limit=100)["data"]
    with state.writing(ctx) as conn:
        plan.forget(conn)
        plan.Plan.begin(("customer", "invoice")).store(conn, [])
        # What an attempt that is given up has stored without counting is not counted by this one either.
        filling = late.put_off(conn) or "filling" in state.recall(conn)
        state.note_events(conn, [state.event_row(event) for event in latest])
        newest = latest[0] if latest else {"id": "", "created": ""}
        state.remember(conn, copying=started, anchor=newest["id"], newest=newest["created"], looked_back="")
        state.remember(conn, filling="1" if filling else "", shaped_as=made_with, shaping="")
    return started


def copy_catalogue(ctx: Context, reader: Reader) -> dict[str, int]:
    """What invoices are made of, and the notes that lowered them, in shorter lists; the number of objects by kind."""
    return {_NAMES[kind]: _copy_short(ctx, reader, kind, path) for kind, path in CATALOGUE.items()}


def _copy_short(ctx: Context, reader: Reader, kind: str, path: str) -> int:
    pages = reader.every(kind, path)
    with state.writing(ctx) as conn:
        for page in pages:
            store.put_all(conn, page.shaped(ctx.settings))
    return sum(len(page.found) for page in pages)


def _settle_the_unseen(ctx: Context, reader: Reader, started: float) -> None:
    """Rows that the copy did not bring are asked for by name: a missing page must never delete anything."""
    with reading(ctx.engine) as conn:
        unseen = [
            (kind, found)
            for kind in ("customer", "invoice", "product", "price", "tax_rate", "credit_note")
            for found in store.unseen_since(conn, kind, started, ctx.clock())
        ]
    missing = again.Again(ctx, reader)
    missing.settle(unseen)
    missing.check()


def find_ghosts(ctx: Context) -> None:
    """Customers that invoices or patients point at and no list shows: deleted in Stripe, known by an invoice's
    snapshot.
    """
    with reading(ctx.engine) as conn, sorting_in_files(conn):
        named = union(select(account_sums.c.customer), select(covered.c.payer)).subquery()
        missing = (
            conn.execute(select(named.c[0]).where(named.c[0] != "", named.c[0].not_in(select(customers.c.id))))
            .scalars()
            .all()
        )
    for customer in missing:
        with state.writing(ctx) as conn:
            name = conn.execute(
                select(invoices.c.customer_name)
                .where(invoices.c.customer == customer, invoices.c.customer_name != "")
                .limit(1)
            ).scalar()
            paid_for = conn.execute(
                select(func.count()).select_from(customers).where(customers.c.default_payer == customer)
            ).scalar()
            store.ghost(conn, customer, name or "", "organisation" if paid_for else "", ctx.clock())
