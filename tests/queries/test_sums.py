"""What a list adds up to: to the penny what its rows add up to one by one, whatever it is narrowed to."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, select

from lib import dates
from lib.mirror import store
from lib.mirror.database import reading, writing
from lib.mirror.tables import account_sums, invoice_sums, invoices, owed_days
from lib.queries import _sums
from lib.queries import invoices as lists
from lib.queries._sums import pieces
from lib.queries.invoices import AGES, PATIENTS, STATUSES, Filters
from tests.support.world import DAY, World

DOCTORS, PLACES, CODES = ("Dr Rao", "Dr Osei", ""), ("Kew", "Harbour", ""), ("gbp", "gbp", "eur")


@pytest.fixture
def practice(world: World) -> World:
    """A hundred invoices of every status over five months, at the edges of months too."""
    draw, start = random.Random(7), world.sandbox.clock.now()
    payers = [world.customer(f"Payer {n}", metadata={"pd_terms_days": "14"} if n else {}) for n in range(2)]
    payers += [world.patient(f"Patient {n}", metadata={"Registered practitioner": "Dr Rao"}) for n in range(2)]
    world.sync()
    sample = world.in_stripe("invoice", world.invoice(payers[0], 1000))
    with writing(world.ctx.engine) as conn:
        made = [_invoice(sample, number, draw, payers, start) for number in range(100)]
        store.put(conn, made, world.ctx.now, world.ctx.settings)
    world.sandbox.clock.set(start + 5 * DAY)
    return world


def _invoice(sample: dict[str, Any], number: int, draw: random.Random, payers: list[str], start: int) -> dict[str, Any]:
    first = draw.choice((date(2026, 8, 1), date(2026, 9, 1), date(2026, 11, 1)))
    midnight = dates.start_of(first, ZoneInfo("Europe/London"))
    created = draw.choice((midnight, midnight - 1, start - draw.randrange(150 * DAY)))
    status, total, code = draw.choice(STATUSES), draw.randrange(0, 900) * 10, draw.choice(CODES)
    left = 0 if status in ("paid", "void") else draw.choice((total, total // 3, 0))
    tags = {"Appointment practitioner": draw.choice(DOCTORS), "Appointment location": draw.choice(PLACES)}
    return sample | {
        "id": f"in_{number:024d}", "number": f"PD-{number:04d}", "status": status, "created": created,
        "currency": code, "total": total, "amount_due": total, "amount_paid": total - left, "amount_remaining": left,
        "customer": draw.choice(payers), "due_date": draw.choice((None, created + draw.randrange(100) * DAY)),
        "metadata": {key: value for key, value in tags.items() if value},
    }  # fmt: skip


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


def _drawn(draw: random.Random, payers: list[str]) -> Filters:
    def maybe(value: Any, nothing: Any) -> Any:
        return value if draw.random() < 0.3 else nothing

    first = date(2026, 6, 1) + timedelta(days=draw.randrange(170))
    last = draw.choice((first + timedelta(days=draw.randrange(-3, 100)), dates.month_start(first)))
    return Filters(
        statuses=maybe(tuple(draw.sample(STATUSES, draw.randint(1, 2))), ()),
        payer=maybe(draw.choice([*payers, PATIENTS]), ""),
        patient=maybe(draw.choice(payers), "") if draw.random() < 0.3 else "",
        created_from=maybe(first, None),
        created_to=maybe(last, None),
        practitioner=maybe(draw.choice(DOCTORS), ""),
        location=maybe(draw.choice(PLACES), ""),
        text=maybe(draw.choice(("payer", "PD-00", "07", "patient 1", "nobody")), "") if draw.random() < 0.3 else "",
        age=maybe(draw.choice(("Outstanding", "Overdue", *AGES)), ""),
        currency=maybe(draw.choice(("gbp", "eur", "usd")), ""),
    )


def test_sums_are_what_the_rows_come_to_whatever_is_filtered(practice: World) -> None:
    with reading(practice.ctx.engine) as conn:
        payers = sorted(set(conn.execute(select(invoices.c.customer)).scalars()))
    draw = random.Random(11)
    for wanted in (Filters(), *(_drawn(draw, payers) for _ in range(250))):
        assert quickly(practice, wanted) == slowly(practice, wanted), wanted


def test_whole_months_every_age_and_one_payer_are_not_added_up_from_rows(practice: World) -> None:
    """They come from the sums that are kept: with those taken away nothing is left."""
    payer = lists.table(practice.ctx, Filters()).rows.iloc[0]["payer"]
    kept = {
        invoice_sums: (Filters(), Filters(statuses=("open",), practitioner="Dr Rao"), Filters(payer=PATIENTS)),
        account_sums: (Filters(payer=payer),),
        owed_days: tuple(Filters(age=age) for age in ("Outstanding", "Overdue")),
    }
    for table, some in kept.items():
        assert all(quickly(practice, wanted) for wanted in some)
        with writing(practice.ctx.engine) as conn:
            held = [dict(row) for row in conn.execute(select(table)).mappings()]
            conn.execute(delete(table))
        assert not any(quickly(practice, wanted) for wanted in some)
        with writing(practice.ctx.engine) as conn:
            conn.execute(insert(table), held)


def test_what_would_take_long_is_not_added_up_until_somebody_asks(
    practice: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("lib.queries._sums", "lib.queries._roads"):
        monkeypatch.setattr(f"{module}.MOST", 3)
    wanted = Filters(text="payer")
    told = lists.sums(practice.ctx, wanted)
    assert (told.known, told.total, told.rows.empty) == (False, None, True)
    found = lists.table(practice.ctx, wanted, size=5)
    assert (found.total, len(found.rows), found.after) == (None, 5, True)
    assert lists.sums(practice.ctx, wanted, whole=True).total == sum(
        one[0] for one in slowly(practice, wanted).values()
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
