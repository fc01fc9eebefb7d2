"""Clocks of two machines differ, and clocks are set back: what was read by one that was ahead holds nothing up."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from lib.queries import customers
from lib.sync import check
from lib.sync.follow import catch_up
from tests.support.following import a_practice, assert_equals_a_fresh_copy
from tests.support.truth import assert_mirror_is_stripe
from tests.support.world import World

HOUR = 3600


@pytest.fixture
def ahead(world: World) -> tuple[str, str, str]:
    """A customer, an invoice and a draft, copied by a machine whose clock is an hour ahead."""
    acme, opened = a_practice(world)
    draft = world.draft(acme, 300)
    catch_up(replace(world.ctx, clock=lambda: world.ctx.clock() + HOUR))
    world.wait(60)
    return acme, opened, draft


def test_what_happens_after_it_is_there_at_the_next_look(world: World, ahead: tuple[str, str, str]) -> None:
    acme, opened, draft = ahead
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    world.sandbox.call("POST", f"/v1/invoices/{opened}/void")
    world.sandbox.call("DELETE", f"/v1/invoices/{draft}")
    world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Group"
    assert_mirror_is_stripe(world)
    assert_equals_a_fresh_copy(world)


def test_what_was_deleted_without_a_word_is_found_by_the_days_round(world: World, ahead: tuple[str, str, str]) -> None:
    _, _, draft = ahead
    world.sandbox.call("DELETE", f"/v1/invoices/{draft}")
    with world.sandbox.writing() as call:
        call.store.drop_older("event", 2**40)
    assert check.run(world.ctx, threading.Event()).healed > 0
    assert_mirror_is_stripe(world)


def test_a_copy_made_anew_asks_for_what_it_did_not_bring(world: World, ahead: tuple[str, str, str]) -> None:
    _, _, draft = ahead
    world.sandbox.call("DELETE", f"/v1/invoices/{draft}")
    with world.sandbox.writing() as call:
        call.store.drop_older("event", 2**40)
    catch_up(world.ctx, check_anchor=True)
    assert_mirror_is_stripe(world)
