"""A hundred invoices over five months, and every way to narrow their list."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lib import dates
from lib.mirror import store
from lib.mirror.database import writing
from lib.queries.invoices import AGES, PATIENTS, STATUSES, Filters
from tests.support.world import DAY, World

DOCTORS, PLACES, CODES = ("Dr Rao", "Dr Osei", ""), ("Kew", "Harbour", ""), ("gbp", "gbp", "eur")


@pytest.fixture
def five_months(world: World) -> World:
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


def any_filters(draw: random.Random, payers: list[str]) -> Filters:
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
