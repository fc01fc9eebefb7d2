"""Ledgers that are read beside a copy: stored when it ends, owed when it fails."""

from __future__ import annotations

import time

from lib.mirror.database import writing
from lib.queries import customers
from lib.sync import ledgers
from lib.sync.reader import Reader
from lib.sync.spare import SpareTime
from tests.support.world import World

LEDGERS = "*balance_transactions"


def _accounts(world: World, count: int = 6) -> list[str]:
    found = [world.customer(f"Acme {number}") for number in range(count)]
    for customer in found:
        world.entry(customer, -100)
    return found


def _spare(world: World) -> SpareTime:
    return SpareTime(world.ctx, Reader(world.ctx.stripe, world.ctx.clock, world.ctx.sleep))


def _asked(world: World, count: int) -> None:
    until = time.monotonic() + 30
    while sum(path.endswith("balance_transactions") for _, path in world.wire.asked) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def _known(world: World, accounts: list[str]) -> list[int]:
    return [len(customers.ledger(world.ctx, account)) for account in accounts]


def test_what_was_read_is_stored_when_the_copy_ends(world: World) -> None:
    accounts = _accounts(world)
    with _spare(world) as spare:
        spare.want(accounts)
        _asked(world, 6)
    assert (spare.stored, _known(world, accounts)) == (6, [1] * 6)


def test_after_trouble_nothing_more_is_stored_and_the_ledgers_stay_owed(world: World) -> None:
    accounts = _accounts(world)
    spare = _spare(world).__enter__()
    spare.want(accounts)
    _asked(world, 6)
    spare.__exit__(OSError, OSError(), None)
    assert (spare.stored, _known(world, accounts)) == (0, [0] * 6)
    world.sync()
    assert _known(world, accounts) == [1] * 6


def test_a_ledger_that_cannot_be_read_does_not_hold_the_copy_up(quick: World) -> None:
    accounts = _accounts(quick, 2)
    quick.sandbox.faults.add("error", method="GET", path=LEDGERS, status=503)
    with _spare(quick) as spare:
        spare.want(accounts)
        _asked(quick, 2)
    assert spare.stored == 0


def test_all_that_came_while_something_else_took_long_is_stored_before_it_goes_on(quick: World) -> None:
    accounts = _accounts(quick, 2)
    with _spare(quick) as spare:
        spare.want(accounts * 80)
        _asked(quick, 160)
        spare.store()
        assert spare.stored > 130  # those that answered; a transaction takes a hundred


def test_many_ledgers_are_stored_together_and_none_goes_back(world: World) -> None:
    accounts = _accounts(world, 3)
    world.sync()
    world.entry(accounts[0], 40)
    with _spare(world) as spare:
        spare.want([*accounts, *accounts])
        _asked(world, 6)
    assert _known(world, accounts) == [2, 1, 1]


def test_of_two_readings_of_one_ledger_the_later_is_stored_in_whatever_order_they_came(world: World) -> None:
    [account] = _accounts(world, 1)
    reader = Reader(world.ctx.stripe, world.ctx.clock, world.ctx.sleep)
    earlier = ledgers.read(world.ctx, reader, account)
    world.wait(5)
    world.entry(account, 40)
    later = ledgers.read(world.ctx, reader, account)
    with writing(world.ctx.engine) as conn:
        ledgers.put(conn, [later, earlier])
    assert _known(world, [account]) == [2]
