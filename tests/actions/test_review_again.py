"""What did not happen is tried again by a person: once, and only where nothing moved meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from lib.actions import approvals, resolver, review
from lib.errors import Changed, NotConfirmed, Refused, Waiting
from tests.support.builders import adjust, bill, line, pounds
from tests.support.hands import HANDS, at_once, unhurried
from tests.support.parked import DAYS, LEDGER, POSTED, cut_off_at, parked, verbs
from tests.support.payments import part
from tests.support.world import World


def test_what_did_not_happen_is_done_once_when_two_managers_press_and_press_again(world: World) -> None:
    acme, noor = world.customer(), world.person("noor")
    intent = parked(world, acme, landed=False)
    first = review.try_again(world.ctx, intent, generation=1)
    for ctx in (noor, world.ctx):
        assert review.try_again(ctx, intent, generation=1).result == first.result
    assert world.entries(acme) == POSTED
    assert verbs(world).count("change:retry") == 1


def test_many_hands_at_once_try_again_once(world: World) -> None:
    acme, ctx = world.customer(), unhurried(world)
    intent = parked(world, acme, landed=False)
    told = at_once([lambda: review.try_again(ctx, intent, generation=1)] * HANDS)
    assert {outcome.result for outcome in told} == {world.intents()[0].result}
    assert world.entries(acme) == POSTED


def test_what_did_happen_is_found_and_not_sent_again_although_a_person_said_it_did_not(world: World) -> None:
    acme = world.customer()
    intent = parked(world, acme, landed=True)
    review.try_again(world.ctx, intent, generation=1)
    assert world.entries(acme) == POSTED
    assert [wish.state for wish in world.intents()] == ["done"]


def test_what_is_tried_again_stops_when_the_balance_is_not_what_it_was(world: World) -> None:
    acme = world.customer()
    intent = parked(world, acme, landed=False)
    world.entry(acme, -100)
    with pytest.raises(Changed, match=r"£1\.00 in credit now"):
        review.try_again(world.ctx, intent, generation=1)
    assert world.balance(acme) == -100


def test_an_answer_that_is_lost_again_is_settled_by_the_resolver_and_posted_once(world: World) -> None:
    acme = world.customer()
    intent = parked(world, acme, landed=False)
    world.wire.lose_all_from(LEDGER)
    with pytest.raises(NotConfirmed):
        review.try_again(world.ctx, intent, generation=1)
    world.wire.mend()
    world.wait(180)
    resolver.resolve(world.ctx.as_actor(None))
    assert [wish.state for wish in world.intents()] == ["done"]
    assert world.entries(acme) == POSTED


def test_a_stale_screen_does_not_send_what_was_parked_anew(quick: World) -> None:
    acme = quick.customer()
    intent = parked(quick, acme, landed=False)
    quick.wire.cut(LEDGER, times=100)
    with pytest.raises(NotConfirmed):
        review.try_again(quick.ctx, intent, generation=1)
    quick.mark_for_review()
    quick.wire.mend()
    with pytest.raises(NotConfirmed):
        review.try_again(quick.ctx, intent, generation=1)
    assert quick.entries(acme) == []
    review.try_again(quick.ctx, intent, generation=2)
    assert quick.entries(acme) == POSTED


def test_nothing_is_tried_again_while_another_change_of_the_same_account_is_under_way(world: World) -> None:
    acme = world.customer()
    intent = parked(world, acme, landed=False)
    told: list[str] = []

    def meanwhile() -> None:
        with pytest.raises(Refused) as no:
            review.try_again(world.ctx, intent, generation=1)
        told.append(no.value.words)

    world.wire.then(LEDGER, meanwhile)
    adjust(world, acme, minor=100, ctx=world.person("noor"))
    assert "noor is changing this just now" in told[0]
    assert world.balance(acme) == -100


def test_a_large_amount_is_tried_again_only_with_a_second_person(world: World) -> None:
    acme, noor = world.customer(), world.person("noor")
    large = 1_000_001
    world.wire.cut(LEDGER, times=100)
    with pytest.raises(Waiting):
        adjust(world, acme, minor=large, retyped=pounds(large))
    [wish] = world.intents()
    with pytest.raises(NotConfirmed):
        approvals.approve(noor, wish.id, generation=1)
    world.wire.mend()
    world.wait(DAYS)
    world.mark_for_review()
    with pytest.raises(Waiting):
        review.try_again(noor, wish.id, generation=1)
    with pytest.raises(Refused, match="somebody else"):
        approvals.approve(noor, wish.id, generation=2)
    assert world.entries(acme) == []
    approvals.approve(world.ctx, wish.id, generation=2)
    assert world.balance(acme) == -large


def test_what_was_declined_when_tried_again_is_parked_again_and_not_called_refused(quick: World) -> None:
    acme, noor = quick.customer(), quick.person("noor")
    with pytest.raises(Waiting):
        adjust(quick, acme, minor=1_000_001, retyped=pounds(1_000_001))
    [wish] = quick.intents()
    quick.wire.cut(LEDGER, times=100)
    with pytest.raises(NotConfirmed):
        approvals.approve(noor, wish.id, generation=1)
    quick.mark_for_review()
    quick.wire.mend()
    with pytest.raises(Waiting):
        review.try_again(noor, wish.id, generation=1)
    approvals.decline(quick.ctx, wish.id, generation=2)
    [wish] = quick.intents()
    assert (wish.state, wish.words) == ("review", "Declined by mira.")


def test_an_invoice_with_steps_left_goes_on_where_it_stopped(world: World) -> None:
    acme = world.customer(email="ap@acme.example")
    world.wire.lose_all_from("/finalize")
    with pytest.raises(NotConfirmed):
        bill(world, acme, line(10_000))
    world.wire.mend()
    world.wait(DAYS)
    world.mark_for_review()
    [wish] = world.intents()
    made = review.try_again(world.ctx, wish.id, generation=1).result
    assert [one["id"] for one in world.sandbox.call("GET", "/v1/invoices", {"customer": acme})["data"]] == [made]
    assert world.in_stripe("invoice", made)["status"] == "open"


def test_a_payment_recorded_by_hand_stops_what_is_tried_again(quick: World) -> None:
    acme = quick.customer()
    invoice = quick.invoice(acme, 20_000)
    with cut_off_at(quick, "/v1/payment_records/report_payment"):
        part(quick, invoice, 12_000, 20_000)
    part(quick, invoice, 12_000, 20_000, despite_recent=True)
    with pytest.raises(Changed, match=r"owes £80\.00 now"):
        review.try_again(quick.ctx, quick.intents()[0].id, generation=1)
    assert quick.in_stripe("invoice", invoice)["amount_remaining"] == 8000


def test_a_kill_after_a_person_decided_leaves_it_to_the_resolver_which_does_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = world.customer()
    intent = parked(world, acme, landed=False)

    def die(*_: Any, **_again: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(review, "drive_at_screen", die)
        with pytest.raises(KeyboardInterrupt):
            review.try_again(world.ctx, intent, generation=1)
    world.wait(180)
    resolver.resolve(world.ctx.as_actor(None))
    assert (world.entries(acme), verbs(world).count("change:retry")) == (POSTED, 1)
