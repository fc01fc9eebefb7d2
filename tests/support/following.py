"""Following as tests do it: a practice to follow, Stripe's list of events changed, what a fresh copy would bring."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select

from lib.mirror.database import reading, writing
from lib.mirror.tables import events, objects, sync_state
from tests.support.world import World


def mirrored(world: World) -> dict[str, Any]:
    """Every row of the mirror by table, without the times of reading."""
    from lib.mirror.tables import MIRROR

    told = {}
    with reading(world.ctx.engine) as conn:
        for table in (each for each in MIRROR if each not in (events, sync_state)):
            columns = [column for column in table.c if column.name not in ("read_at", "body")]
            told[table.name] = sorted(map(str, conn.execute(select(*columns))))
        told["bodies"] = {row.id: json.loads(row.body) for row in conn.execute(select(objects))}
    return told


def listing(world: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[list[Any]], list[Any]]) -> None:
    """Every page of Stripe's list of events comes changed."""
    ask = world.ctx.stripe.bulk.ask

    def asking(path: str, **params: Any) -> bytes:
        body = ask(path, **params)
        if path != "/v1/events":
            return body
        page = json.loads(body)
        return json.dumps({**page, "data": change(page["data"])}).encode()

    monkeypatch.setattr(world.ctx.stripe.bulk, "ask", asking)


def assert_equals_a_fresh_copy(world: World) -> None:
    """What following brought is what a new copy of everything brings."""
    followed = mirrored(world)
    with writing(world.ctx.engine) as conn:
        conn.execute(delete(sync_state))
    world.wait(1)
    world.sync()
    assert mirrored(world) == followed


def a_practice(world: World) -> tuple[str, str]:
    """Acme with a debt and an open invoice of twelve lines, and a patient with a draft; Acme's id and the invoice's."""
    acme, ada = world.customer(), world.patient()
    world.entry(acme, -700)
    opened = world.invoice(acme, *[1000] * 12)
    world.draft(ada, 500)
    world.sync()
    world.wait(30)
    return acme, opened


def asked_for(world: World, do: Callable[[], object]) -> list[str]:
    """What the next look asks Stripe for, beside its list of events."""
    do()
    world.wire.asked.clear()
    world.wait(5)
    world.sync()
    return sorted(path.removeprefix("/v1/") for _, path in world.wire.asked if path != "/v1/events")
