"""Giving up an invoice: what a void gives back (scenarios 11, 12), a race with Hero (27), and writing off (14)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from lib.actions import resolver, voiding
from lib.actions._intent import Outcome
from lib.errors import Changed, NotAllowed, NotConfirmed, Refused
from lib.queries import customers
from lib.queries import invoices as lists
from lib.queries.invoices import Filters
from tests.support.payments import by_card, figures, part, pay
from tests.support.world import World, pounds


def void(world: World, invoice: str, left: int, applied: int = 0, **more: Any) -> Outcome:
    """Void an invoice that owed `left` on the screen, after `applied` was taken from the account."""
    ctx = more.pop("ctx", world.ctx)
    given = {"payer": world.in_stripe("invoice", invoice)["customer"], "form": world.form(), **more}
    return voiding.void(ctx, invoice, remaining=pounds(left), applied=pounds(applied), **given)


def write_off(world: World, invoice: str, left: int, **more: Any) -> Outcome:
    payer = world.in_stripe("invoice", invoice)["customer"]
    given = {"reason": "Insolvent", "form": world.form(), **more}
    return voiding.write_off(world.ctx, invoice, payer=payer, remaining=pounds(left), **given)


def resend(world: World, invoice: str, left: int, **more: Any) -> Outcome:
    payer = world.in_stripe("invoice", invoice)["customer"]
    given = {"form": world.form(), **more}
    return voiding.resend(world.ctx, invoice, payer=payer, remaining=pounds(left), **given)


def sent(world: World, invoice: str) -> int:
    found = world.sandbox.call("GET", "/v1/events", {"type": "invoice.sent", "limit": 100})["data"]
    return sum(1 for event in found if event["data"]["object"]["id"] == invoice)


def test_an_invoice_that_reception_was_paid_for_meanwhile_is_not_voided(quick: World) -> None:
    """Scenario 27: it says when and how, and nothing is half done."""
    invoice = quick.invoice(quick.customer(), 9900)
    by_card(quick, invoice)
    with pytest.raises(Changed, match=r"was paid at 12:00 by card\. Nothing was changed\."):
        void(quick, invoice, 9900)
    assert (quick.wire.writes(), figures(quick, invoice)) == ([], ("paid", 9900, 0))
    assert lists.get(quick.ctx, invoice).status == "paid"


def test_a_due_amount_that_a_colleague_changed_stops_the_void(quick: World) -> None:
    """Scenario 27, with a credit note."""
    invoice = quick.invoice(quick.customer(), 9900)
    quick.sandbox.call("POST", "/v1/credit_notes", {"invoice": invoice, "amount": 900, "email_type": "none"})
    with pytest.raises(Changed, match=r"owes £90\.00 now, and owed £99\.00 on your screen"):
        void(quick, invoice, 9900)
    assert quick.wire.writes() == []


def test_what_was_paid_in_part_cannot_be_voided(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    part(quick, invoice, 4000, 9000)
    with pytest.raises(Refused, match=r"£40\.00 of this invoice has been paid"):
        void(quick, invoice, 5000)
    assert figures(quick, invoice) == ("open", 4000, 5000)


def test_a_draft_and_a_void_invoice_cannot_be_voided(quick: World) -> None:
    acme = quick.customer()
    for invoice, word in ((quick.draft(acme, 9000), "a draft"), (quick.invoice(acme, 9000), "void")):
        if word == "void":
            quick.sandbox.call("POST", f"/v1/invoices/{invoice}/void")
        with pytest.raises(Refused, match=f"is {word} now"):
            void(quick, invoice, 9000)


def test_somebody_who_only_looks_voids_nothing(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    with pytest.raises(NotAllowed):
        void(quick, invoice, 9000, ctx=quick.person("vera", "viewer"))


@pytest.mark.parametrize("fault", ["lose", "cut", "garble"])
def test_a_void_whose_answer_is_lost_gives_credit_back_once(quick: World, fault: str) -> None:
    acme = quick.customer()
    quick.entry(acme, -6000)
    invoice = quick.invoice(acme, 10_000)
    getattr(quick.wire, fault)("/void")
    void(quick, invoice, 4000, -6000)
    assert (figures(quick, invoice)[0], quick.balance(acme)) == ("void", -6000)
    assert [kind for kind, _, _ in quick.entries(acme)].count("unapplied_from_invoice") == 1


def test_a_void_that_was_cut_off_is_found_again_later(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    quick.wire.lose_all_from("/void")
    with pytest.raises(NotConfirmed):
        void(quick, invoice, 9000)
    quick.wire.mend()
    quick.forget_keys()
    quick.wait(300)
    resolver.resolve(quick.ctx)
    assert (quick.intents()[0].state, lists.get(quick.ctx, invoice).status) == ("done", "void")


def test_voiding_gives_back_the_credit_that_was_used(world: World) -> None:
    """Scenario 11."""
    acme = world.customer()
    world.entry(acme, -6000)
    invoice = world.invoice(acme, 10_000)
    world.sync()
    found = lists.get(world.ctx, invoice)
    assert (found.remaining, found.starting_balance) == (pounds(4000), pounds(-6000))
    void(world, invoice, 4000, -6000)
    assert world.entries(acme)[-1] == ("unapplied_from_invoice", -6000, -6000)
    account = customers.get(world.ctx, acme)
    assert (account.balances, account.outstanding) == ((pounds(-6000),), ())


def test_voiding_puts_back_the_debit_that_was_added(world: World) -> None:
    """Scenario 12: the next invoice asks for it again."""
    acme = world.customer()
    world.entry(acme, 500)
    invoice = world.invoice(acme, 10_000)
    void(world, invoice, 10_500, 500)
    assert world.balance(acme) == 500
    assert world.in_stripe("invoice", world.invoice(acme, 3000))["amount_due"] == 3500


def test_what_goes_back_is_what_the_screen_said(quick: World) -> None:
    acme = quick.customer()
    quick.entry(acme, -6000)
    invoice = quick.invoice(acme, 10_000)
    with pytest.raises(Changed, match="What goes back to the account is different"):
        void(quick, invoice, 4000, 0)
    assert quick.wire.writes() == []


def test_a_write_off_says_why_and_leaves_the_balance_alone(world: World) -> None:
    """Scenario 14."""
    acme = world.customer()
    world.entry(acme, -2000)
    invoice = world.invoice(acme, 12_000)
    world.sync()
    with pytest.raises(Refused) as no:
        write_off(world, invoice, 10_000, reason=" ")
    assert no.value.field == "reason"
    write_off(world, invoice, 10_000)
    assert (figures(world, invoice), world.balance(acme)) == (("uncollectible", 0, 10_000), 0)
    assert world.in_stripe("invoice", invoice)["metadata"]["pd_written_off"] == "Insolvent"
    assert customers.get(world.ctx, acme).outstanding == ()
    assert list(lists.table(world.ctx, Filters(statuses=("uncollectible",))).rows["remaining"]) == [10_000]
    pay(world, invoice, 10_000)
    assert lists.table(world.ctx, Filters(statuses=("uncollectible",))).rows.empty


@pytest.mark.parametrize("fault", ["lose", "cut"])
def test_a_write_off_whose_answer_is_lost_happens_once(quick: World, fault: str) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    getattr(quick.wire, fault)("/mark_uncollectible")
    write_off(quick, invoice, 9000)
    assert figures(quick, invoice)[0] == "uncollectible"


def test_what_is_paid_is_not_written_off(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    by_card(quick, invoice)
    with pytest.raises(Changed, match="by card"):
        write_off(quick, invoice, 9000)


def test_what_was_written_off_can_be_voided_and_gives_the_credit_back(quick: World) -> None:
    acme = quick.customer()
    quick.entry(acme, -2000)
    invoice = quick.invoice(acme, 12_000)
    write_off(quick, invoice, 10_000)
    void(quick, invoice, 10_000, -2000)
    assert (figures(quick, invoice)[0], quick.balance(acme)) == ("void", -2000)


def test_an_open_invoice_is_sent_again_by_stripe_once(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    before = sent(quick, invoice)
    quick.wait(3600)
    quick.wire.lose("/send")
    resend(quick, invoice, 9000)
    assert sent(quick, invoice) == before + 1


def test_a_colleagues_sending_a_moment_before_is_not_taken_for_ours(quick: World) -> None:
    """Ours never reached Stripe: it is sent all the same."""
    invoice = quick.invoice(quick.customer(), 9000)
    quick.sandbox.call("POST", f"/v1/invoices/{invoice}/send")
    before = sent(quick, invoice)
    quick.wire.cut("/send")
    resend(quick, invoice, 9000)
    assert sent(quick, invoice) == before + 1


def test_our_own_sending_is_known_again_although_stripes_clock_is_behind_ours(quick: World) -> None:
    """The answer was lost, and a day later Stripe has forgotten the key."""
    invoice = quick.invoice(quick.customer(), 9000)
    before, theirs = sent(quick, invoice), quick.sandbox.clock.now
    quick.ctx = dataclasses.replace(quick.ctx, clock=lambda: theirs() + 60)
    quick.wire.lose_all_from("/send")
    with pytest.raises(NotConfirmed):
        resend(quick, invoice, 9000)
    quick.wire.mend()
    quick.forget_keys()
    quick.wait(300)
    resolver.resolve(quick.ctx.as_actor(None))
    assert (quick.intents()[0].state, sent(quick, invoice)) == ("done", before + 1)


def test_what_is_paid_or_charges_a_card_is_not_sent_again(quick: World) -> None:
    acme = quick.customer()
    paid = quick.invoice(acme, 9000)
    by_card(quick, paid)
    with pytest.raises(Changed, match="by card"):
        resend(quick, paid, 9000)
    params = {"customer": acme, "currency": "gbp", "collection_method": "charge_automatically"}
    other = quick.sandbox.call("POST", "/v1/invoices", params)["id"]
    lines = {"lines": [{"amount": 9000, "description": "Visit"}]}
    quick.sandbox.call("POST", f"/v1/invoices/{other}/add_lines", lines)
    quick.sandbox.call("POST", f"/v1/invoices/{other}/finalize")
    with pytest.raises(Refused, match="charges a card"):
        resend(quick, other, 9000)
