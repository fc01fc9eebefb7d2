"""Who a new invoice goes to: the patient's default payer, another, nobody's, in another currency."""

from __future__ import annotations

import pytest

from lib.ui import pickers
from tests.support.drawn import labelled, press, said
from tests.support.new_invoice import Practice, billed_to, errors, typed
from tests.support.signed_in import screen
from tests.support.world import World


def test_a_deleted_default_payer_is_said_and_not_chosen(quick: World, practice: Practice) -> None:
    quick.sandbox.call("DELETE", f"/v1/customers/{practice.acme}")
    quick.sync()
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90")
    assert "The patient's default payer, Acme Ltd, was deleted in Stripe. Choose who pays instead." in said(drawn)
    assert labelled(drawn.selectbox, "Bill to").value is None


def test_the_payer_follows_the_patient_until_it_is_chosen(quick: World, practice: Practice) -> None:
    bo = quick.patient("Bo Lindqvist", email="bo@home.example")
    quick.sync()
    drawn = screen("new_invoice")
    drawn = labelled(drawn.selectbox, "Patient").set_value(practice.ada).run()
    assert labelled(drawn.selectbox, "Bill to").value == practice.acme
    drawn = labelled(drawn.selectbox, "Patient").set_value(bo).run()
    assert labelled(drawn.selectbox, "Bill to").value == bo
    drawn = billed_to(drawn, practice.school)
    drawn = labelled(drawn.selectbox, "Patient").set_value(practice.ada).run()
    assert labelled(drawn.selectbox, "Bill to").value == practice.school
    assert "Not the default: that is Acme Ltd." in said(drawn)


def test_the_payer_becomes_the_default_when_that_is_ticked(practice: Practice) -> None:
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90")
    assert not drawn.checkbox
    drawn = billed_to(drawn, practice.school)
    labelled(drawn.checkbox, "Make this payer the patient's default").check().run()
    drawn = press(drawn, "Finalise and send")
    assert practice.payer_of_ada() == practice.school
    assert "Now set it in Hero too." in said(drawn)


def test_a_default_that_somebody_else_changed_leaves_the_invoice_standing(quick: World, practice: Practice) -> None:
    drawn = billed_to(typed(screen("new_invoice", patient=practice.ada), "Consultation", "90"), practice.school)
    labelled(drawn.checkbox, "Make this payer the patient's default").check().run()
    quick.sandbox.call("POST", f"/v1/customers/{practice.ada}", {"metadata": {"pd_default_payer": practice.ada}})
    drawn = press(drawn, "Finalise and send")
    assert [one["status"] for one in practice.raised()] == ["open"]
    assert practice.payer_of_ada() == practice.ada
    assert "The patient's default payer was not changed" in said(drawn)
    assert "was finalised and sent, £90.00 to pay." in said(drawn)


def test_the_preview_says_whose_care_it_is_or_that_no_patient_is_chosen(practice: Practice) -> None:
    drawn = screen("new_invoice", payer=practice.school)
    assert "Not for a patient: none is chosen." in said(drawn)
    drawn = labelled(drawn.selectbox, "Patient").set_value(practice.ada).run()
    assert "none is chosen" not in said(drawn)


def test_an_invoice_may_be_for_no_patient(practice: Practice) -> None:
    drawn = typed(screen("new_invoice", payer=practice.school), "Room hire", "60")
    assert not drawn.checkbox
    press(drawn, "Save draft")
    [found] = practice.raised()
    assert (found["customer"], "pd_patient" in found["metadata"]) == (practice.school, False)


def test_an_embassy_in_yen_takes_no_decimals_and_no_lines_in_pounds(quick: World, practice: Practice) -> None:
    """Scenario 20."""
    embassy = quick.customer("Embassy", email="visa@embassy.example")
    quick.entry(embassy, -1000, "jpy")
    quick.sync()
    drawn = press(typed(screen("new_invoice", patient=practice.ada), "Consultation", "90"), "Add line")
    drawn = typed(billed_to(drawn, embassy), "Medical", "45.50")
    assert "JPY has no decimals." in errors(drawn)
    drawn = press(typed(drawn, "Medical", "12000"), "Finalise and send")
    assert "A line is in GBP and this payer is billed in JPY. Remove it and add it again." in errors(drawn)
    assert practice.raised() == []
    drawn = press(press(drawn, "Remove"), "Finalise and send")
    assert [(one["total"], one["currency"]) for one in practice.raised()] == [(12_000, "jpy")]
    assert "¥11,000 to pay" in said(drawn)


def test_among_very_many_a_search_narrows_the_list_and_keeps_who_is_chosen(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pickers, "MOST", 0)
    drawn = labelled(screen("new_invoice").text_input, "Find a patient").set_value("byrne").run()
    drawn = labelled(drawn.selectbox, "Patient").set_value(practice.ada).run()
    drawn = labelled(drawn.text_input, "Find a patient").set_value("nobody at all").run()
    drawn = labelled(drawn.text_input, "Find who pays").set_value("aldwyn").run()
    assert labelled(drawn.selectbox, "Patient").value == practice.ada
    assert labelled(drawn.selectbox, "Bill to").value == practice.acme
    assert labelled(billed_to(drawn, practice.school).selectbox, "Bill to").value == practice.school
