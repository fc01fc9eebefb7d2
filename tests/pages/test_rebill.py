"""Re-billing at the screen: what is said beforehand, what comes of it, and what is left to do."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.drawn import buttons, figures, labelled, press, said
from tests.support.signed_in import screen, sign_in
from tests.support.world import World


def opened(invoice: str) -> AppTest:
    return press(screen("invoice", id=invoice), "Re-bill")


def test_an_open_invoice_moves_with_everything_said_beforehand(quick: World, ada: tuple[str, str]) -> None:
    """Scenario 11."""
    patient, acme = ada
    quick.entry(patient, -6000)
    quick.entry(acme, -1000)
    old = quick.invoice(patient, 10_000)
    quick.sync()
    drawn = opened(old)
    assert labelled(drawn.selectbox, "Who pays instead").value == acme
    words, told = said(drawn), figures(drawn)
    assert "Acme Ltd (organisation at ap@acme.example) will be able to read Ada Byrne's name and every line" in words
    assert "£10.00 credit used, £90.00 to pay." in words
    assert "£60.00 of credit goes back to Ada Byrne's account." in told
    assert "16 Dec 2026, 30 days from now, by the new payer's terms" in told
    assert quick.wire.writes()[-1].endswith(patient)  # nothing since the payer was set
    done = press(drawn, "Re-bill")
    assert "took the place of" in said(done)
    assert "Set the payer in Hero too." in said(done)
    assert (quick.in_stripe("invoice", old)["status"], quick.balance(patient), quick.balance(acme)) == (
        "void",
        -6000,
        0,
    )
    assert "Billed to Acme Ltd" in [link.label.replace("\\", "") for link in done.main.get("page_link")]


def test_nothing_is_moved_while_nobody_is_chosen(quick: World, ada: tuple[str, str]) -> None:
    draft = quick.draft(quick.customer("Corvane"), 7500)
    quick.sync()
    drawn = press(opened(draft), "Re-bill")
    assert "Choose who pays instead." in said(drawn)
    assert "cancel" in " ".join(buttons(drawn)).lower()
    assert quick.in_stripe("invoice", draft)["status"] == "draft"


def test_it_is_not_sent_to_a_payer_without_an_address_after_the_tick_was_set_for_another(
    quick: World, ada: tuple[str, str]
) -> None:
    patient, _ = ada
    corvane = quick.customer("Corvane")
    old = quick.invoice(patient, 9900)
    quick.sync()
    drawn = opened(old)
    assert labelled(drawn.checkbox, "Send it to Acme Ltd by email").value
    drawn = labelled(drawn.selectbox, "Who pays instead").set_value(corvane).run()
    box = labelled(drawn.checkbox, "Send it to Corvane by email")
    assert (box.value, box.disabled) == (False, True)
    done = press(drawn, "Re-bill")
    assert "took the place of" in said(done)
    assert not [path for path in quick.wire.writes() if path.endswith("/send")]


def test_a_balance_that_moved_while_somebody_read_the_preview_stops_it(quick: World, ada: tuple[str, str]) -> None:
    patient, acme = ada
    old = quick.invoice(patient, 10_000)
    quick.sync()
    drawn = opened(old)
    quick.entry(acme, -1000)
    drawn = press(drawn, "Re-bill")
    assert "The balance changed meanwhile" in said(drawn)
    assert quick.in_stripe("invoice", old)["status"] == "open"


def test_one_that_credit_paid_names_the_credit_note(quick: World, ada: tuple[str, str]) -> None:
    """Scenario 13."""
    patient, _ = ada
    quick.entry(patient, -25_000)
    old = quick.invoice(patient, 18_000)
    quick.sync()
    drawn = opened(old)
    assert "Credit on account paid it (£180.00)" in said(drawn)
    assert "Issue a credit note" in buttons(drawn)
    assert "Re-bill" not in buttons(drawn)


def test_a_pair_that_was_left_is_shown_and_finished(quick: World, ada: tuple[str, str]) -> None:
    """Scenario 25."""
    patient, acme = ada
    old = quick.draft(patient, 7500)
    new = quick.draft(acme, 7500, metadata={"pd_rebilled_from": old, "pd_patient": patient})
    quick.sync()
    for side in (old, new):
        assert "Re-billing was cut off" in said(screen("invoice", id=side))
    assert "Re-billing was cut off" in said(opened(old))
    done = press(screen("invoice", id=old), "Finish re-billing")
    assert "one invoice stands" in said(done)
    left = quick.sandbox.call("GET", "/v1/invoices")["data"]
    assert [(one["id"], one["total"]) for one in left] == [(new, 7500)]


def test_a_viewer_has_no_such_button(quick: World, ada: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    draft = quick.draft(ada[0], 7500)
    quick.draft(ada[1], 7500, metadata={"pd_rebilled_from": draft, "pd_patient": ada[0]})
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    assert not {"Re-bill", "Finish re-billing"} & set(buttons(screen("invoice", id=draft)))


def test_finishing_one_that_was_cut_off_says_what_becomes_of_the_new_payers_credit(
    quick: World, ada: tuple[str, str]
) -> None:
    patient, acme = ada
    old = quick.invoice(patient, 9900)
    quick.draft(acme, 9900, metadata={"pd_rebilled_from": old, "pd_patient": patient})
    quick.entry(acme, -5000)
    quick.sync()
    drawn = screen("invoice", id=old)
    assert "Acme Ltd: £50.00 credit used, £49.00 to pay." in said(drawn)
    quick.entry(acme, -1000)
    assert "The balance changed meanwhile" in said(press(drawn, "Finish re-billing"))
    assert (quick.in_stripe("invoice", old)["status"], quick.balance(acme)) == ("open", -6000)


def test_what_went_astray_is_on_the_overview_with_the_way_to_put_it_right(quick: World, ada: tuple[str, str]) -> None:
    patient, _ = ada
    opened = quick.invoice(patient, 9900)
    quick.wait(60)
    quick.draft(patient, 7500)
    quick.sync()
    drawn = screen("overview")
    assert "2 invoices went to the patient although an organisation pays for them: £174.00 remaining." in said(drawn)
    drawn = labelled(drawn.main.button, "Re-bill").click().run()
    assert "Re-bill to another payer" in said(drawn)
    press(drawn, "Re-bill")
    assert quick.in_stripe("invoice", opened)["status"] == "void"
    assert "1 invoice went to the patient" in said(screen("overview"))


def test_where_nothing_went_astray_the_overview_is_silent(quick: World, ada: tuple[str, str]) -> None:
    quick.invoice(ada[1], 9900)
    quick.sync()
    assert "although an organisation pays" not in said(screen("overview"))
