"""Payers who are late, the practice's mail server, and what came of what was sent to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lib.actions.reminder_drafts import Draft, draft
from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import reminders as table
from tests.support.mail import Post, post_office, with_server
from tests.support.world import DAY, World


@pytest.fixture
def post(quick: World, tmp_path: Path) -> Iterator[Post]:
    """The practice's mail server."""
    with post_office(tmp_path) as opened:
        with_server(quick, opened)
        yield opened


def late(world: World, *amounts: int, name: str = "Acme Ltd", days: int = 10, **params: Any) -> tuple[str, list[str]]:
    """A payer at no days' terms whose invoices are so many days overdue, and their ids."""
    payer = world.customer(name, **{"email": "ap@acme.example", **params})
    made = [world.invoice(payer, amount, days_until_due=1) for amount in amounts]
    world.wait((days + 1) * DAY)
    world.sync()
    return payer, made


def shown(world: World, payer: str, currency: str = "gbp") -> Draft:
    """What the preview shows."""
    return draft(world.ctx, payer, currency)


def rows(world: World) -> list[Any]:
    """Every reminder, oldest first."""
    with reading(world.ctx.engine) as conn:
        return list(conn.execute(select(table).order_by(table.c.at, table.c.id)).all())


def second(world: World) -> Context:
    """Another manager."""
    return world.person("nia")
