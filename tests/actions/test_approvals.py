"""Large amounts: typed twice, and sent only when somebody other than who asked has agreed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from lib.actions import approvals
from lib.errors import AskFirst, Changed, NotAllowed, NotConfirmed, Refused, Waiting
from lib.mirror.database import reading
from lib.mirror.ours import approvals as table
from tests.support.approving import LARGE, LARGER, ask
from tests.support.builders import adjust, pounds
from tests.support.hands import HANDS, at_once, unhurried
from tests.support.world import World


def verdicts(world: World) -> list[tuple[str, str, str]]:
    with reading(world.ctx.engine) as conn:
        return [(row.asked_by, row.decided_by, row.verdict) for row in conn.execute(select(table))]


@pytest.mark.parametrize(("retyped", "words"), [(None, "type it once more"), (pounds(100_100), "above it says")])
def test_a_large_amount_that_is_not_typed_twice_alike_is_refused_beside_its_field(
    quick: World, retyped: Any, words: str
) -> None:
    with pytest.raises(Refused, match=words) as no:
        adjust(quick, quick.customer(), minor=LARGE, retyped=retyped)
    assert no.value.field == "retyped"
    assert (quick.intents(), quick.wire.asked) == ([], [])


def test_a_large_amount_typed_twice_is_posted(quick: World) -> None:
    acme = quick.customer()
    adjust(quick, acme, minor=LARGE, retyped=pounds(LARGE))
    assert quick.balance(acme) == -LARGE


def test_what_needs_a_second_person_is_stored_and_nothing_is_sent_however_often_it_is_pressed(world: World) -> None:
    acme, form = world.customer(), world.form()
    ask(world, acme, form=form)
    with pytest.raises(Waiting):
        adjust(world, acme, minor=LARGER, retyped=pounds(LARGER), form=form)
    world.wait(7200)
    from lib.actions import resolver

    assert resolver.resolve(world.ctx.as_actor(None)) == 0
    assert (len(world.intents()), world.entries(acme)) == (1, [])


def test_it_is_sent_when_somebody_else_agrees_also_hours_later_and_both_are_on_record(world: World) -> None:
    acme, noor = world.customer(), world.person("noor")
    intent = ask(world, acme)
    world.wait(7200)
    posted = approvals.approve(noor, intent, generation=1)
    assert world.entries(acme) == [("adjustment", -LARGER, -LARGER)]
    assert world.intents()[0].result == posted.result
    assert verdicts(world) == [("mira", "noor", "approved")]
    told = [(entry.actor, entry.verb) for entry in world.audited()]
    assert told == [("mira", "balance:adjust"), ("noor", "change:approve"), ("mira", "balance:adjust")]


def test_whoever_asked_cannot_approve_it(world: World) -> None:
    acme = world.customer()
    intent = ask(world, acme)
    with pytest.raises(Refused, match="somebody else must approve"):
        approvals.approve(world.ctx, intent, generation=1)
    assert (world.intents()[0].state, world.entries(acme)) == ("waiting", [])


def test_many_hands_approve_at_once_and_it_is_sent_once(world: World) -> None:
    acme, noor = world.customer(), world.person("noor")
    intent = ask(world, acme)
    ctx = unhurried(world).as_actor(noor.actor)
    told = at_once([lambda: approvals.approve(ctx, intent, generation=1)] * HANDS)
    assert len({outcome.result for outcome in told}) == 1
    assert world.entries(acme) == [("adjustment", -LARGER, -LARGER)]
    assert [entry.verb for entry in world.audited()].count("change:approve") == 1


def test_of_an_approval_and_a_refusal_at_once_one_holds(world: World) -> None:
    acme, noor, omar = world.customer(), world.person("noor"), world.person("omar")
    intent = ask(world, acme)
    patient = unhurried(world)
    at_once(
        [
            lambda: approvals.approve(patient.as_actor(noor.actor), intent, generation=1),
            lambda: approvals.decline(patient.as_actor(omar.actor), intent, generation=1),
        ]
    )
    [(_, _, verdict)], [wish] = verdicts(world), world.intents()
    assert (verdict, wish.state, len(world.entries(acme))) in [("approved", "done", 1), ("declined", "refused", 0)]
    assert len([entry for entry in world.audited() if entry.verb in ("change:approve", "change:decline")]) == 1


def test_what_is_declined_is_never_sent_and_whoever_asked_learns_by_whom(world: World) -> None:
    acme, form, noor = world.customer(), world.form(), world.person("noor")
    intent = ask(world, acme, form=form)
    approvals.decline(noor, intent, generation=1)
    approvals.decline(noor, intent, generation=1)
    with pytest.raises(Refused, match=r"Declined by noor\."):
        adjust(world, acme, minor=LARGER, retyped=pounds(LARGER), form=form)
    with pytest.raises(Refused, match="Declined by noor"):
        approvals.approve(noor, intent, generation=1)
    assert world.entries(acme) == []
    assert verdicts(world) == [("mira", "noor", "declined")]


def test_whoever_asked_may_withdraw_it(quick: World) -> None:
    intent = ask(quick, quick.customer())
    approvals.decline(quick.ctx, intent, generation=1)
    assert [(wish.state, wish.words) for wish in quick.intents()] == [("refused", "Withdrawn by mira.")]


def test_who_lost_the_role_can_no_longer_approve(quick: World) -> None:
    acme, noor = quick.customer(), quick.person("noor")
    intent = ask(quick, acme)
    quick.change_person("noor", role="viewer")
    with pytest.raises(NotAllowed):
        approvals.approve(noor, intent, generation=1)
    assert quick.entries(acme) == []


def test_a_balance_that_moved_while_it_waited_stops_it_and_says_by_how_much(quick: World) -> None:
    acme, noor = quick.customer(), quick.person("noor")
    intent = ask(quick, acme)
    quick.entry(acme, -100)
    with pytest.raises(Changed, match=r"£1\.00 in credit now, and was settled"):
        approvals.approve(noor, intent, generation=1)
    assert quick.balance(acme) == -100


def test_an_approval_whose_answer_is_lost_is_posted_once(world: World) -> None:
    acme, noor = world.customer(), world.person("noor")
    intent = ask(world, acme)
    world.wire.lose_all_from("/balance_transactions")
    with pytest.raises(NotConfirmed):
        approvals.approve(noor, intent, generation=1)
    world.wire.mend()
    approvals.approve(noor, intent, generation=1)
    assert world.entries(acme) == [("adjustment", -LARGER, -LARGER)]


def test_what_waits_is_asked_about_when_the_same_is_asked_for_again(quick: World) -> None:
    acme, noor = quick.customer(), quick.person("noor")
    ask(quick, acme)
    quick.wait(180)
    with pytest.raises(AskFirst, match=r"£10,000\.01 .*asked for 3 minutes ago by mira and waits for a second person"):
        adjust(quick, acme, minor=LARGER, retyped=pounds(LARGER), ctx=noor)
    quick.wait(600)
    with pytest.raises(Waiting):
        adjust(quick, acme, minor=LARGER, retyped=pounds(LARGER), ctx=noor)


def test_what_waits_does_not_stand_in_the_way_of_other_changes(quick: World) -> None:
    acme = quick.customer()
    ask(quick, acme)
    adjust(quick, acme, minor=100)
    assert quick.balance(acme) == -100
