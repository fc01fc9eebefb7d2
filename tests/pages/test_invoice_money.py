"""Money on an invoice's page: what will happen is said beforehand, one yes, what came of it; nothing typed is lost."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.drawn import buttons, figures, labelled, press, said, table
from tests.support.payments import by_card
from tests.support.signed_in import screen, sign_in
from tests.support.sinks import HOSTILE, raw_names
from tests.support.world import World


@pytest.fixture
def acme(quick: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Acme; the manager Maud is at the screen."""
    made = quick.customer("Acme Ltd", email="ap@acme.example")
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return made


def opened(world: World, invoice: str, label: str) -> AppTest:
    """The form behind a button of the invoice's page."""
    world.sync()
    return press(screen("invoice", id=invoice), label)


def fill(drawn: AppTest, **typed: str) -> AppTest:
    """Type into fields by their labels (underscores for spaces)."""
    for label, text in typed.items():
        labelled(drawn.text_input, label.replace("_", " ")).set_value(text)
    return drawn.run()


def choose(drawn: AppTest, label: str, option: str) -> AppTest:
    return labelled(drawn.selectbox, label).select(option).run()


def received(drawn: AppTest, amount: str, **more: str) -> AppTest:
    return fill(choose(drawn, "Method", "Bank transfer"), Amount_received=amount, Reference="ACM-7781", **more)


def status(world: World, invoice: str) -> tuple[str, int, int]:
    found = world.in_stripe("invoice", invoice)
    return found["status"], found["amount_paid"], found["amount_remaining"]


def test_a_viewer_sees_no_button_that_moves_money(quick: World, acme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    invoice = quick.invoice(acme, 9000)
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    assert buttons(screen("invoice", id=invoice)) == []


def test_a_draft_offers_nothing_that_needs_a_finalised_invoice(quick: World, acme: str) -> None:
    quick.sync()
    draft = quick.draft(acme, 9000)
    quick.sync()
    offered = set(buttons(screen("invoice", id=draft)))
    assert not offered & {"Record payment", "Credit note", "Void", "Write off", "Send again", "Keep as credit"}


@pytest.mark.parametrize("typed", ["", "0", "-5", "ninety", "90.001"])
def test_an_amount_that_is_none_is_refused_beside_its_field_and_stays(quick: World, acme: str, typed: str) -> None:
    invoice = quick.invoice(acme, 9000)
    drawn = press(received(opened(quick, invoice, "Record payment"), typed), "Continue")
    assert "Yes, record" not in " ".join(buttons(drawn))
    assert labelled(drawn.text_input, "Amount received").value == typed
    assert labelled(drawn.text_input, "Reference").value == "ACM-7781"
    assert drawn.error
    assert status(quick, invoice) == ("open", 0, 9000)


def test_method_and_reference_are_asked_for_together(quick: World, acme: str) -> None:
    drawn = press(opened(quick, quick.invoice(acme, 9000), "Record payment"), "Continue")
    told = said(drawn)
    assert "Choose how the money came." in told
    assert "Enter the reference" in told


def test_more_than_is_owed_leads_to_a_remittance(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 9000)
    drawn = received(opened(quick, invoice, "Record payment"), "95.00")
    assert "£5.00 more came. Record it as a remittance" in said(drawn)
    assert "Record a remittance" in [one.label for one in drawn.main.get("page_link")]
    assert not [label for label in buttons(press(drawn, "Continue")) if label.startswith("Yes")]


def test_an_invoice_that_was_paid_by_card_meanwhile_says_when(quick: World, acme: str) -> None:
    """Scenario 27."""
    invoice = quick.invoice(acme, 9900)
    drawn = press(received(opened(quick, invoice, "Record payment"), "99.00"), "Continue")
    by_card(quick, invoice)
    drawn = press(drawn, "Yes, record £99.00")
    assert "was paid at 12:00 by card. Nothing was changed." in said(drawn)
    assert "Back" in buttons(drawn)


def test_a_payment_in_full_is_said_asked_and_done(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 9000)
    drawn = opened(quick, invoice, "Record payment")
    assert labelled(drawn.text_input, "Amount received").value == "90.00"
    assert "This pays the invoice in full: £90.00." in said(drawn)
    drawn = press(received(drawn, "90.00"), "Continue")
    assert "Method Bank transfer Reference ACM-7781 Received on 16 Nov 2026" in figures(drawn)
    assert status(quick, invoice) == ("open", 0, 9000)
    drawn = press(drawn, "Yes, record £90.00")
    assert "The invoice is paid in full now." in said(drawn)
    assert status(quick, invoice) == ("paid", 9000, 0)
    assert "Open the payer's account" in [one.label for one in drawn.main.get("page_link")]
    drawn = press(drawn, "Done")
    rows = table(drawn, 1)
    told = dict(zip(rows["What"], rows["Details"], strict=True))
    assert told["Payment recorded"] == "£90.00 · Bank transfer · ACM-7781 · received 16 Nov 2026"


def test_a_part_payment_says_what_stays(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 9000)
    drawn = received(opened(quick, invoice, "Record payment"), "40.00")
    assert "A part payment: £50.00 stays to pay." in said(drawn)
    drawn = press(press(drawn, "Continue"), "Yes, record £40.00")
    assert status(quick, invoice) == ("open", 4000, 5000)
    assert "£50.00 stays to pay now." in said(drawn)


def test_the_same_part_again_needs_a_second_yes(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 9000)
    for _ in range(2):
        drawn = press(received(opened(quick, invoice, "Record payment"), "40.00"), "Continue")
        drawn = press(drawn, "Yes, record £40.00")
    assert "was recorded on this invoice" in said(drawn)
    assert status(quick, invoice) == ("open", 4000, 5000)
    press(drawn, "Yes, record £40.00 anyway")
    assert status(quick, invoice) == ("open", 8000, 1000)


def test_going_back_leaves_what_was_typed_and_sends_nothing(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 9000)
    drawn = press(received(opened(quick, invoice, "Record payment"), "40.00"), "Continue")
    drawn = press(drawn, "Back")
    assert labelled(drawn.text_input, "Amount received").value == "40.00"
    drawn = press(drawn, "Cancel")
    assert "What happened" in said(drawn)
    assert quick.intents() == []


def test_a_large_payment_is_typed_twice(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 200_000)
    drawn = received(opened(quick, invoice, "Record payment"), "2,000.00")
    drawn = press(drawn, "Continue")
    assert "type it once more" in said(drawn)
    drawn = press(fill(drawn, Type_the_amount_once_more="2000"), "Continue")
    press(drawn, "Yes, record £2,000.00")
    assert status(quick, invoice) == ("paid", 200_000, 0)


def test_a_very_large_payment_waits_for_a_second_person(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 2_000_000)
    drawn = received(opened(quick, invoice, "Record payment"), "20,000.00")
    drawn = press(fill(drawn, Type_the_amount_once_more="20000"), "Continue")
    drawn = press(drawn, "Yes, record £20,000.00")
    assert "waits for a second person" in said(drawn)
    assert status(quick, invoice) == ("open", 0, 2_000_000)


def test_a_void_names_the_credit_that_goes_back(quick: World, acme: str) -> None:
    """Scenario 11."""
    quick.entry(acme, -6000)
    invoice = quick.invoice(acme, 10_000)
    drawn = opened(quick, invoice, "Void")
    assert "Goes back to the account £60.00 credit" in figures(drawn)
    assert "The £60.00 credit that it had used goes back to the account." in said(drawn)
    number = quick.in_stripe("invoice", invoice)["number"]
    drawn = press(drawn, _yes(drawn))
    assert (status(quick, invoice)[0], quick.balance(acme)) == ("void", -6000)
    assert f"{number} was voided." in said(drawn)


def _yes(drawn: AppTest) -> str:
    """The words on the button that goes ahead."""
    return next(label for label in buttons(drawn) if label.startswith("Yes"))


def test_a_void_that_came_too_late_says_when_it_was_paid(quick: World, acme: str) -> None:
    """Scenario 27."""
    invoice = quick.invoice(acme, 9900)
    drawn = opened(quick, invoice, "Void")
    by_card(quick, invoice)
    drawn = press(drawn, _yes(drawn))
    assert "was paid at 12:00 by card. Nothing was changed." in said(drawn)
    assert status(quick, invoice)[0] == "paid"
    assert not [label for label in buttons(drawn) if label.startswith("Yes")]


def test_what_credit_has_paid_cannot_be_voided_and_a_credit_note_is_offered(quick: World, acme: str) -> None:
    """Scenarios 4 and 13."""
    quick.entry(acme, -25_000)
    invoice = quick.invoice(acme, 18_000)
    drawn = opened(quick, invoice, "Void")
    assert "Stripe cannot void this invoice: credit on the account has paid it." in said(drawn)
    drawn = press(drawn, "Issue a credit note")
    assert "£180.00 had been paid already" in said(drawn)
    drawn = press(choose(drawn, "Reason", "order_change"), "Continue")
    assert "Credit note £180.00 Off what is to pay £0.00 Credit on account £180.00" in figures(drawn)
    assert "Email Nobody is written to" in figures(drawn)
    drawn = press(drawn, "Yes, credit £180.00")
    assert (quick.balance(acme), status(quick, invoice)[0]) == (-25_000, "paid")
    drawn = press(drawn, "Done")
    assert list(table(drawn, 1)["State"]) == ["Issued"]


def test_a_carried_debit_stays_owed_and_is_explained(quick: World, acme: str) -> None:
    """Scenario 16."""
    quick.entry(acme, 500)
    invoice = quick.invoice(acme, 10_000)
    drawn = opened(quick, invoice, "Credit note")
    drawn = labelled(drawn.radio, "What is credited").set_value("An amount").run()
    amount = next(one for one in drawn.text_input if one.label.startswith("Amount"))
    drawn = amount.set_value("105.00").run()
    drawn = press(choose(drawn, "Reason", "duplicate"), "Continue")
    assert "£5.00 was carried over from the account: a credit note cannot take that off." in said(drawn)
    drawn = labelled(drawn.radio, "What is credited").set_value("All that is left of it").run()
    drawn = press(drawn, "Continue")
    drawn = press(drawn, _yes(drawn))
    assert status(quick, invoice) == ("open", 0, 500)
    assert "£5.00 came over from the account: a credit note cannot take that off, and it stays owed." in said(drawn)


@pytest.mark.parametrize(("kept", "works"), [("19.99", False), ("20.01", False), ("5.00", True)])
def test_some_of_each_must_come_to_what_had_been_paid(quick: World, acme: str, kept: str, works: bool) -> None:
    """Scenario 17."""
    invoice = quick.invoice(acme, 20_000)
    drawn = press(received(opened(quick, invoice, "Record payment"), "120.00"), "Continue")
    press(drawn, "Yes, record £120.00")
    drawn = opened(quick, invoice, "Credit note")
    drawn = labelled(drawn.radio, "What is credited").set_value("An amount").run()
    drawn = next(one for one in drawn.text_input if one.label.startswith("Amount")).set_value("100.00").run()
    assert "£80.00 comes off what is to pay; £0.00 stays to pay. £20.00 had been paid already" in said(drawn)
    way = next(one for one in drawn.radio if one.label.startswith("Where"))
    drawn = choose(way.set_value("Some of each").run(), "Reason", "order_change")
    drawn = fill(drawn, Credit_on_account=kept, Given_back="15.00" if works else "")
    drawn = press(drawn, "Continue")
    if not works:
        assert "£20.00 of this credit note had been paid already and must go somewhere" in said(drawn)
        assert labelled(drawn.text_input, "Credit on account").value == kept
        return
    press(drawn, _yes(drawn))
    assert (status(quick, invoice)[0], quick.balance(acme)) == ("paid", -500)


def test_a_line_is_credited_with_its_name_shown_as_it_is(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 9000)
    lines = {"lines": [{"amount": 1000, "description": HOSTILE}]}
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/add_lines", lines)
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/finalize")
    drawn = opened(quick, draft, "Credit note")
    drawn = labelled(drawn.radio, "What is credited").set_value("Whole lines").run()
    drawn = press(choose(drawn, "Reason", "duplicate"), "Continue")
    assert "Choose the lines that are credited." in said(drawn)
    lines = labelled(drawn.multiselect, "Lines")
    drawn = lines.set_value([next(one for one in lines.options if "10.00" in one)]).run()
    assert not raw_names(drawn)
    drawn = press(drawn, "Continue")
    press(drawn, "Yes, credit £10.00")
    assert status(quick, draft) == ("open", 0, 9000)


def test_a_note_is_voided_on_the_page_and_stays_there_as_void(quick: World, acme: str) -> None:
    """Scenario 15."""
    invoice = quick.invoice(acme, 20_000)
    quick.sandbox.call("POST", "/v1/credit_notes", {"invoice": invoice, "amount": 5000, "email_type": "none"})
    drawn = opened(quick, invoice, "Void a credit note")
    drawn = press(drawn, "Continue")
    assert "£50.00 is added to what is to pay again." in said(drawn)
    drawn = press(press(drawn, "Yes, void it"), "Done")
    assert status(quick, invoice) == ("open", 0, 20_000)
    assert list(table(drawn, 1)["State"]) == ["Void"]
    assert "Void a credit note" not in buttons(drawn)


def test_a_late_cancellation_is_kept_as_credit_in_one_step(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 9000)
    by_card(quick, invoice)
    drawn = opened(quick, invoice, "Keep as credit")
    assert "£90.00 becomes credit on the account. The invoice stays paid" in said(drawn)
    drawn = press(fill(drawn, Amount_to_keep="60.00"), "Continue")
    drawn = press(drawn, "Yes, keep £60.00")
    assert (status(quick, invoice)[0], quick.balance(acme)) == ("paid", -6000)
    assert "is credit on the account now." in said(drawn)


def test_more_than_was_paid_cannot_be_kept(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 9000)
    by_card(quick, invoice)
    drawn = press(fill(opened(quick, invoice, "Keep as credit"), Amount_to_keep="90.01"), "Continue")
    assert "At most £90.00 of this invoice can still be credited." in said(drawn)


def test_postage_opens_a_debit_that_is_filled_in(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 9000)
    quick.sync()
    drawn = press(screen("invoice", id=invoice), "Debit for postage")
    assert labelled(drawn.radio, "Direction").value == "Debit"
    assert labelled(drawn.selectbox, "Reason").value == "Postage or delivery"
    assert quick.in_stripe("invoice", invoice)["number"] in labelled(drawn.text_input, "Note").value
    assert quick.intents() == []


def test_a_write_off_asks_why_and_can_be_paid_later(quick: World, acme: str) -> None:
    """Scenario 14."""
    quick.entry(acme, -2000)
    invoice = quick.invoice(acme, 12_000)
    drawn = press(opened(quick, invoice, "Write off"), "Continue")
    assert "Say why it will not be paid." in said(drawn)
    drawn = press(fill(drawn, Reason="Insolvent"), "Continue")
    assert "Outstanding falls by £100.00. The balance on account stays as it is." in said(drawn)
    drawn = press(drawn, "Yes, write off £100.00")
    assert status(quick, invoice) == ("uncollectible", 0, 10_000)
    drawn = press(received(opened(quick, invoice, "Record payment"), "100.00"), "Continue")
    press(drawn, "Yes, record £100.00")
    assert status(quick, invoice) == ("paid", 10_000, 0)


def test_an_open_invoice_is_sent_again(quick: World, acme: str) -> None:
    invoice = quick.invoice(acme, 9000)
    drawn = press(opened(quick, invoice, "Send again"), "Yes, send it")
    assert "was sent again." in said(drawn)
    found = quick.sandbox.call("GET", "/v1/events", {"type": "invoice.sent"})["data"]
    assert [event["data"]["object"]["id"] for event in found] == [invoice]
