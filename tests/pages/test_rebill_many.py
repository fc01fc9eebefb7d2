"""Re-billing several at the screen: what is ticked, what is said beforehand, and what came of each."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.support.builders import pay_for
from tests.support.drawn import labelled, press, said
from tests.support.rebilling import live
from tests.support.signed_in import screen
from tests.support.world import World


def _five(world: World, patient: str) -> list[str]:
    """Scenario 24: drafts 7500 and 4200, open 9900, paid 6000, a membership's draft of 3000."""
    drafts, opened, paid = [world.draft(patient, one) for one in (7500, 4200)], world.invoice(patient, 9900), ""
    paid = world.invoice(patient, 6000)
    world.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    month = world.sandbox.seed_subscription_invoice(patient, [{"amount": 3000, "description": "Month"}])["id"]
    world.sync()
    return [*drafts, opened, paid, month]


def test_after_a_change_of_payer_the_open_work_is_offered_in_one_list(quick: World, ada: tuple[str, str]) -> None:
    """Scenario 24."""
    _, acme = ada
    patient = quick.patient("Grace Okoro", metadata={"Hero reference": "P-7"})
    five = _five(quick, patient)
    drawn = press(screen("customer", id=patient), "Change payer")
    labelled(drawn.selectbox, "Default payer").set_value(acme)
    drawn = press(drawn.run(), "Save payer")
    rows = [box for box in drawn.checkbox if "billed to" in box.label]
    assert [(box.value, box.disabled) for box in rows] == [
        (True, False),
        (True, False),
        (False, True),
        (False, False),
        (False, True),
    ]
    assert "£117.00 in all goes to Acme Ltd; 2 old drafts are deleted." in said(drawn)
    assert "Stays. A membership made it" in said(drawn)
    assert "Stays. It is paid" in said(drawn)
    drawn = press(drawn, "Re-bill the ticked ones")
    assert "2 of 2 re-billed. Set the default in Hero too." in said(drawn)
    assert "Now set it in Hero too" in said(drawn)
    moved = [one for one in quick.sandbox.call("GET", "/v1/invoices")["data"] if one["customer"] == acme]
    assert sorted((one["total"], one["status"]) for one in moved) == [(4200, "draft"), (7500, "draft")]
    assert {one["metadata"]["pd_rebilled_from"] for one in moved} == set(five[:2])
    left = [one["total"] for one in quick.sandbox.call("GET", "/v1/invoices")["data"] if one["customer"] == patient]
    assert sorted(left) == [3000, 6000, 9900]


def test_on_the_patients_account_what_is_left_can_be_re_billed_later(quick: World, ada: tuple[str, str]) -> None:
    patient, acme = ada
    opened = quick.invoice(patient, 9900)
    quick.sync()
    drawn = screen("customer", id=patient)
    box = next(one for one in drawn.checkbox if "billed to" in one.label)
    drawn = press(box.check().run(), "Re-bill the ticked ones")
    assert "Re-billed. Set the default in Hero too." in said(drawn)
    assert quick.in_stripe("invoice", opened)["status"] == "void"
    (new,) = [one for one in quick.sandbox.call("GET", "/v1/invoices")["data"] if one["customer"] == acme]
    assert (new["status"], new["total"]) == ("open", 9900)


def test_what_the_new_payer_has_on_account_is_said_before_several_are_raised_anew(
    quick: World, ada: tuple[str, str]
) -> None:
    """The credit goes into the first; the second asks for what the first has left of it."""
    patient, acme = ada
    quick.entry(acme, -12_000)
    opened = [quick.invoice(patient, 9900), quick.invoice(patient, 9900)]
    quick.sync()
    drawn = screen("customer", id=patient)
    for box in [one for one in drawn.checkbox if "billed to" in one.label]:
        box.check()
    drawn = drawn.run()
    assert "Acme Ltd: £120.00 of credit on account is used; £78.00 is to pay." in said(drawn)
    drawn = press(drawn, "Re-bill the ticked ones")
    assert "2 of 2 re-billed." in said(drawn)
    assert {quick.in_stripe("invoice", one)["status"] for one in opened} == {"void"}
    assert quick.balance(acme) == 0


def test_several_are_not_raised_anew_against_another_balance_than_was_said(quick: World, ada: tuple[str, str]) -> None:
    patient, acme = ada
    opened = quick.invoice(patient, 9900)
    quick.sync()
    drawn = screen("customer", id=patient)
    drawn = next(one for one in drawn.checkbox if "billed to" in one.label).check().run()
    quick.entry(acme, -5000)
    drawn = press(drawn, "Re-bill the ticked ones")
    assert any("The balance changed meanwhile: it is £50.00 in credit now" in each for each in results(drawn))
    assert (quick.in_stripe("invoice", opened)["status"], quick.balance(acme)) == ("open", -5000)


def test_a_draft_that_changed_while_somebody_looked_is_not_moved(quick: World, ada: tuple[str, str]) -> None:
    patient, _ = ada
    draft = quick.draft(patient, 7500)
    quick.sync()
    drawn = screen("customer", id=patient)
    more = {"lines": [{"amount": 100_000, "description": "Surgery"}]}
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/add_lines", more)
    quick.sync()
    drawn = press(drawn, "Re-bill the ticked ones")
    assert any("This invoice is not as it was shown." in each for each in results(drawn))
    assert live(quick) == [(patient, "draft", 107_500)]


def test_a_draft_that_arrived_while_somebody_looked_is_not_moved_unseen(quick: World, ada: tuple[str, str]) -> None:
    patient, acme = ada
    quick.draft(patient, 7500)
    quick.sync()
    drawn = screen("customer", id=patient)
    quick.draft(patient, 4200)
    quick.sync()
    drawn = press(drawn, "Re-bill the ticked ones")
    assert "Re-billed. Set the default in Hero too." in said(drawn)
    assert live(quick) == sorted([(acme, "draft", 7500), (patient, "draft", 4200)])
    drawn = press(drawn, "Re-bill the ticked ones")
    assert live(quick) == sorted([(acme, "draft", 7500), (acme, "draft", 4200)])


def test_what_is_shown_goes_to_whom_it_was_shown_although_the_payer_changed_since(
    quick: World, ada: tuple[str, str]
) -> None:
    patient, acme = ada
    quick.draft(patient, 7500)
    corvane = quick.customer("Corvane")
    quick.sync()
    drawn = screen("customer", id=patient)
    assert "£75.00 in all goes to Acme Ltd" in said(drawn)
    pay_for(quick, patient, corvane, now=acme)
    press(drawn, "Re-bill the ticked ones")
    assert live(quick) == [(acme, "draft", 7500)]


def test_what_was_re_billed_and_not_sent_is_told_as_that_and_what_is_not_confirmed_too(
    quick: World, ada: tuple[str, str]
) -> None:
    patient, _ = ada
    first = quick.invoice(patient, 9900)
    quick.wait(60)
    second = quick.invoice(patient, 6000)
    quick.sync()
    drawn = screen("customer", id=patient)
    for box in [one for one in drawn.checkbox if "billed to" in one.label]:
        box.check()
    drawn = labelled(drawn.run().checkbox, "Send what was open to the new payer by email").check().run()
    quick.wire.say("/send", 400, message="No such address.")
    quick.wire.cut(f"{second}/void", times=10)
    drawn = press(drawn, "Re-bill the ticked ones")
    told = "".join(results(drawn))
    assert "Re-billed, but not sent. Stripe refused this: No such address." in told
    assert "Stripe has not confirmed this yet." in told
    assert "1 of 2 re-billed. Set the default in Hero too." in said(drawn)
    assert "1 was not sent: the reason stands beside it." in said(drawn)
    assert "1 is not yet confirmed: Activity will show what became of it." in said(drawn)
    assert "What was not re-billed" not in said(drawn)
    assert [quick.in_stripe("invoice", one)["status"] for one in (first, second)] == ["void", "open"]


def results(drawn: AppTest) -> list[str]:
    return [str(table.value.to_dict()) for table in drawn.dataframe]
