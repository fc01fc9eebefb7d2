"""Who pays for a patient: one, many, and what is in the way."""

from __future__ import annotations

from typing import Any

import pytest

from lib.actions import patients, resolver
from lib.errors import Changed, NotAllowed, Refused
from lib.queries import patients as lists
from lib.queries.payer_history import payer_history
from tests.support.builders import pay_for
from tests.support.world import World


def _payer(world: World, patient: str) -> str:
    return world.in_stripe("customer", patient)["metadata"].get("pd_default_payer", "")


def test_an_organisation_becomes_the_payer_of_a_patient(world: World) -> None:
    acme, ada = world.customer(), world.patient()
    world.sync()
    pay_for(world, ada, acme)
    assert _payer(world, ada) == acme
    row = lists.table(world.ctx).rows.iloc[0]
    assert (row["payer"], row["payer_name"]) == (acme, "Acme Ltd")


def test_heros_own_labels_stay_as_they_are(quick: World) -> None:
    acme, ada = quick.customer(), quick.patient(metadata={"Postcode": "E1 1AA", "Mobile": "07700 900000"})
    pay_for(quick, ada, acme)
    tags = quick.in_stripe("customer", ada)["metadata"]
    assert {key: tags[key] for key in ("Full name", "Postcode", "Mobile")} == {
        "Full name": "Ada Byrne",
        "Postcode": "E1 1AA",
        "Mobile": "07700 900000",
    }


def test_a_patient_who_pays_again_themself_has_no_payer_label(world: World) -> None:
    acme, ada = world.customer(), world.patient()
    pay_for(world, ada, acme)
    pay_for(world, ada, ada, now=acme)
    assert "pd_default_payer" not in world.in_stripe("customer", ada)["metadata"]


def test_a_payer_changed_by_another_hand_meanwhile_is_not_written_over(world: World) -> None:
    acme, corvane, ada = world.customer(), world.customer("Corvane"), world.patient()
    world.sandbox.call("POST", f"/v1/customers/{ada}", {"metadata": {"pd_default_payer": corvane}})
    with pytest.raises(Changed):
        pay_for(world, ada, acme)
    assert _payer(world, ada) == corvane


def test_an_answer_lost_sets_the_payer_once(world: World) -> None:
    acme, ada = world.customer(), world.patient()
    world.wire.lose(ada)
    pay_for(world, ada, acme)
    assert (_payer(world, ada), [intent.state for intent in world.intents()]) == (acme, ["done"])


def test_of_many_patients_the_one_in_the_way_is_told_apart_and_the_others_are_done(world: World) -> None:
    acme, corvane = world.customer(), world.customer("Corvane")
    ada, ben, cy, dee = (world.patient(name) for name in ("Ada", "Ben", "Cy", "Dee"))
    world.sandbox.call("DELETE", f"/v1/customers/{ben}")
    world.sandbox.call("POST", f"/v1/customers/{cy}", {"metadata": {"pd_default_payer": corvane}})
    told = patients.change_payer(world.ctx, {p: p for p in (ada, ben, cy, dee)}, acme, form=world.form())
    words = {result.patient: result.words for result in told}
    assert (words[ada], words[dee]) == ("", "")
    assert "deleted in Stripe" in words[ben]
    assert "Somebody changed" in words[cy]
    assert [_payer(world, patient) for patient in (ada, cy, dee)] == [acme, corvane, acme]


def test_many_patients_sent_twice_are_changed_once_each(world: World) -> None:
    acme, form = world.customer(), world.form()
    chosen = {patient: patient for patient in (world.patient("Ada"), world.patient("Ben"))}
    for _ in range(2):
        told = patients.change_payer(world.ctx, chosen, acme, form=form)
        assert [result.words for result in told] == ["", ""]
    assert len(world.intents()) == 2


def test_what_many_take_longer_than_a_person_waits_is_stored_and_done_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, form = world.customer(), world.form()
    chosen = {patient: patient for patient in (world.patient(f"Patient {n}") for n in range(12))}
    monkeypatch.setattr(patients, "_WAITED_FOR", 0)
    told = patients.change_payer(world.ctx, chosen, acme, form=form)
    assert {(result.words, result.pending) for result in told} == {(patients._GOES_ON, True)}
    assert [intent.state for intent in world.intents()] == ["planned"] * 12
    world.wait(40)
    assert resolver.resolve(world.ctx.as_actor(None)) == 12
    assert {_payer(world, patient) for patient in chosen} == {acme}
    assert {intent.state for intent in world.intents()} == {"done"}


def test_a_kill_in_the_middle_of_many_loses_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = world.customer()
    chosen = {patient: patient for patient in (world.patient(f"Patient {n}") for n in range(6))}
    submit, done = patients.submit, []

    def die(*given: Any, later: bool, **more: Any) -> Any:
        if not later and len(done) == 2:
            raise KeyboardInterrupt
        done.extend([1] * (not later))
        return submit(*given, later=later, **more)

    monkeypatch.setattr(patients, "_AT_ONCE", 1)
    with monkeypatch.context() as dying:
        dying.setattr(patients, "submit", die)
        with pytest.raises(KeyboardInterrupt):
            patients.change_payer(world.ctx, chosen, acme, form=world.form())
    assert [_payer(world, patient) for patient in chosen].count(acme) == 2
    world.wait(40)
    resolver.resolve(world.ctx.as_actor(None))
    assert {_payer(world, patient) for patient in chosen} == {acme}


@pytest.mark.parametrize(("chosen", "payer", "field"), [({}, "cus_x", "patients"), ({"cus_p": "cus_p"}, "", "payer")])
def test_a_choice_that_is_missing_is_named(quick: World, chosen: dict, payer: str, field: str) -> None:
    with pytest.raises(Refused) as no:
        patients.change_payer(quick.ctx, chosen, payer, form=quick.form())
    assert no.value.field == field


def test_a_payer_who_was_deleted_stops_it_before_any_patient_is_touched(world: World) -> None:
    acme, ada = world.customer(), world.patient()
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    with pytest.raises(Refused, match="deleted") as no:
        patients.change_payer(world.ctx, {ada: ada}, acme, form=world.form())
    assert (no.value.field, world.intents()) == ("payer", [])


def test_an_organisation_is_no_patient(quick: World) -> None:
    acme, corvane = quick.customer(), quick.customer("Corvane")
    with pytest.raises(Refused, match="not a patient"):
        pay_for(quick, acme, corvane)


def test_a_viewer_may_not_change_who_pays(world: World) -> None:
    acme, ada = world.customer(), world.patient()
    with pytest.raises(NotAllowed):
        patients.change_payer(world.person("vera", "viewer"), {ada: ada}, acme, form=world.form())
    assert (world.intents(), world.wire.asked) == ([], [])


def test_who_changed_the_payer_from_whom_to_whom_and_when_stays_visible(world: World) -> None:
    acme, corvane, ada = world.customer(), world.customer("Corvane"), world.patient()
    pay_for(world, ada, acme)
    world.wait(60)
    pay_for(world, ada, corvane, now=acme)
    history = payer_history(world.ctx, ada)
    assert [tuple(row) for row in history[["actor", "was", "now"]].to_numpy()] == [
        ("Mira", acme, corvane),
        ("Mira", ada, acme),
    ]


def test_open_work_under_the_old_payer_is_listed_and_left_alone(world: World) -> None:
    """Scenario 24, its first half."""
    acme, ada = world.customer(), world.patient()
    drafts = [world.draft(ada, 7500), world.draft(ada, 4200)]
    opened = world.invoice(ada, 9900)
    paid = world.invoice(ada, 6000)
    world.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    world.sync()
    pay_for(world, ada, acme)
    found = lists.open_work(world.ctx, [ada])
    assert set(found["id"]) == {*drafts, opened}
    assert set(found["payer"]) == {ada}
