"""The patients page: who pays is changed for many at once, each told by name what came of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from lib.actions import patients
from tests.support.drawn import buttons, labelled, pick_rows, plain, press, said, table
from tests.support.signed_in import screen, sign_in
from tests.support.world import World


class Practice:
    """Ada and Bo, who pay for themselves, and Acme, which could."""

    def __init__(self, quick: World) -> None:
        self.world = quick
        self.ada = quick.patient("Ada Byrne", metadata={"Hero reference": "P/17"})
        self.bo = quick.patient("Bo Lindqvist")
        self.acme = quick.customer("Acme Ltd", email="ap@acme.example")
        quick.sync()

    def payer(self, patient: str) -> str:
        return self.world.in_stripe("customer", patient)["metadata"].get("pd_default_payer", "")


@pytest.fixture
def practice(quick: World, monkeypatch: pytest.MonkeyPatch) -> Practice:
    """A small practice with the manager Maud at the screen."""
    made = Practice(quick)
    # An account's page links to Stripe's Dashboard, which has test mode and live mode only.
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, mode="test"))
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return made


def choose(drawn: AppTest, payer: str) -> AppTest:
    return labelled(drawn.selectbox, "Default payer").set_value(payer).run()


def test_a_viewer_sees_the_patients_and_no_way_to_change_them(
    quick: World, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    drawn = screen("patients")
    assert list(table(drawn)["Default payer"]) == ["The patient pays", "The patient pays"]
    assert buttons(drawn) == ["Open account", "Download CSV"]


def test_saving_without_patients_or_payer_says_what_is_missing(practice: Practice) -> None:
    drawn = press(press(screen("patients"), "Change payer"), "Save payer")
    assert [one.value for one in drawn.error] == ["Choose at least one patient."]
    labelled(drawn.multiselect, "Patients").set_value([practice.ada]).run()
    drawn = press(drawn, "Save payer")
    assert [one.value for one in drawn.error] == ["Choose who pays from now on."]


def test_one_patient_of_two_fails_and_each_is_told_what_happened(quick: World, practice: Practice) -> None:
    drawn = choose(press(pick_rows(screen("patients"), 0, 1), "Change payer"), practice.acme)
    elsewhere = {"metadata": {"pd_default_payer": practice.ada}}
    quick.sandbox.call("POST", f"/v1/customers/{practice.bo}", elsewhere)
    drawn = press(drawn, "Save payer")
    results = table(drawn).set_index("Patient")["Result"]
    assert results["Ada Byrne"] == "Saved"
    assert results["Bo Lindqvist"].startswith("Somebody changed this patient's payer meanwhile.")
    assert (practice.payer(practice.ada), practice.payer(practice.bo)) == (practice.acme, practice.ada)


def test_those_that_failed_can_be_looked_at_again(quick: World, practice: Practice) -> None:
    drawn = choose(press(pick_rows(screen("patients"), 0, 1), "Change payer"), practice.acme)
    quick.sandbox.call("POST", f"/v1/customers/{practice.bo}", {"metadata": {"pd_default_payer": practice.ada}})
    drawn = press(press(drawn, "Save payer"), "Look at the others again")
    assert labelled(drawn.multiselect, "Patients").value == [practice.bo]
    drawn = choose(drawn, practice.acme)
    assert list(table(drawn)["Pays until now"]) == ["Ada Byrne"]
    press(drawn, "Save payer")
    assert practice.payer(practice.bo) == practice.acme


def test_what_goes_on_by_itself_is_no_failure_and_is_not_offered_again(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patients, "_WAITED_FOR", 0)
    drawn = choose(press(pick_rows(screen("patients"), 0, 1), "Change payer"), practice.acme)
    drawn = press(drawn, "Save payer")
    assert [one.value for one in drawn.info] == ["2 patients are stored and being done: see Activity."]
    assert not drawn.error
    assert "Look at the others again" not in buttons(drawn)


def test_what_was_on_the_screen_is_sent_along_although_the_mirror_has_moved_on(
    quick: World, practice: Practice
) -> None:
    drawn = choose(press(pick_rows(screen("patients"), 1), "Change payer"), practice.acme)
    quick.sandbox.call("POST", f"/v1/customers/{practice.bo}", {"metadata": {"pd_default_payer": practice.ada}})
    quick.sync()
    drawn = press(drawn.run(), "Save payer")
    assert "1 patient was not saved" in said(drawn)
    assert practice.payer(practice.bo) == practice.ada


def test_before_saving_it_is_said_who_will_see_what_and_what_does_not_move(quick: World, practice: Practice) -> None:
    quick.invoice(practice.ada, 18000)
    quick.sync()
    drawn = choose(press(pick_rows(screen("patients"), 0), "Change payer"), practice.acme)
    assert "go to Acme Ltd (organisation, ap@acme.example" in said(drawn)
    assert "description of every line" in said(drawn)
    assert "1 draft or open invoice still bills another payer" in said(drawn)
    assert list(table(drawn, 1)["Billed to"]) == ["Ada Byrne"]


def test_after_saving_the_step_in_hero_is_shown_with_a_link_to_each_patient(
    quick: World, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = "https://hero.example/patients/{reference}"
    sign_in(monkeypatch, replace(quick.ctx, settings=replace(quick.ctx.settings, hero_link=link)), "manager", "noor")
    drawn = choose(press(pick_rows(screen("patients"), 0), "Change payer"), practice.acme)
    drawn = press(drawn, "Save payer")
    assert "Now set it in Hero too" in said(drawn)
    assert list(table(drawn, 1)["Hero"]) == ["https://hero.example/patients/P%2F17"]


def test_nobody_needs_a_mouse_to_give_patients_back_to_themselves(practice: Practice) -> None:
    drawn = press(screen("patients"), "Change payer")
    labelled(drawn.multiselect, "Patients").set_value([practice.ada, practice.bo]).run()
    press(choose(drawn, practice.acme), "Save payer")
    drawn = press(press(screen("patients"), "Change payer"), "Cancel")
    drawn = press(pick_rows(drawn, 0, 1), "Change payer")
    drawn = press(choose(drawn, "self"), "Save payer")
    assert "The patient pays from now on." in said(drawn)
    assert [practice.payer(patient) for patient in (practice.ada, practice.bo)] == ["", ""]


def test_a_payer_who_pays_already_is_nothing_to_save(quick: World, practice: Practice) -> None:
    drawn = choose(press(pick_rows(screen("patients"), 0), "Change payer"), practice.ada)
    drawn = press(drawn, "Save payer")
    assert [plain(one.value) for one in drawn.error] == ["Nothing to change: this is who pays already."]
    assert quick.wire.writes() == []


def test_a_payer_deleted_in_stripe_is_called_so_and_can_be_looked_for(quick: World, practice: Practice) -> None:
    quick.sandbox.call("POST", f"/v1/customers/{practice.bo}", {"metadata": {"pd_default_payer": practice.acme}})
    quick.sandbox.call("DELETE", f"/v1/customers/{practice.acme}")
    quick.sync()
    drawn = labelled(screen("patients").selectbox, "Paid by").set_value("deleted").run()
    assert list(table(drawn)["Patient"]) == ["Bo Lindqvist"]
    assert list(table(drawn)["Default payer"]) == ["Acme Ltd (deleted in Stripe)"]
    drawn = press(pick_rows(drawn, 0), "Change payer")
    assert not [label for label in labelled(drawn.selectbox, "Default payer").options if label.startswith("Acme")]


def test_look_alikes_are_told_apart_by_the_end_of_their_id(quick: World, practice: Practice) -> None:
    twin = quick.patient("Ada Byrne")
    quick.sync()
    options = labelled(press(screen("patients"), "Change payer").multiselect, "Patients").options
    assert {f"Ada Byrne · P/17 · …{practice.ada[-6:]}", f"Ada Byrne · …{twin[-6:]}"} <= set(options)


def test_exactly_one_row_opens_an_account(practice: Practice) -> None:
    drawn = pick_rows(screen("patients"), 0, 1)
    assert labelled(drawn.main.button, "Open account").disabled
    drawn = press(pick_rows(drawn, 1), "Open account")
    assert [title.value for title in drawn.title] == ["Bo Lindqvist"]
    assert not drawn.exception
