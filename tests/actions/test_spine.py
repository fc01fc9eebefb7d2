"""One wish, one effect: whatever is clicked twice, cut off, lost or killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lib.actions import _drive, resolver
from lib.actions._submit import submit
from lib.errors import AskFirst, Changed, NotAllowed, NotConfirmed, Refused
from lib.people import Actor
from tests.support.builders import adjust, pounds
from tests.support.world import World

LEDGER = "/balance_transactions"
POSTED = [("adjustment", -4500, -4500)]


def test_the_same_form_sent_twice_posts_once_and_tells_the_same_outcome(world: World) -> None:
    acme, form = world.customer(), world.form()
    first = adjust(world, acme, form=form)
    second = adjust(world, acme, form=form)
    assert (first.again, second.again, second.result) == (False, True, first.result)
    assert world.entries(acme) == POSTED


def test_a_form_that_was_sent_cannot_be_sent_again_with_another_amount(world: World) -> None:
    acme, form = world.customer(), world.form()
    adjust(world, acme, form=form)
    with pytest.raises(Refused, match="sent before with other content"):
        adjust(world, acme, minor=9900, form=form)
    assert world.entries(acme) == POSTED


def test_a_second_click_while_the_first_is_on_its_way_has_no_effect_of_its_own(world: World) -> None:
    acme, form = world.customer(), world.form()
    inner: list[Any] = []

    def click_again() -> None:
        with pytest.raises(NotConfirmed) as told:
            adjust(world, acme, form=form)
        inner.append(told.value.words)

    world.wire.then(LEDGER, click_again)
    adjust(world, acme, form=form)
    assert inner
    assert world.entries(acme) == POSTED


def test_a_process_that_stood_still_sends_nothing_after_another_one_ended_its_change(world: World) -> None:
    acme = world.customer()

    def another_process() -> None:
        world.wait(61)
        world.entry(acme, -100)
        resolved = _drive.drive(world.ctx, world.intents()[0].id)
        assert resolved.state == "changed"

    world.wire.then(f"/v1/customers/{acme}", another_process, method="get")
    with pytest.raises(Changed):
        adjust(world, acme)
    assert world.entries(acme) == [("adjustment", -100, -100)]


def test_work_whose_answer_was_lost_is_found_and_settled(world: World) -> None:
    acme = world.customer()
    world.wire.lose(LEDGER)
    outcome = adjust(world, acme)
    assert outcome.result.startswith("cbtxn_")
    assert world.entries(acme) == POSTED
    assert [intent.state for intent in world.intents()] == ["done"]


def test_a_request_that_never_arrived_is_sent_again_with_the_same_key(world: World) -> None:
    acme = world.customer()
    world.wire.cut(LEDGER)
    adjust(world, acme)
    assert world.entries(acme) == POSTED
    assert world.intents()[0].attempts == 2


@pytest.mark.parametrize(("status", "body"), [(200, '{"id": "cb'), (502, "<html>Bad gateway</html>"), (500, "{}")])
def test_an_unreadable_answer_is_looked_up_and_never_taken_for_a_failure(quick: World, status: int, body: str) -> None:
    acme = quick.customer()
    quick.wire.garble(LEDGER, status=status, body=body)
    adjust(quick, acme)
    assert quick.entries(acme) == POSTED


def test_while_the_line_stays_broken_it_is_called_not_confirmed_and_the_resolver_settles_it(world: World) -> None:
    acme = world.customer()
    world.wire.lose(LEDGER)
    world.wire.cut(LEDGER, method="get", times=100)
    with pytest.raises(NotConfirmed, match="not confirmed"):
        adjust(world, acme)
    assert [intent.state for intent in world.intents()] == ["unknown"]
    world.wire.mend()
    world.wait(180)
    assert resolver.resolve(world.ctx.as_actor(None)) == 1
    assert [intent.state for intent in world.intents()] == ["done"]
    assert world.entries(acme) == POSTED


def test_pressing_again_after_a_lost_answer_finds_what_the_first_press_did(world: World) -> None:
    acme, form = world.customer(), world.form()
    world.wire.lose(LEDGER)
    world.wire.cut(LEDGER, method="get", times=100)
    with pytest.raises(NotConfirmed):
        adjust(world, acme, form=form)
    world.wire.mend()
    assert adjust(world, acme, form=form).again
    assert world.entries(acme) == POSTED


def test_nobody_waits_at_the_screen_much_longer_than_one_answer_takes(quick: World) -> None:
    acme = quick.customer()
    quick.wire.hang(LEDGER, lambda: quick.wait(20), times=100)
    began = quick.sandbox.clock.now()
    with pytest.raises(NotConfirmed):
        adjust(quick, acme)
    assert quick.sandbox.clock.now() - began <= 30


def test_a_kill_between_stripes_answer_and_our_own_note_of_it_posts_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, form = world.customer(), world.form()
    change = _drive.change

    def die(ctx: Any, intent: Any, **values: Any) -> Any:
        if "request_id" in values:
            raise KeyboardInterrupt
        return change(ctx, intent, **values)

    with monkeypatch.context() as dying:
        dying.setattr(_drive, "change", die)
        with pytest.raises(KeyboardInterrupt):
            adjust(world, acme, form=form)
    assert world.entries(acme) == POSTED
    world.wait(180)
    assert resolver.resolve(world.ctx) == 1
    assert adjust(world, acme, form=form).again
    assert world.entries(acme) == POSTED


def _killed_at(monkeypatch: pytest.MonkeyPatch, step: str, press: Callable[[], Any]) -> None:
    """The process ends where it would take this step."""

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(_drive, step, die)
        with pytest.raises(KeyboardInterrupt):
            press()


def test_a_kill_before_the_outcome_is_stored_leaves_an_intent_that_ends_well(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = world.customer()
    _killed_at(monkeypatch, "end", lambda: adjust(world, acme))
    world.wait(180)
    resolver.resolve(world.ctx)
    assert [intent.state for intent in world.intents()] == ["done"]
    assert world.entries(acme) == POSTED


def test_a_kill_before_anything_was_sent_is_sent_only_while_it_is_fresh(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = world.customer()
    _killed_at(monkeypatch, "_look", lambda: adjust(world, acme))
    world.wait(7 * 86_400)
    resolver.resolve(world.ctx)
    assert [intent.state for intent in world.intents()] == ["review"]
    assert world.entries(acme) == []


def test_what_was_lost_before_a_weekend_is_found_after_it_and_never_sent_again(world: World) -> None:
    done, lost = world.customer("Acme Ltd"), world.customer("Corvane")
    world.wire.lose(f"{done}{LEDGER}")
    world.wire.cut(f"{lost}{LEDGER}", times=100)
    world.wire.cut(LEDGER, method="get", times=100)
    for customer in (done, lost):
        with pytest.raises(NotConfirmed):
            adjust(world, customer)
    world.wire.mend()
    world.wait(3 * 86_400)
    resolver.resolve(world.ctx)
    assert sorted((intent.target == done, intent.state) for intent in world.intents()) == [
        (False, "review"),
        (True, "done"),
    ]
    assert (world.entries(done), world.entries(lost)) == (POSTED, [])


def test_a_key_that_stripe_stops_accepting_after_a_lost_answer_does_not_make_it_a_refusal(world: World) -> None:
    acme = world.customer()
    world.wire.lose(LEDGER)
    world.wire.say(LEDGER, 401, method="get", times=100)
    with pytest.raises(NotConfirmed):
        adjust(world, acme)
    world.wire.mend()
    world.wait(180)
    resolver.resolve(world.ctx)
    assert [intent.state for intent in world.intents()] == ["done"]


def test_a_key_that_is_not_accepted_is_a_certain_no(quick: World) -> None:
    acme = quick.customer()
    quick.wire.say(LEDGER, 401)
    with pytest.raises(Refused, match="does not accept the key"):
        adjust(quick, acme)
    assert [intent.state for intent in quick.intents()] == ["refused"]


def test_stripe_being_busy_is_waited_out(quick: World) -> None:
    acme = quick.customer()
    quick.wire.say(LEDGER, 429, times=2)
    adjust(quick, acme)
    first, second = quick.slept
    assert (0.75 <= first <= 1.25, 1.5 <= second <= 2.5) == (True, True)
    assert quick.entries(acme) == POSTED


def test_when_stripe_is_away_before_anything_is_sent_it_is_said_that_nothing_was_changed(quick: World) -> None:
    acme = quick.customer()
    quick.wire.cut(acme, method="get", times=100)
    with pytest.raises(Refused, match="Nothing was changed"):
        adjust(quick, acme)
    assert quick.wire.writes() == []


def test_a_balance_that_moved_meanwhile_stops_the_posting_and_says_by_how_much(world: World) -> None:
    acme = world.customer()
    world.entry(acme, -4500)
    with pytest.raises(Changed, match=r"£45\.00 in credit now, and was settled"):
        adjust(world, acme)
    assert world.entries(acme) == POSTED


def test_after_a_change_by_another_hand_the_mirror_shows_what_is_there_now(quick: World) -> None:
    acme = quick.customer()
    quick.sync()
    quick.entry(acme, -4500)
    with pytest.raises(Changed):
        adjust(quick, acme)
    from lib.queries import customers

    assert customers.get(quick.ctx, acme).balances == (pounds(-4500),)


def test_two_people_cannot_change_one_customer_at_the_same_time(world: World) -> None:
    acme, noor = world.customer(), world.person("noor")
    told: list[str] = []

    def meanwhile() -> None:
        with pytest.raises(Refused) as no:
            adjust(world, acme, minor=100, ctx=noor)
        told.append(no.value.words)

    world.wire.then(LEDGER, meanwhile)
    adjust(world, acme)
    assert "mira is changing this just now" in told[0]
    assert world.entries(acme) == POSTED


def test_the_same_amount_from_another_hand_a_moment_ago_is_asked_about_first(world: World) -> None:
    """Scenario 9."""
    acme, noor = world.customer(), world.person("noor")
    adjust(world, acme, minor=5000, note="Kit return, inv 1042")
    world.wait(40)
    with pytest.raises(AskFirst, match=r"credit of £50\.00 was posted to this customer 40 seconds ago by mira"):
        adjust(world, acme, minor=5000, note="Kit return, inv 1042", ctx=noor)
    assert world.entries(acme) == [("adjustment", -5000, -5000)]
    adjust(world, acme, minor=5000, ctx=noor, seen=pounds(-5000), despite_recent=True)
    assert world.balance(acme) == -10_000


def test_what_waits_for_a_person_to_look_is_asked_about_too(quick: World) -> None:
    acme = quick.customer()
    quick.wire.cut(LEDGER, times=100)
    quick.wire.cut(LEDGER, method="get", times=100)
    with pytest.raises(NotConfirmed):
        adjust(quick, acme)
    quick.mark_for_review()
    quick.wire.mend()
    with pytest.raises(AskFirst):
        adjust(quick, acme)


def test_nobody_may_act_without_being_signed_in(world: World) -> None:
    acme = world.customer()
    with pytest.raises(NotAllowed, match="not signed in"):
        adjust(world, acme, ctx=world.ctx.as_actor(None))
    assert (world.intents(), world.entries(acme)) == ([], [])


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"active": False}])
def test_a_role_taken_away_stops_the_next_click(world: World, change: dict[str, Any]) -> None:
    acme = world.customer()
    world.change_person("mira", **change)
    with pytest.raises(NotAllowed):
        adjust(world, acme)
    assert (world.intents(), world.entries(acme)) == ([], [])


def test_somebody_who_is_not_in_the_database_may_do_nothing(quick: World) -> None:
    stranger = quick.ctx.as_actor(Actor("stranger", "Stranger", "admin"))
    with pytest.raises(NotAllowed):
        adjust(quick, quick.customer(), ctx=stranger)


def test_every_change_is_on_record_before_and_after_with_ids_and_amounts_only(world: World) -> None:
    acme = world.customer("Acme Ltd")
    adjust(world, acme, note="for Ada Byrne")
    asked, ended = (entry for entry in world.audited() if entry.verb == "balance:adjust")
    assert (asked.actor, asked.subject, ended.intent) == ("mira", acme, asked.intent)
    assert '"amount": -4500' in asked.detail
    assert not any("Acme" in str(entry) or "Byrne" in str(entry) for entry in world.audited())


def test_an_intent_with_a_tag_too_long_for_stripe_is_refused_before_anything(quick: World) -> None:
    from lib.actions._intent import Step
    from lib.actions.balances import ADJUST

    def steps(_intent: str) -> list[Step]:
        return [Step("posting", "/v1/customers/x/balance_transactions", {"metadata": {"pd_note": "x" * 501}})]

    with pytest.raises(Refused, match="at most 500"):
        submit(quick.ctx, ADJUST, form="f", target="cus_x", steps=steps, seen={}, detail={})
    assert quick.intents() == []
