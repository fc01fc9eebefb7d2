"""A new invoice that is not raised: what was typed wrongly, what moved meanwhile, and presses that come twice."""

from __future__ import annotations

import pytest

from tests.support.drawn import labelled, press, said
from tests.support.new_invoice import Practice, amount, catalogue_price, errors, shows_invoice, typed
from tests.support.signed_in import screen, sign_in
from tests.support.world import World


def test_a_viewer_is_told_that_it_is_for_managers(
    quick: World, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    drawn = screen("new_invoice", patient=practice.ada)
    assert "New invoices are for managers." in said(drawn)
    assert not drawn.main.button
    assert not drawn.main.text_input


@pytest.mark.parametrize("wrong", ["-45", "0", "1.000,00", "5e3", "forty", "45.505"])
def test_a_price_typed_wrongly_is_kept_said_beside_it_and_raises_nothing(practice: Practice, wrong: str) -> None:
    drawn = press(typed(screen("new_invoice", patient=practice.ada), "Consultation", wrong), "Finalise and send")
    assert len(errors(drawn)) >= 2
    assert labelled(drawn.text_input, "Unit price").value == wrong
    assert labelled(drawn.text_input, "Description").value == "Consultation"
    assert practice.raised() == []


def test_a_corrected_price_leaves_no_complaint_behind(practice: Practice) -> None:
    drawn = press(typed(screen("new_invoice", patient=practice.ada), "Consultation", "forty"), "Add line")
    assert errors(drawn) == ["Enter the amount in figures, like 45, 45.00 or 1,045.00."]
    drawn = typed(drawn, "Consultation", "40")
    assert errors(drawn) == []
    assert amount(drawn, "Total") == "£40.00"


def test_a_line_without_description_or_price_says_what_is_missing_when_it_is_added(practice: Practice) -> None:
    drawn = screen("new_invoice", patient=practice.ada)
    assert errors(drawn) == []
    drawn = press(drawn, "Add line")
    assert errors(drawn) == ["Describe the line: it is what the payer reads.", "Enter a price, for example 45.00."]


def test_a_half_typed_line_stops_the_saving(practice: Practice) -> None:
    drawn = press(typed(screen("new_invoice", patient=practice.ada), "Consultation", "90"), "Add line")
    drawn = press(typed(drawn, "Vaccination", ""), "Save draft")
    assert "Enter a price, for example 45.00." in errors(drawn)
    assert practice.raised() == []


def test_an_invoice_without_a_line_or_a_payer_is_not_raised(practice: Practice) -> None:
    drawn = press(screen("new_invoice", patient=practice.ada), "Finalise and send")
    assert "Add at least one line." in errors(drawn)
    drawn = press(typed(screen("new_invoice"), "Consultation", "90"), "Finalise and send")
    assert "Choose who the invoice goes to." in errors(drawn)
    assert practice.raised() == []


def test_a_quantity_that_is_no_whole_number_is_refused(practice: Practice) -> None:
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90", quantity="1.5")
    assert errors(drawn) == ["Enter a whole quantity from 1 to 9,999."]
    press(drawn, "Finalise and send")
    assert practice.raised() == []


def test_a_payer_deleted_while_the_form_was_open_raises_nothing(quick: World, practice: Practice) -> None:
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90")
    quick.sandbox.call("DELETE", f"/v1/customers/{practice.acme}")
    drawn = press(drawn, "Finalise and send")
    assert "This customer was deleted in Stripe" in said(drawn)
    assert practice.raised() == []


def test_a_balance_that_moved_before_the_press_raises_nothing_and_shows_the_new_figures(
    quick: World, practice: Practice
) -> None:
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "200")
    quick.entry(practice.acme, -15_000)
    drawn = press(drawn, "Finalise and send")
    assert "it is £150.00 in credit now, and was settled on your screen" in said(drawn)
    assert practice.raised() == []
    assert "£150.00 credit used, £50.00 to pay." in said(drawn)
    drawn = press(drawn, "Finalise and send")
    assert [(one["amount_due"], one["status"]) for one in practice.raised()] == [(5000, "open")]


def test_a_balance_that_the_mirror_learnt_between_drawing_and_press_is_not_agreed_to_unseen(
    quick: World, practice: Practice
) -> None:
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "200")
    quick.entry(practice.acme, -15_000)
    quick.sync()
    drawn = press(drawn, "Finalise and send")
    assert "it is £150.00 in credit now, and was settled on your screen" in said(drawn)
    assert practice.raised() == []


def test_pressing_twice_raises_one_invoice(quick: World, practice: Practice) -> None:
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90")
    quick.wire.then("/finalize", lambda: labelled(drawn.main.button, "Finalise and send").click())
    drawn = press(drawn, "Finalise and send").run()
    assert len(practice.raised()) == 1


def test_a_lost_answer_and_another_press_raise_one_invoice(quick: World, practice: Practice) -> None:
    quick.wire.lose("/v1/invoices")
    drawn = press(typed(screen("new_invoice", patient=practice.ada), "Consultation", "90"), "Finalise and send")
    assert len(practice.raised()) == 1
    assert shows_invoice(drawn)


def test_a_refusal_half_way_shows_the_draft_that_it_left(quick: World, practice: Practice) -> None:
    quick.wire.say("/finalize", 400)
    drawn = press(typed(screen("new_invoice", patient=practice.ada), "Consultation", "90"), "Finalise and send")
    assert [one["status"] for one in practice.raised()] == ["draft"]
    assert drawn.title[0].value == "Draft invoice"
    assert "What was done before that stands." in said(drawn)
    press(screen("invoice", id=practice.raised()[0]["id"]), "Finalise and send")
    assert [one["status"] for one in practice.raised()] == ["open"]


def test_terms_that_are_no_number_are_refused_beside_the_field(practice: Practice) -> None:
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90")
    labelled(drawn.text_input, "Payment terms (days)").set_value("two").run()
    drawn = press(drawn, "Save draft")
    assert errors(drawn)
    assert labelled(drawn.text_input, "Payment terms (days)").value == "two"
    assert practice.raised() == []


def test_a_catalogue_price_that_changed_in_stripe_raises_nothing(quick: World, practice: Practice) -> None:
    price = catalogue_price(quick)
    drawn = screen("new_invoice", patient=practice.ada)
    drawn = labelled(drawn.selectbox, "Item").set_value(price).run()
    quick.sandbox.call("POST", f"/v1/prices/{price}", {"active": False})
    drawn = press(drawn, "Finalise and send")
    assert errors(drawn)
    assert practice.raised() == []
