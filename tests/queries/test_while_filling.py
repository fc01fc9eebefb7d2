"""While a first copy fills the mirror, most indexes are missing: every list is there all the same, only slower."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import inspect

from lib.context import Context
from lib.mirror import late
from lib.mirror.indexes import LATE
from lib.queries import balances, customers, invoices, organisations, patients, reminders
from tests.support.world import DAY, World

LISTS: dict[str, Any] = {
    f"{module.__name__.rpartition('.')[2]} by {sort}": lambda ctx, words, module=module, sort=sort: module.table(
        ctx, sort=sort, search=words
    )
    for module in (patients, organisations, balances)
    for sort in module.SORTS
}
ASKED: dict[str, Callable[[Context, str], Any]] = LISTS | {
    "invoices": lambda ctx, words: invoices.table(ctx, invoices.Filters(text=words)),
    "patients of a payer": lambda ctx, _: patients.table(ctx, payer="self"),
    "who may be chosen": lambda ctx, words: customers.choices(ctx, text=words),
    "who is to be reminded": lambda ctx, _: reminders.table(ctx, due_only=False),
}


@pytest.fixture
def practice(world: World) -> World:
    acme, embassy = world.customer("Acme Ltd"), world.customer("Embassy of Peru")
    for name, payer in (("Ada Byrne", acme), ("Zoë Acme", ""), ("Ngozi Obi", embassy)):
        world.invoice(payer or world.patient(name), 9900)
        world.patient(name, metadata={"Full name": name, **({"pd_default_payer": payer} if payer else {})})
    world.entry(acme, -2500)
    world.wait(60 * DAY)
    world.sync()
    return world


def test_every_list_is_the_same_without_the_indexes_that_come_late(practice: World) -> None:
    engine = practice.ctx.engine
    before = _everything(practice.ctx)
    with engine.begin() as conn:
        for index in LATE:
            index.drop(conn, checkfirst=True)
    assert _everything(practice.ctx) == before
    assert all(found for (_, words), found in before.items() if not words)
    late.make(engine)
    stand = {index["name"] for table in ("customers", "invoices") for index in inspect(engine).get_indexes(table)}
    elsewhere = {"customers_by_words"} if engine.dialect.name != "sqlite" else set()
    assert {index.name for index in LATE} - elsewhere <= stand


def _everything(ctx: Context) -> dict[tuple[str, str], Any]:
    found = {(name, words): ask(ctx, words) for name, ask in ASKED.items() for words in ("", "acme")}
    return {key: one.rows.to_dict("records") if hasattr(one, "rows") else one for key, one in found.items()}
