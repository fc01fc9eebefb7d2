"""What cannot go to another payer, and what somebody changed before or while it went (scenarios 13, 19, 27)."""

from __future__ import annotations

import pytest

from lib.errors import Changed, NotAllowed, Refused
from tests.support.rebilling import live, rebill, seen_of
from tests.support.world import World


def test_one_that_credit_paid_is_refused_and_the_credit_note_is_named(quick: World, parties: tuple[str, str]) -> None:
    """Scenario 13."""
    ada, acme = parties
    quick.entry(ada, -25_000)
    old = quick.invoice(ada, 18_000)
    with pytest.raises(Refused, match=r"Credit on account paid it \(£180\.00\).*credit note of £180\.00"):
        rebill(quick, old, acme)
    assert quick.wire.writes() == []


def test_what_stripe_cannot_move_is_refused_with_the_reason(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    call = quick.sandbox.call
    paid, void, part, noted = (quick.invoice(ada, 6000) for _ in range(4))
    call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    call("POST", f"/v1/invoices/{void}/void")
    call("POST", "/v1/credit_notes", {"invoice": noted, "amount": 1000, "email_type": "none"})
    record = _payment(quick, 2000)
    call("POST", f"/v1/invoices/{part}/attach_payment", {"payment_record": record})
    membership = quick.sandbox.seed_subscription_invoice(ada, [{"amount": 3000, "description": "Membership"}])["id"]
    told = {
        paid: "It is paid",
        void: "It is void",
        part: r"£20\.00 was paid on it already",
        noted: "It has a credit note",
        membership: "A membership made it",
    }
    for invoice, words in told.items():
        with pytest.raises(Refused, match=words):
            rebill(quick, invoice, acme)
    assert quick.wire.writes() == []


def _payment(world: World, amount: int) -> str:
    money = {"value": amount, "currency": "gbp"}
    how = {"type": "custom", "custom": {"display_name": "Bank transfer"}}
    times = {"initiated_at": world.ctx.now, "outcome": "guaranteed", "guaranteed": {"guaranteed_at": world.ctx.now}}
    given = {"amount_requested": money, "payment_method_details": how, **times}
    return world.sandbox.call("POST", "/v1/payment_records/report_payment", given)["id"]


def test_nobody_re_bills_to_the_same_payer_to_nobody_or_without_leave(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    draft = quick.draft(ada, 7500)
    for payer, words in ((ada, "goes to them already"), ("", "Choose who pays"), ("cus_gone", "not in Stripe")):
        with pytest.raises(Refused, match=words) as no:
            rebill(quick, draft, payer)
        assert no.value.field == "payer"
    viewer = quick.person("vera", "viewer")
    with pytest.raises(NotAllowed):
        rebill(quick, draft, acme, ctx=viewer)
    assert quick.wire.writes() == []


def test_another_currency_is_refused(quick: World, parties: tuple[str, str]) -> None:
    """Scenario 19."""
    embassy = quick.customer("Embassy")
    quick.entry(embassy, -5000, "eur")
    with pytest.raises(Refused, match="billed in EUR and this invoice is in GBP"):
        rebill(quick, quick.draft(parties[0], 7500), embassy)


def test_one_that_was_paid_after_the_page_was_drawn_is_left_alone(quick: World, parties: tuple[str, str]) -> None:
    """Scenario 27."""
    ada, acme = parties
    old = quick.invoice(ada, 9900)
    seen = seen_of(quick, old)
    quick.sandbox.call("POST", f"/v1/invoices/{old}/pay", {"paid_out_of_band": True})
    with pytest.raises(Changed, match=r"It was paid 16 Nov 2026, 12:00\. Nothing was changed"):
        rebill(quick, old, acme, seen=seen)
    assert quick.wire.writes() == []


def test_one_that_is_paid_while_the_new_one_is_made_keeps_its_money_and_nothing_is_asked_for_twice(
    quick: World, parties: tuple[str, str]
) -> None:
    ada, acme = parties
    old = quick.invoice(ada, 9900)
    pay = f"/v1/invoices/{old}/pay"
    quick.wire.then("/add_lines", lambda: quick.sandbox.call("POST", pay, {"paid_out_of_band": True}))
    with pytest.raises(Changed, match="It was paid"):
        rebill(quick, old, acme, send=True)
    assert live(quick) == sorted([(acme, "draft", 9900), (ada, "paid", 9900)])


def test_a_payer_without_vat_gets_a_draft_that_is_left_and_the_old_one_stays(
    quick: World, parties: tuple[str, str]
) -> None:
    call = quick.sandbox.call
    embassy = quick.customer("Embassy", tax_exempt="exempt")
    vat = call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})["id"]
    draft = quick.draft(parties[0])
    line = {"amount": 25_000, "description": "Medical", "tax_rates": [vat]}
    call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": [line]})
    with pytest.raises(Changed, match=r"comes to £250\.00, not £300\.00.*old one was not touched"):
        rebill(quick, draft, embassy)
    assert live(quick) == sorted([(embassy, "draft", 25_000), (parties[0], "draft", 30_000)])
