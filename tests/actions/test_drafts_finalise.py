"""Finalising a draft, and what a colleague does to it between the screen and the press."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from lib.actions import drafts_finalise, invoice_state, resolver
from lib.errors import Changed, NotConfirmed
from lib.mirror.database import writing
from lib.mirror.ours import intents
from lib.stripe_api import reading
from tests.support.builders import pounds
from tests.support.world import World

Hand = Callable[[World, str], object]


def _finish(world: World, draft: str, minor: int, **more: Any) -> None:
    body = reading.invoice(world.ctx.stripe, draft)
    given = {"payer": body["customer"], "total": pounds(minor), "balance": pounds(0), "form": world.form(), **more}
    given.setdefault("seen", invoice_state.signature(body))
    drafts_finalise.finish_draft(world.ctx, draft, **given)


def _reworded(world: World, draft: str) -> None:
    """The same price, and words that the employer was not to read."""
    (first, *_) = world.in_stripe("invoice", draft)["lines"]["data"]
    params = {"description": "Termination of pregnancy"}
    world.sandbox.call("POST", f"/v1/invoices/{draft}/lines/{first['id']}", params)


def _memo(world: World, draft: str) -> None:
    world.sandbox.call("POST", f"/v1/invoices/{draft}", {"description": "See the enclosed letter"})


def _printed(world: World, draft: str) -> None:
    fields = [{"name": "Diagnosis", "value": "F32"}]
    world.sandbox.call("POST", f"/v1/invoices/{draft}", {"custom_fields": fields})


def _goes_on(world: World, hours: int = 2) -> str:
    world.wire.mend()
    world.wait(hours * 3600)
    resolver.resolve(world.ctx.as_actor(None))
    return world.intents()[-1].state


@pytest.mark.parametrize("hand", [_reworded, _memo, _printed])
def test_a_draft_that_reads_otherwise_than_on_the_screen_is_not_finalised(quick: World, hand: Hand) -> None:
    """At the same price: the total alone would let it through."""
    draft = quick.draft(quick.customer(), 12_000)
    shown = invoice_state.signature(reading.invoice(quick.ctx.stripe, draft))
    hand(quick, draft)
    with pytest.raises(Changed, match=r"changed this draft meanwhile.*still a draft"):
        _finish(quick, draft, 12_000, seen=shown)
    assert quick.wire.writes() == []


def test_a_wish_that_was_stored_before_drafts_were_held_against_the_screen_is_still_driven(quick: World) -> None:
    draft = quick.draft(quick.customer(), 12_000)
    quick.wire.cut("/finalize", times=99)
    with pytest.raises(NotConfirmed):
        _finish(quick, draft, 12_000)
    (wish,) = quick.intents()
    body = json.loads(wish.body)
    del body["seen"]["signature"]
    with writing(quick.ctx.engine) as conn:
        conn.execute(update(intents).where(intents.c.id == wish.id).values(body=json.dumps(body)))
    assert (_goes_on(quick), quick.in_stripe("invoice", draft)["status"]) == ("done", "open")
