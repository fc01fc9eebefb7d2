"""Balance ledgers have no list of their own: one request a customer, after everything else, and never in its way."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select

from lib.context import Context
from lib.errors import NotFound
from lib.mirror import store
from lib.mirror.database import reading, sorting_in_files
from lib.mirror.rows import in_heaps
from lib.mirror.tables import balance_transactions, customers, invoices, ledger_reads
from lib.sync import state
from lib.sync.progress import Progress, Say
from lib.sync.reader import Reader

_READERS, _AT_ONCE, _TOGETHER = 20, 500, 100

Ledger = tuple[str, float, list[dict[str, Any]] | None]  # customer, when it was read, entries; None: it is gone


def copy_some(ctx: Context, reader: Reader, say: Say) -> int:
    """Copy a few hundred of the ledgers that are owed, those with a sign of use first; 0 when none is owed."""
    with reading(ctx.engine) as conn, sorting_in_files(conn):
        since = float(state.recall(conn).get("ledgers_owed", 0))
        wanted = list(conn.execute(_owed(since).limit(_AT_ONCE)).scalars()) if since else []
        left = conn.execute(select(func.count()).select_from(_owed(since).order_by(None).subquery())).scalar_one()
    if not wanted:
        with state.writing(ctx) as conn:
            state.remember(conn, ledgers_owed="", progress="")
        return 0
    progress = Progress(None, say, left)
    with ThreadPoolExecutor(min(_READERS, len(wanted)), "ledgers") as pool:
        found = pool.map(lambda customer: read(ctx, reader, customer), wanted)
        try:
            for some in in_heaps(found, _TOGETHER):
                _write(ctx, some, progress)
        except BaseException:
            reader.stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    return len(wanted)


def _owed(since: float) -> Select[tuple[str]]:
    """Customers whose ledger was not read since then. One that never had a currency has none."""
    used = select(invoices.c.customer).where((invoices.c.starting_balance != 0) | (invoices.c.ending_balance != 0))
    known = select(balance_transactions.c.customer)
    unused = (customers.c.balance == 0) & customers.c.id.not_in(used) & customers.c.id.not_in(known)
    read = exists().where(ledger_reads.c.customer == customers.c.id, ledger_reads.c.read_at >= since)
    return (
        select(customers.c.id)
        .where(~customers.c.deleted, customers.c.currency != "", ~read)
        .order_by(unused, customers.c.created.desc(), customers.c.id)
    )


def read(ctx: Context, reader: Reader, customer: str) -> Ledger:
    """One ledger, all of it."""
    read_at = ctx.clock()
    try:
        pages = reader.every("ledger", f"/v1/customers/{customer}/balance_transactions")
    except NotFound:
        return customer, read_at, None  # deleted: what we know of its ledger stays
    return customer, read_at, [entry for page in pages for entry in page.found]


def put(conn: Connection, found: Iterable[Ledger]) -> None:
    """Store what was read; of two readings of one ledger the later."""
    in_turn = sorted(found, key=itemgetter(1))
    read = {customer: (read_at, entries) for customer, read_at, entries in in_turn}
    store.put_ledgers(conn, {customer: entries for customer, (_, entries) in read.items() if entries is not None})
    store.ledgers_were_read(conn, {customer: read_at for customer, (read_at, _) in read.items()})


def _write(ctx: Context, some: list[Ledger], progress: Progress) -> None:
    progress.came("ledger", len(some))
    with state.writing(ctx) as conn:
        put(conn, some)
        state.remember(conn, progress=progress.words())
    progress.tell()
