"""What Stripe says of one object and cannot be stored holds up no other: it is told, and asked for again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from lib.errors import Unavailable
from lib.mirror import store
from lib.mirror.database import reading
from lib.queries import customers, freshness
from lib.queries import invoices as lists
from lib.sync import loop, news, state
from tests.support.following import a_practice, assert_equals_a_fresh_copy
from tests.support.world import World
from tests.sync.test_leader import ON_POSTGRES

Change = Callable[[dict[str, Any]], Any]


def spoil(world: World, monkeypatch: pytest.MonkeyPatch, ending: str, change: Change) -> None:
    """Whatever Stripe answers there comes changed."""
    ask = world.ctx.stripe.bulk.ask

    def asking(path: str, **params: Any) -> bytes:
        body = ask(path, **params)
        if not path.endswith(ending):
            return body
        answer = json.loads(body)
        change(answer)
        return json.dumps(answer).encode()

    monkeypatch.setattr(world.ctx.stripe.bulk, "ask", asking)


def lacks(name: str) -> Change:
    return lambda answer: answer.pop(name)


@pytest.mark.parametrize("lacking", ["created", "id"])
def test_a_customer_that_cannot_be_stored_holds_up_no_other_and_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lacking: str
) -> None:
    acme, opened = a_practice(world)
    corvane = world.customer("Corvane")
    world.sync()
    world.wait(30)
    for customer, name in ((acme, "Acme Group"), (corvane, "Corvane Health")):
        world.sandbox.call("POST", f"/v1/customers/{customer}", {"name": name})
    world.sandbox.call("POST", f"/v1/invoices/{opened}/void")
    with monkeypatch.context() as odd:
        spoil(world, odd, acme, lacks(lacking))
        assert loop._tick(world.ctx, loop._nothing, untried=False)
        assert (customers.name_of(world.ctx, acme), customers.name_of(world.ctx, corvane)) == (
            "Acme Ltd",
            "Corvane Health",
        )
        assert lists.get(world.ctx, opened).status == "void"
        told = freshness.get(world.ctx)
        assert (told.age, f"customer {acme}" in told.problem) == (30, True)
        world.wait(301)
        world.sandbox.call("POST", f"/v1/customers/{corvane}", {"name": "Corvane Ltd"})
        assert loop._tick(world.ctx, loop._nothing, untried=False)
        assert customers.name_of(world.ctx, corvane) == "Corvane Ltd"
        assert freshness.get(world.ctx).age == 331
    assert "Acme" not in caplog.text
    world.wait(301)
    world.sync()
    assert customers.name_of(world.ctx, acme) == "Acme Group"
    assert (freshness.get(world.ctx).age, freshness.get(world.ctx).problem) == (0, "")
    assert_equals_a_fresh_copy(world)


@pytest.mark.parametrize("lacking", ["lines", "starting_balance", "status_transitions"])
def test_an_invoice_that_cannot_be_stored_is_asked_for_again_when_its_next_event_comes(
    world: World, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    acme, opened = a_practice(world)
    other = world.invoice(acme, 900)
    for bill in (opened, other):
        world.sandbox.call("POST", f"/v1/invoices/{bill}/void")
    with monkeypatch.context() as odd:
        spoil(world, odd, opened, lacks(lacking))
        world.sync()
    assert (lists.get(world.ctx, opened).status, lists.get(world.ctx, other).status) == ("open", "void")
    assert f"invoice {opened}" in freshness.get(world.ctx).problem
    world.wait(30)
    world.sandbox.call("POST", f"/v1/invoices/{opened}", {"metadata": {"visit": "1"}})
    world.sync()
    assert lists.get(world.ctx, opened).status == "void"
    assert freshness.get(world.ctx).problem == ""


@ON_POSTGRES
def test_a_character_that_postgres_does_not_take_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, _ = a_practice(world)
    corvane = world.customer("Corvane")
    world.sync()
    for customer in (acme, corvane):
        world.sandbox.call("POST", f"/v1/customers/{customer}", {"phone": "020 7946 0000"})
    spoil(world, monkeypatch, acme, lambda answer: answer.update(name="Ac\0me"))
    world.sync()
    assert customers.name_of(world.ctx, acme) == "Acme Ltd"
    assert customers.get(world.ctx, corvane).phone == "020 7946 0000"
    assert f"customer {acme}" in freshness.get(world.ctx).problem


def test_a_balance_history_that_cannot_be_stored_is_told_as_what_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, _ = a_practice(world)
    world.entry(acme, 300)
    with monkeypatch.context() as odd:
        spoil(world, odd, "/balance_transactions", lambda answer: answer["data"][0].pop("amount"))
        world.sync()
    assert f"balance history of {acme}" in freshness.get(world.ctx).problem
    world.wait(301)
    world.sync()
    assert freshness.get(world.ctx).problem == ""
    assert_equals_a_fresh_copy(world)


def test_a_database_that_is_away_sets_nothing_aside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acme, _ = a_practice(world)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})

    def away(*_: Any) -> None:
        raise OperationalError("", {}, Exception())

    with monkeypatch.context() as gone:
        gone.setattr(store, "put_all", away)
        assert not loop._tick(world.ctx, loop._nothing, untried=False)
    assert "reason of ours" in freshness.get(world.ctx).problem
    world.sync()
    assert customers.name_of(world.ctx, acme) == "Acme Group"


def test_who_asks_for_news_hears_what_they_lack_and_the_leader_does_not_look_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, _ = a_practice(world)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    spoil(world, monkeypatch, acme, lacks("created"))
    with pytest.raises(Unavailable, match=acme):
        news.bring(world.ctx, patience=0)
    news.expect(world.ctx)
    world.wait(5)
    world.sync()
    with reading(world.ctx.engine) as conn:
        assert not news.wanted(world.ctx, state.recall(conn))
