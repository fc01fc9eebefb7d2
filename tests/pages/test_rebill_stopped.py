"""A re-billing that stops half-way, at the screen: why, what was left behind, and the way to it."""

from __future__ import annotations

import pytest

from tests.support.drawn import buttons, press, said
from tests.support.payments import by_card
from tests.support.rebilling import left_by_a_colleague, live
from tests.support.signed_in import screen
from tests.support.world import World


def test_when_the_old_one_was_paid_meanwhile_the_new_one_is_named_and_opened(
    quick: World, ada: tuple[str, str]
) -> None:
    patient, acme = ada
    old = quick.invoice(patient, 9900)
    quick.sync()
    drawn = press(screen("invoice", id=old), "Re-bill")
    quick.wire.then("/finalize", lambda: by_card(quick, old))
    drawn = press(drawn, "Re-bill")
    assert "It was paid" in said(drawn)
    assert "The new one is finalised and was not sent: void the new one." in said(drawn)
    assert "A new open invoice of £99.00 for Acme Ltd was made in its place and stands" in said(drawn)
    assert "New invoice for the right payer" not in buttons(drawn)
    opened = press(drawn, "Open the new one")
    assert {"Billed to Acme Ltd"} <= {link.label.replace("\\", "") for link in opened.main.get("page_link")}
    assert "Void" in buttons(opened)
    assert live(quick) == sorted([(acme, "open", 9900), (patient, "paid", 9900)])


def test_what_was_left_behind_is_still_named_to_whoever_looks_later(quick: World, ada: tuple[str, str]) -> None:
    patient, _ = ada
    old = quick.invoice(patient, 9900)
    quick.sync()
    quick.wire.then("/finalize", lambda: by_card(quick, old))
    press(press(screen("invoice", id=old), "Re-bill"), "Re-bill")
    later = press(screen("invoice", id=old), "Re-bill")
    assert "was made in its place and stands" in said(later)
    assert "Open the new one" in buttons(later)


def test_when_it_could_not_be_sent_it_is_not_offered_to_be_billed_a_third_time(
    quick: World, ada: tuple[str, str]
) -> None:
    patient, acme = ada
    old = quick.invoice(patient, 9900)
    quick.sync()
    drawn = press(screen("invoice", id=old), "Re-bill")
    quick.wire.say("/send", 400, message="No such address.")
    drawn = press(drawn, "Re-bill")
    assert "No such address." in said(drawn)
    assert "What was done before that stands." in said(drawn)
    assert "New invoice for the right payer" not in buttons(drawn)
    assert "Send again" in buttons(press(drawn, "Open the new one"))
    assert live(quick) == [(acme, "open", 9900)]


def test_why_the_new_one_does_not_come_to_the_same_is_said_above_what_was_cut_off(
    quick: World, ada: tuple[str, str]
) -> None:
    patient, acme = ada
    old = quick.draft(patient, 7500)
    quick.sync()
    drawn = press(screen("invoice", id=old), "Re-bill")
    more = {"lines": [{"amount": 100, "description": "Postage"}]}
    quick.wire.then("/v1/invoices", lambda: _add_to_newest(quick, acme, more))
    drawn = press(drawn, "Re-bill")
    assert "For this payer Stripe comes to £76.00, not £75.00" in said(drawn)
    assert "Re-billing was cut off" in said(drawn)


def test_when_somebody_deleted_the_old_draft_meanwhile_it_leads_to_the_new_one(
    quick: World, ada: tuple[str, str]
) -> None:
    patient, acme = ada
    old = quick.draft(patient, 7500)
    quick.sync()
    drawn = press(screen("invoice", id=old), "Re-bill")
    quick.wire.then("/add_lines", lambda: quick.sandbox.call("DELETE", f"/v1/invoices/{old}"))
    drawn = press(drawn, "Re-bill")
    assert "Somebody deleted the old draft meanwhile; the new one stands." in said(drawn)
    assert "Delete draft" in buttons(drawn)
    assert live(quick) == [(acme, "draft", 7500)]


def test_finishing_one_that_stops_half_way_leads_to_the_new_one_and_says_why(
    quick: World, ada: tuple[str, str]
) -> None:
    patient, acme = ada
    old, new = left_by_a_colleague(quick, patient, acme, "open")
    drawn = screen("drafts")
    quick.wire.then("/finalize", lambda: by_card(quick, old))
    drawn = press(drawn, "Finish re-billing")
    assert "The new one is finalised and was not sent: void the new one." in said(drawn)
    assert drawn.query_params["id"] == new
    assert "Void" in buttons(drawn)


@pytest.mark.parametrize("known", [False, True], ids=["not heard of yet", "heard of since"])
def test_finishing_does_not_void_what_the_page_showed_as_a_draft(
    quick: World, ada: tuple[str, str], known: bool
) -> None:
    """The page said that the old draft is deleted; its finalising would have raised the new one and spent credit."""
    patient, acme = ada
    quick.entry(acme, -1000)
    old, _ = left_by_a_colleague(quick, patient, acme)
    drawn = screen("drafts")
    assert "Finishing it deletes the old draft" in said(drawn)
    quick.sandbox.call("POST", f"/v1/invoices/{old}/finalize")
    if known:
        quick.sync()
    drawn = press(drawn, "Finish re-billing")
    assert "It was finalised" in said(drawn)
    assert "Nothing was changed; look at it again." in said(drawn)
    assert "finalises the new one and voids the old" in said(drawn)
    assert live(quick) == sorted([(acme, "draft", 7500), (patient, "open", 7500)])
    drawn = press(drawn, "Finish re-billing")
    assert "one invoice stands" in said(drawn)
    assert live(quick) == [(acme, "open", 7500)]


def test_finishing_does_not_go_on_with_a_new_one_that_is_not_as_the_page_showed_it(
    quick: World, ada: tuple[str, str]
) -> None:
    patient, acme = ada
    _, new = left_by_a_colleague(quick, patient, acme, "open")
    drawn = screen("drafts")
    quick.sandbox.call("POST", f"/v1/invoices/{new}", {"description": "To be paid by the 1st"})
    drawn = press(drawn, "Finish re-billing")
    assert "The new invoice is not as it was shown. Nothing was changed; look at it again." in said(drawn)
    assert live(quick) == sorted([(acme, "draft", 7500), (patient, "open", 7500)])


def _add_to_newest(world: World, payer: str, more: dict[str, object]) -> None:
    (made,) = world.sandbox.call("GET", "/v1/invoices", {"customer": payer})["data"]
    world.sandbox.call("POST", f"/v1/invoices/{made['id']}/add_lines", more)
