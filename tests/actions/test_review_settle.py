"""What did happen is settled by a person with its id in Stripe, where Stripe bears it out."""

from __future__ import annotations

from typing import Any

import pytest

from lib.actions import patients, review
from lib.actions._intent import load
from lib.errors import NotConfirmed, Refused
from tests.support.builders import adjust, bill, line, pay_for, pounds
from tests.support.credits import credit
from tests.support.parked import POSTED, cut_off_at, parked, verbs
from tests.support.payments import part
from tests.support.world import World


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
    with cut_off_at(quick, "/finalize"):
        bill(quick, acme, line(10_000))
    [wish] = quick.intents()
    draft = quick.sandbox.call("GET", "/v1/invoices", {"customer": acme})["data"][0]["id"]
    with pytest.raises(Refused, match="step “finalise” has not been done"):
        review.settle(quick.ctx, wish.id, draft, generation=1)
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/finalize")
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/send")
    assert review.settle(quick.ctx, wish.id, draft, generation=1).result == draft


def test_an_invoice_raised_by_hand_is_settled_when_its_lines_come_to_the_same(quick: World) -> None:
    acme = quick.customer(email="ap@acme.example")
    with cut_off_at(quick, "/v1/invoices"):
        bill(quick, acme, line(10_000), line(2500, 2))
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
    with cut_off_at(quick, "/v1/credit_notes"):
        credit(quick, mine, 5000)
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
    with cut_off_at(quick, "/v1/payment_records/report_payment"):
        part(quick, invoice, 12_000, 20_000)
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
