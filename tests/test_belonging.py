"""A key that opens another account than the database's changes nothing here: neither rows nor what is unfinished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from lib.actions import organisations, resolver
from lib.actions.organisation_details import Details
from lib.context import Context, open_context
from lib.errors import NotConfirmed, SettingsError, Unavailable
from lib.mirror import stamp
from lib.mirror.database import reading
from lib.mirror.ours import stamp as stamped
from lib.mirror.tables import customers as rows
from lib.queries import customers, freshness
from lib.sandbox import Sandbox
from lib.stripe_api.client import connect
from lib.sync import leader, loop
from lib.sync.follow import catch_up
from tests.support.builders import adjust
from tests.support.wire import Wire
from tests.support.world import DAY, NOON, World, quick_hashing, world

__all__ = ["quick_hashing", "world"]
SECRET, SHY = "sk_test_tests", "rk_test_shy"
Open = Callable[[Wire, str], Context]


@pytest.fixture
def elsewhere() -> Iterator[Sandbox]:
    """Another account, in which somebody has a customer too."""
    box = Sandbox(seed=2)
    box.clock.set(NOON + DAY)
    _shy(box)
    box.call("POST", "/v1/customers", {"name": "Not ours"})
    yield box
    box.close()


@pytest.fixture
def start(world: World, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Start the program on this database, with a key and a road to Stripe."""
    _shy(world.sandbox)
    monkeypatch.setattr("lib.context._database", lambda _url: world.ctx.engine)

    def start(wire: Wire, key: str) -> Context:
        road = connect(key, http_client=wire, sleep=world.slept.append)
        return replace(open_context(world.ctx.settings, stripe=road), clock=world.ctx.clock, sleep=world.slept.append)

    return start


def _shy(box: Sandbox) -> None:
    """A key that may do everything but say whose it is."""
    box.keys.add(SHY, {"*": "write", "account": "none"})


def _unfinished(world: World) -> str:
    """A customer with a credit of which nobody knows whether it was posted."""
    acme = world.customer()
    world.sync()
    world.wire.lose_all_from(f"{acme}/balance_transactions")
    with pytest.raises(NotConfirmed):
        adjust(world, acme)
    world.wire.mend()
    world.wait(180)
    return acme


def _looked(ctx: Context) -> bool:
    return loop._tick(leader.numbered(ctx), resolver.resolve, untried=True)


def _untouched(world: World, acme: str) -> bool:
    with reading(world.ctx.engine) as conn:
        held = {row.id: row.deleted for row in conn.execute(select(rows.c.id, rows.c.deleted))}
    return held == {acme: False} and [intent.state for intent in world.intents()] == ["unknown"]


@pytest.mark.parametrize(("ours", "theirs"), [(SECRET, SECRET), (SHY, SECRET), (SHY, SHY), (SECRET, SHY)])
def test_with_a_key_of_another_account_the_program_does_not_start(
    world: World, elsewhere: Sandbox, start: Open, ours: str, theirs: str
) -> None:
    acme = _unfinished(world)
    start(Wire(world.sandbox), ours)
    with pytest.raises(SettingsError, match="another PAYERDESK_DATA or DATABASE_URL"):
        start(Wire(elsewhere), theirs)
    assert _untouched(world, acme)


@pytest.mark.parametrize("key", [SECRET, SHY])
def test_where_stripe_was_away_at_the_start_nothing_is_done_before_the_account_is_known(
    world: World, elsewhere: Sandbox, start: Open, key: str
) -> None:
    acme = _unfinished(world)
    start(Wire(world.sandbox), SECRET)
    wire = Wire(elsewhere)
    wire.cut("", method="get", times=3)
    ctx = start(wire, key)
    for _ in range(2):
        assert not _looked(ctx)
        assert "another PAYERDESK_DATA or DATABASE_URL" in freshness.get(ctx).problem
    assert _untouched(world, acme)
    with pytest.raises(SettingsError):
        organisations.add_organisation(
            ctx.as_actor(world.ctx.actor), Details("Corvane", "ap@corvane.example"), form=world.form()
        )
    wire.cut("", method="get", times=100)
    with pytest.raises(Unavailable):
        catch_up(ctx)
    assert wire.writes() == []


@pytest.mark.parametrize("key", [SECRET, SHY])
def test_the_right_key_finishes_what_was_left_and_is_asked_once(world: World, start: Open, key: str) -> None:
    acme = _unfinished(world)
    start(Wire(world.sandbox), SECRET)
    wire = Wire(world.sandbox)
    wire.cut("", method="get", times=3)
    ctx = start(wire, key)
    assert _looked(ctx)
    assert _looked(ctx)
    asked = [path for _, path in wire.asked if path in ("/v1/account", f"/v1/customers/{acme}")]
    assert asked.count("/v1/account") <= 1
    assert [intent.state for intent in world.intents()] == ["done"]
    assert customers.get(ctx, acme).name == "Acme Ltd"


def test_an_account_is_stamped_when_its_customers_are_found_again(world: World, start: Open) -> None:
    _unfinished(world)
    start(Wire(world.sandbox), SHY)
    start(Wire(world.sandbox), SECRET)
    with reading(world.ctx.engine) as conn:
        assert conn.execute(select(stamped.c.account)).scalar_one().startswith("acct_")


def test_a_key_that_may_not_say_whose_it_is_needs_something_to_be_known_by(world: World, start: Open) -> None:
    stamp.check(world.ctx.engine, "sandbox", "acct_1")
    with pytest.raises(SettingsError, match=r"belongs to Stripe account acct_1, .* permission to read the account"):
        start(Wire(world.sandbox), SHY)


def test_a_new_database_takes_a_key_that_may_not_say_whose_it_is(world: World, start: Open) -> None:
    acme = world.customer()
    ctx = start(Wire(world.sandbox), SHY)
    assert _looked(ctx)
    assert customers.get(ctx, acme).name == "Acme Ltd"


def test_customers_deleted_in_stripe_are_customers_of_this_account_too(world: World, start: Open) -> None:
    acme = world.customer()
    world.sync()
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    assert _looked(start(Wire(world.sandbox), SHY))
    assert customers.name_of(world.ctx, acme) == "Acme Ltd (deleted in Stripe)"
