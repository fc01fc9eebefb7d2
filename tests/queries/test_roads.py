"""Whichever index a list of invoices goes by, it shows the same rows in the same order."""

from __future__ import annotations

import random
from datetime import date
from itertools import product

import pytest
from sqlalchemy import select

from lib.mirror import store
from lib.mirror.database import reading, writing
from lib.mirror.tables import invoices
from lib.queries import _roads
from lib.queries import invoices as lists
from lib.queries.invoices import Filters
from tests.support.five_months import any_filters
from tests.support.world import DAY, World


def _shown(world: World, wanted: Filters, sort: str, *, descending: bool) -> list[str]:
    counted = lists.sums(world.ctx, wanted)
    return list(lists.table(world.ctx, wanted, sort=sort, descending=descending, counted=counted).rows["id"])


def test_a_walk_and_a_gathering_show_the_same(five_months: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading(five_months.ctx.engine) as conn:
        payers = sorted(set(conn.execute(select(invoices.c.customer)).scalars()))
    draw, choose = random.Random(5), _roads.index_for
    for wanted, sort, descending in product([any_filters(draw, payers) for _ in range(25)], lists.SORTS, (True, False)):
        found = []
        for gathering in (1, 10_000_000):
            monkeypatch.setattr(_roads, "_GATHERING", gathering)
            monkeypatch.setattr(_roads, "_GATHERED", 0 if gathering > 1 else 50_000)
            found.append(_shown(five_months, wanted, sort, descending=descending))
        monkeypatch.setattr(_roads, "index_for", lambda *_, **__: "")
        found.append(_shown(five_months, wanted, sort, descending=descending))
        monkeypatch.setattr(_roads, "index_for", choose)
        assert found[0] == found[1] == found[2], (wanted, sort, descending)


def test_an_invoice_that_was_due_before_it_was_created_is_on_the_list_of_its_month(world: World) -> None:
    usual = world.invoice(world.customer(), 1000)
    world.sync()
    sample = world.in_stripe("invoice", usual)
    odd = sample | {"id": "in_odd", "number": "ODD-1", "due_date": sample["created"] - 90 * DAY}
    wanted = Filters(created_from=date(2026, 11, 1))
    assert _shown(world, wanted, "Due date", descending=False) == [usual]
    with writing(world.ctx.engine) as conn:
        store.put(conn, [odd], world.ctx.now, world.ctx.settings)
    assert _shown(world, wanted, "Due date", descending=False) == ["in_odd", usual]
