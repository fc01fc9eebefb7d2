"""What nobody knows the outcome of is tried again, settled or left by a person: once, and never against Stripe."""

from __future__ import annotations

from typing import Any

import pytest

from lib.actions import patients, resolver, review
from lib.actions._intent import load
from lib.errors import Changed, NotAllowed, NotConfirmed, NotFound, Refused, Waiting
from tests.actions.test_credit_notes import credit
from tests.actions.test_payments import part
from tests.actions.test_together import HANDS, _at_once, _patient
from tests.support.builders import adjust, bill, line, pay_for, pounds
from tests.support.world import World

LEDGER = "/balance_transactions"
POSTED = [("adjustment", -4500, -4500)]
DAYS = 3 * 86_400


def parked(world: World, customer: str, *, landed: bool, minor: int = 4500, **more: Any) -> str:
    """A posting whose answer was lost (`landed`), or that never arrived, found by nobody for three days; its id."""
    if landed:
        world.wire.lose(LEDGER)
    else:
        world.wire.cut(LEDGER, times=100)
    world.wire.cut(LEDGER, method="get", times=100)
    with pytest.raises(NotConfirmed):
        adjust(world, customer, minor=minor, **more)
    world.wire.mend()
    world.wait(DAYS)
    world.mark_for_review()
    return next(intent.id for intent in world.intents() if intent.state == "review")


def verbs(world: World) -> list[str]:
    return [entry.verb for entry in world.audited()]


def test_what_did_not_happen_is_done_once_when_two_managers_press_and_press_again(world: World) -> None:
    acme, noor = world.customer(), world.person("noor")
    intent = parked(world, acme, landed=False)
    first = review.try_again(world.ctx, intent, generation=1)
    for ctx in (noor, world.ctx):
        assert review.try_again(ctx, intent, generation=1).result == first.result
    assert world.entries(acme) == POSTED
    assert verbs(world).count("change:retry") == 1


def test_many_hands_at_once_try_again_once(world: World) -> None:
    acme, ctx = world.customer(), _patient(world)
    intent = parked(world, acme, landed=False)
    told = _at_once([lambda: review.try_again(ctx, intent, generation=1)] * HANDS)
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
        review.approve(noor, wish.id, generation=1)
    world.wire.mend()
    world.wait(DAYS)
    world.mark_for_review()
    with pytest.raises(Waiting):
        review.try_again(noor, wish.id, generation=1)
    with pytest.raises(Refused, match="somebody else"):
        review.approve(noor, wish.id, generation=2)
    assert world.entries(acme) == []
    review.approve(world.ctx, wish.id, generation=2)
    assert world.balance(acme) == -large


def test_what_was_declined_when_tried_again_is_parked_again_and_not_called_refused(quick: World) -> None:
    acme, noor = quick.customer(), quick.person("noor")
    with pytest.raises(Waiting):
        adjust(quick, acme, minor=1_000_001, retyped=pounds(1_000_001))
    [wish] = quick.intents()
    quick.wire.cut(LEDGER, times=100)
    with pytest.raises(NotConfirmed):
        review.approve(noor, wish.id, generation=1)
    quick.mark_for_review()
    quick.wire.mend()
    with pytest.raises(Waiting):
        review.try_again(noor, wish.id, generation=1)
    review.decline(quick.ctx, wish.id, generation=2)
    [wish] = quick.intents()
    assert (wish.state, wish.words) == ("review", "Declined by mira.")


def test_what_did_happen_is_settled_with_its_id_the_mirror_and_the_log_follow(world: World) -> None:
    acme = world.customer()
    intent = parked(world, acme, landed=True)
    entry = review.look_up(world.ctx, intent).found
    before = len(world.wire.writes())
    assert review.settle(world.ctx, intent, f" {entry} ", generation=1).result == entry
    assert review.settle(world.ctx, intent, entry, generation=1).result == entry
    assert len(world.wire.writes()) == before
    from lib.queries import customers

    assert customers.get(world.ctx, acme).balances == (pounds(-4500),)
    assert verbs(world)[-2:] == ["change:settle", "balance:adjust"]
    assert '"outcome": "done"' in world.audited()[-1].detail


def test_what_was_posted_by_hand_in_stripe_is_settled_although_it_carries_no_mark(quick: World) -> None:
    acme = quick.customer()
    intent = parked(quick, acme, landed=False)
    by_hand = quick.entry(acme, -4500)
    assert review.settle(quick.ctx, intent, by_hand, generation=1).result == by_hand
    assert quick.entries(acme) == POSTED


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (lambda w, _: "nonsense!", "as Stripe shows it"),
        (lambda w, _: "", "as Stripe shows it"),
        (lambda w, _: "cbtxn_nobody", "no such object"),
        (lambda w, acme: w.entry(acme, -4400), "another amount"),
        (lambda w, acme: w.entry(acme, 4500), "another amount"),
        (lambda w, acme: w.entry(acme, -4500, "eur"), "another currency"),
        (lambda w, _: w.entry(w.customer("Other"), -4500), "no such object"),
        (lambda w, acme: adjust(w, acme, despite_recent=True).result, "another change"),
        (lambda w, acme: acme, "no such object"),
    ],
)
def test_what_stripe_does_not_bear_out_is_refused_beside_the_field(quick: World, claim: Any, words: str) -> None:
    acme = quick.customer()
    intent = parked(quick, acme, landed=False)
    with pytest.raises(Refused, match=words) as no:
        review.settle(quick.ctx, intent, claim(quick, acme), generation=1)
    assert no.value.field == "stripe_id"
    assert next(wish.state for wish in quick.intents() if wish.id == intent) == "review"


def test_an_entry_from_before_the_wish_is_not_taken_for_it(quick: World) -> None:
    acme = quick.customer()
    old = quick.entry(acme, -4500)
    quick.wait(3600)
    intent = parked(quick, acme, landed=False, seen=pounds(-4500))
    with pytest.raises(Refused, match="before this was asked for"):
        review.settle(quick.ctx, intent, old, generation=1)


def test_an_invoice_that_stands_half_done_is_not_settled_and_one_that_is_whole_is(quick: World) -> None:
    acme = quick.customer(email="ap@acme.example")
    quick.wire.cut("/finalize", times=100)
    with pytest.raises(NotConfirmed):
        bill(quick, acme, line(10_000))
    quick.wire.mend()
    quick.mark_for_review()
    [wish] = quick.intents()
    draft = quick.sandbox.call("GET", "/v1/invoices", {"customer": acme})["data"][0]["id"]
    with pytest.raises(Refused, match="step “finalise” has not been done"):
        review.settle(quick.ctx, wish.id, draft, generation=1)
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/finalize")
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/send")
    assert review.settle(quick.ctx, wish.id, draft, generation=1).result == draft


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


def test_an_invoice_raised_by_hand_is_settled_when_its_lines_come_to_the_same(quick: World) -> None:
    acme = quick.customer(email="ap@acme.example")
    quick.wire.cut("/v1/invoices", times=100)
    with pytest.raises(NotConfirmed):
        bill(quick, acme, line(10_000), line(2500, 2))
    quick.wire.mend()
    quick.mark_for_review()
    [wish] = quick.intents()
    wrong, right = quick.invoice(acme, 14_999), quick.invoice(acme, 15_000)
    for made in (wrong, right):
        quick.sandbox.call("POST", f"/v1/invoices/{made}/send")
    with pytest.raises(Refused, match=r"comes to £149\.99; asked for was £150\.00"):
        review.settle(quick.ctx, wish.id, wrong, generation=1)
    assert review.settle(quick.ctx, wish.id, right, generation=1).result == right


def test_a_change_of_payer_is_settled_with_the_patients_own_id(quick: World) -> None:
    ada, acme = quick.patient(), quick.customer()
    quick.wire.lose_all_from(ada)
    with pytest.raises(NotConfirmed):
        pay_for(quick, ada, acme)
    quick.wire.mend()
    quick.mark_for_review()
    [wish] = quick.intents()
    assert wish.kind == patients.PAYER.name
    with pytest.raises(Refused, match="another object"):
        review.settle(quick.ctx, wish.id, acme, generation=1)
    assert review.settle(quick.ctx, wish.id, ada, generation=1).result == ada


def test_a_credit_note_made_by_hand_is_settled_only_for_the_same_invoice_and_amount(quick: World) -> None:
    acme = quick.customer()
    mine, other = quick.invoice(acme, 20_000), quick.invoice(acme, 20_000)
    quick.wire.cut("/v1/credit_notes", times=100)
    with pytest.raises(NotConfirmed):
        credit(quick, mine, 5000)
    quick.wire.mend()
    quick.mark_for_review()
    [wish] = quick.intents()
    made = [
        quick.sandbox.call("POST", "/v1/credit_notes", {"invoice": invoice, "amount": amount})["id"]
        for invoice, amount in ((other, 5000), (mine, 4999), (mine, 5000))
    ]
    for wrong, words in ((made[0], "another invoice"), (made[1], "another amount")):
        with pytest.raises(Refused, match=words):
            review.settle(quick.ctx, wish.id, wrong, generation=1)
    assert review.settle(quick.ctx, wish.id, made[2], generation=1).result == made[2]


def test_a_payment_recorded_by_hand_is_settled_and_not_recorded_again(quick: World) -> None:
    acme = quick.customer()
    invoice = quick.invoice(acme, 20_000)
    quick.wire.cut("/v1/payment_records/report_payment", times=100)
    with pytest.raises(NotConfirmed):
        part(quick, invoice, 12_000, 20_000)
    quick.wire.mend()
    quick.mark_for_review()
    [wish] = quick.intents()
    step = load(quick.ctx, wish.id).steps[0]
    for minor, words in ((11_999, "another amount"), (12_000, "step “attach0” has not been done. Finish it in Stripe")):
        params = {**step.params, "amount_requested": {"value": minor, "currency": "gbp"}, "metadata": {}}
        record = quick.sandbox.call("POST", step.path, params)["id"]
        with pytest.raises(Refused, match=words):
            review.settle(quick.ctx, wish.id, record, generation=1)
    quick.sandbox.call("POST", f"/v1/invoices/{invoice}/attach_payment", {"payment_record": record})
    assert review.settle(quick.ctx, wish.id, record, generation=1).result == record
    assert quick.in_stripe("invoice", invoice)["amount_remaining"] == 8000


def test_a_payment_recorded_by_hand_stops_what_is_tried_again(quick: World) -> None:
    acme = quick.customer()
    invoice = quick.invoice(acme, 20_000)
    quick.wire.cut("/v1/payment_records/report_payment", times=100)
    with pytest.raises(NotConfirmed):
        part(quick, invoice, 12_000, 20_000)
    quick.wire.mend()
    quick.mark_for_review()
    part(quick, invoice, 12_000, 20_000, despite_recent=True)
    with pytest.raises(Changed, match=r"owes £80\.00 now"):
        review.try_again(quick.ctx, quick.intents()[0].id, generation=1)
    assert quick.in_stripe("invoice", invoice)["amount_remaining"] == 8000


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
    acme, ctx = world.customer(), _patient(world)
    intent = parked(world, acme, landed=False)
    by_hand = world.entry(acme, -4500)
    _at_once(
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


def test_a_kill_after_a_person_decided_leaves_it_to_the_resolver_which_does_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = world.customer()
    intent = parked(world, acme, landed=False)

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(review, "drive", die)
        with pytest.raises(KeyboardInterrupt):
            review.try_again(world.ctx, intent, generation=1)
    world.wait(180)
    resolver.resolve(world.ctx.as_actor(None))
    assert (world.entries(acme), verbs(world).count("change:retry")) == (POSTED, 1)


def test_a_job_that_is_left_half_way_says_that_what_was_done_stands(quick: World) -> None:
    acme = quick.customer(email="ap@acme.example")
    quick.wire.cut("/finalize", times=100)
    with pytest.raises(NotConfirmed):
        bill(quick, acme, line(10_000))
    quick.wire.mend()
    quick.mark_for_review()
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
        lambda: review.approve(vic, intent, generation=1),
        lambda: review.decline(vic, intent, generation=1),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert [(wish.state, wish.generation) for wish in quick.intents()] == [("review", 1)]


def test_a_change_that_is_not_on_record_is_not_decided_about(quick: World) -> None:
    with pytest.raises(NotFound):
        review.try_again(quick.ctx, "nobody", generation=1)
