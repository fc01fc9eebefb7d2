"""What nobody knows the outcome of: looked up, left, and decided about once by whoever may."""

from __future__ import annotations

import pytest

from lib.actions import approvals, review
from lib.errors import Changed, NotAllowed, NotFound, Refused
from tests.support.builders import adjust, bill, line
from tests.support.hands import at_once, unhurried
from tests.support.parked import POSTED, cut_off_at, parked, verbs
from tests.support.world import World


def test_a_look_in_stripe_says_what_is_there_and_changes_nothing(quick: World) -> None:
    acme, bexley = quick.customer(), quick.customer("Bexley")
    lost = parked(quick, acme, landed=True)
    parked(quick, bexley, landed=False)
    never = next(wish.id for wish in quick.intents() if wish.target == bexley)
    before = (quick.wire.writes(), [(wish.state, wish.generation) for wish in quick.intents()])
    assert "it did happen" in review.look_up(quick.ctx, lost).words
    finding = review.look_up(quick.ctx, never)
    assert (finding.step, finding.found) == ("posting", "")
    assert "shows nothing" in finding.words
    assert (quick.wire.writes(), [(wish.state, wish.generation) for wish in quick.intents()]) == before


def test_when_stripe_is_away_nothing_is_decided(quick: World) -> None:
    acme = quick.customer()
    intent = parked(quick, acme, landed=True)
    quick.wire.cut("", method="get", times=100)
    for act in (
        lambda: review.look_up(quick.ctx, intent),
        lambda: review.settle(quick.ctx, intent, "cbtxn_some1", generation=1),
        lambda: review.leave(quick.ctx, intent, generation=1),
    ):
        with pytest.raises(Refused, match="Nothing was changed"):
            act()
    assert [wish.state for wish in quick.intents()] == ["review"]


def test_what_is_left_ends_as_refused_with_who_said_so(world: World) -> None:
    acme, form = world.customer(), world.form()
    intent = parked(world, acme, landed=False, form=form)
    review.leave(world.ctx, intent, generation=1)
    review.leave(world.ctx, intent, generation=1)
    with pytest.raises(Refused, match="mira looked in Stripe and left it"):
        adjust(world, acme, form=form)
    assert verbs(world).count("change:settle") == 1
    assert world.entries(acme) == []
    with pytest.raises(Refused):
        review.try_again(world.ctx, intent, generation=1)
    assert world.entries(acme) == []


def test_what_stripe_has_cannot_be_left_as_if_it_had_not_happened(quick: World) -> None:
    intent = parked(quick, quick.customer(), landed=True)
    with pytest.raises(Refused, match="Settle it with that id"):
        review.leave(quick.ctx, intent, generation=1)
    assert [wish.state for wish in quick.intents()] == ["review"]


def test_who_is_second_learns_that_somebody_decided_otherwise(quick: World) -> None:
    acme = quick.customer()
    intent = parked(quick, acme, landed=False)
    review.try_again(quick.ctx, intent, generation=1)
    with pytest.raises(Changed, match="Somebody else decided"):
        review.leave(quick.ctx, intent, generation=1)


def test_of_three_different_decisions_at_once_one_holds(world: World) -> None:
    acme, ctx = world.customer(), unhurried(world)
    intent = parked(world, acme, landed=False)
    by_hand = world.entry(acme, -4500)
    at_once(
        [
            lambda: review.try_again(ctx, intent, generation=1),
            lambda: review.settle(ctx, intent, by_hand, generation=1),
            lambda: review.leave(ctx, intent, generation=1),
        ]
        * 2
    )
    assert world.entries(acme) == POSTED
    assert len([verb for verb in verbs(world) if verb.startswith("change:")]) == 1
    assert world.intents()[0].state in ("done", "refused", "changed")


def test_a_job_that_is_left_half_way_says_that_what_was_done_stands(quick: World) -> None:
    acme = quick.customer(email="ap@acme.example")
    with cut_off_at(quick, "/finalize"):
        bill(quick, acme, line(10_000))
    [wish] = quick.intents()
    review.leave(quick.ctx, wish.id, generation=1)
    [draft] = quick.sandbox.call("GET", "/v1/invoices", {"customer": acme})["data"]
    [wish] = quick.intents()
    assert (wish.state, wish.result, draft["status"]) == ("refused", draft["id"], "draft")
    assert wish.words.endswith("What was done before that stands.")


def test_a_viewer_decides_nothing(quick: World) -> None:
    vic = quick.person("vic", "viewer")
    intent = parked(quick, quick.customer(), landed=False)
    for act in (
        lambda: review.look_up(vic, intent),
        lambda: review.try_again(vic, intent, generation=1),
        lambda: review.settle(vic, intent, "cbtxn_x", generation=1),
        lambda: review.leave(vic, intent, generation=1),
        lambda: approvals.approve(vic, intent, generation=1),
        lambda: approvals.decline(vic, intent, generation=1),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert [(wish.state, wish.generation) for wish in quick.intents()] == [("review", 1)]


def test_a_change_that_is_not_on_record_is_not_decided_about(quick: World) -> None:
    with pytest.raises(NotFound):
        review.try_again(quick.ctx, "nobody", generation=1)
