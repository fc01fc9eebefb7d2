"""What a list adds up to: to the penny what its rows add up to one by one, whatever it is narrowed to."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, insert, select

from lib.mirror.database import reading, writing
from lib.mirror.tables import account_sums, invoice_sums, invoices, owed_days
from lib.queries import _sums
from lib.queries import invoices as lists
from lib.queries._sums import pieces
from lib.queries.invoices import PATIENTS, Filters
from tests.support.five_months import any_filters
from tests.support.world import World


def slowly(world: World, wanted: Filters) -> dict[str, tuple[int, ...]]:
    """The sums, from every row of the list."""
    found: dict[str, Counter[str]] = {}
    with reading(world.ctx.engine) as conn:
        rows = conn.execute(lists.statement(world.ctx, wanted)).all()
        owed = {row.id: row.owed for row in conn.execute(select(invoices.c.id, invoices.c.owed))}
    for row in rows:
        left = row.remaining if owed[row.id] else 0
        one = {"invoices": 1, "total": row.total, "remaining": row.remaining, "outstanding": left}
        found.setdefault(row.currency, Counter()).update(one)
    return {code: tuple(sums[name] for name in _sums._NAMES[1:]) for code, sums in found.items()}


def quickly(world: World, wanted: Filters) -> dict[str, tuple[int, ...]]:
    told = lists.sums(world.ctx, wanted).rows
    return {row.currency: (row.invoices, row.total, row.remaining, row.outstanding) for row in told.itertuples()}


def test_sums_are_what_the_rows_come_to_whatever_is_filtered(five_months: World) -> None:
    with reading(five_months.ctx.engine) as conn:
        payers = sorted(set(conn.execute(select(invoices.c.customer)).scalars()))
    draw = random.Random(11)
    for wanted in (Filters(), *(any_filters(draw, payers) for _ in range(250))):
        assert quickly(five_months, wanted) == slowly(five_months, wanted), wanted


def test_whole_months_every_age_and_one_payer_are_not_added_up_from_rows(five_months: World) -> None:
    """They come from the sums that are kept: with those taken away nothing is left."""
    payer = lists.table(five_months.ctx, Filters()).rows.iloc[0]["payer"]
    kept = {
        invoice_sums: (Filters(), Filters(statuses=("open",), practitioner="Dr Rao"), Filters(payer=PATIENTS)),
        account_sums: (Filters(payer=payer),),
        owed_days: tuple(Filters(age=age) for age in ("Outstanding", "Overdue")),
    }
    for table, some in kept.items():
        assert all(quickly(five_months, wanted) for wanted in some)
        with writing(five_months.ctx.engine) as conn:
            held = [dict(row) for row in conn.execute(select(table)).mappings()]
            conn.execute(delete(table))
        assert not any(quickly(five_months, wanted) for wanted in some)
        with writing(five_months.ctx.engine) as conn:
            conn.execute(insert(table), held)


def test_what_would_take_long_is_not_added_up_until_somebody_asks(
    five_months: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("lib.queries._sums", "lib.queries._roads"):
        monkeypatch.setattr(f"{module}.MOST", 3)
    wanted = Filters(text="payer")
    told = lists.sums(five_months.ctx, wanted)
    assert (told.known, told.total, told.rows.empty) == (False, None, True)
    found = lists.table(five_months.ctx, wanted, size=5)
    assert (found.total, len(found.rows), found.after) == (None, 5, True)
    assert lists.sums(five_months.ctx, wanted, whole=True).total == sum(
        one[0] for one in slowly(five_months, wanted).values()
    )


def test_days_of_the_calendar_are_whole_months_and_what_is_over_or_short() -> None:
    def counted(first: date | None, last: date | None) -> set[date]:
        lo, hi, edges = pieces(first, last)
        days = [date(2025, 12, 1) + timedelta(days=n) for n in range(500)]
        there = Counter(day for day in days if (not lo or _month(day) >= lo) and (not hi or _month(day) <= hi))
        for sign, begin, end in edges:
            for day in days:
                there[day] += sign * (begin <= day <= end)
        assert set(there.values()) <= {0, 1}
        return {day for day, times in there.items() if times}

    draw = random.Random(3)
    for _ in range(300):
        first, last = (draw.choice((None, date(2026, 1, 1) + timedelta(days=draw.randrange(365)))) for _ in range(2))
        days = [date(2025, 12, 1) + timedelta(days=n) for n in range(500)]
        assert counted(first, last) == {day for day in days if (first or day) <= day <= (last or day)}, (first, last)


def _month(day: date) -> int:
    return day.year * 100 + day.month
