"""Whoever writes the mirror has it alone: nobody works from rows that are about to change."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, select, text

from lib.mirror import resolved, store, summaries
from lib.mirror.database import reading, writing
from lib.mirror.tables import invoices
from lib.queries import invoices as lists
from tests.support.world import World

Work = Callable[[Connection], None]


def meanwhile(world: World, work: Work, other: Work) -> None:
    """`other` begins while `work` is done but not yet committed."""

    def alone() -> None:
        with writing(world.ctx.engine) as conn:
            other(conn)

    with ThreadPoolExecutor(1) as pool:
        with writing(world.ctx.engine) as conn:
            work(conn)
            second = pool.submit(alone)
            until_it_waits(world)
        second.result(30)


def until_it_waits(world: World) -> None:
    """On SQLite it cannot so much as begin."""
    until = time.monotonic() + 5
    while world.ctx.engine.dialect.name == "postgresql" and time.monotonic() < until:
        with reading(world.ctx.engine) as conn:
            if conn.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).first():
                return
        time.sleep(0.05)


def test_terms_that_change_while_a_copy_looks_at_an_invoice_again_are_not_undone(world: World) -> None:
    acme = world.customer(metadata={"pd_terms_days": "10"})
    bill = world.invoice(acme, 1000)
    with writing(world.ctx.engine) as conn:  # the invoice came before its customer, as in a copy
        store.put(conn, [world.in_stripe("invoice", bill)], 1.0, world.ctx.settings)
        unseen = store.shaped(world.in_stripe("customer", acme), 1.0, world.ctx.settings)
        store.put_all(conn, [unseen], follow=False)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"metadata": {"pd_terms_days": "60"}})
    changed = world.in_stripe("customer", acme)
    meanwhile(
        world,
        lambda conn: store.put(conn, [changed], 2.0, world.ctx.settings),
        lambda conn: resolved.again(conn, [bill]),
    )
    with reading(world.ctx.engine) as conn:
        due, issued = conn.execute(select(invoices.c.due_at, invoices.c.issued_day)).one()
    assert (due - issued) // 86_400 == 60


def test_sums_are_not_made_anew_from_rows_that_are_about_to_change(world: World) -> None:
    bill = world.invoice(world.customer(), 1000)
    world.sync()
    world.sandbox.call("POST", f"/v1/invoices/{bill}/void")
    void = world.in_stripe("invoice", bill)
    read_at, settings = world.ctx.clock(), world.ctx.settings
    meanwhile(world, lambda conn: store.put(conn, [void], read_at, settings), summaries.anew)
    assert lists.table(world.ctx, lists.Filters(statuses=("void",))).total == 1
