"""Recording a remittance at the screen, and finding it again (scenario 28)."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.drawn import buttons, labelled, press, said, table
from tests.support.drawn import figures as small_tables
from tests.support.payments import by_card, figures
from tests.support.remitting import remit, scenario
from tests.support.signed_in import screen, sign_in
from tests.support.sinks import HOSTILE, raw_names
from tests.support.world import World

Acme = tuple[str, list[str]]


@pytest.fixture
def acme(quick: World, monkeypatch: pytest.MonkeyPatch) -> Acme:
    """Acme owes 50000, 40000 and 35000; the manager Maud is at the screen."""
    found = scenario(quick)
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return found


def form(payer: str, amount: str, way: str = "") -> AppTest:
    """The form for a payer, with a transfer of this amount under ACM-7781 typed in."""
    drawn = screen("remittances", payer=payer)
    labelled(drawn.selectbox, "Method").select("Bank transfer")
    labelled(drawn.text_input, "Amount received").set_value(amount)
    drawn = labelled(drawn.text_input, "Reference").set_value("ACM-7781").run()
    drawn = labelled(drawn.radio, "Share it out").set_value(way).run() if way else drawn
    again = [one for one in drawn.text_input if one.label == "Type the amount once more"]
    return again[0].set_value(amount).run() if again else drawn


def tick(drawn: AppTest) -> AppTest:
    return drawn.checkbox[0].check().run()


def all_of(world: World, invoices: list[str]) -> list[tuple[str, int, int]]:
    return [figures(world, invoice) for invoice in invoices]


def numbers(world: World, invoices: list[str]) -> list[str]:
    return [world.in_stripe("invoice", invoice)["number"] for invoice in invoices]


def paste(drawn: AppTest, text: str) -> AppTest:
    return labelled(drawn.text_area, "Invoice numbers and amounts").set_value(text).run()


def test_nobody_who_only_looks_can_record_one(quick: World, acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    drawn = screen("remittances", payer=acme[0])
    assert "Record a remittance" not in buttons(drawn)
    assert not drawn.text_area
    assert "No remittance has been recorded yet." in said(drawn)


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("query", [{"id": "nothing"}, {"id": "<b>"}])
def test_an_address_that_leads_nowhere_gets_a_sentence_and_a_way_back(query: dict[str, str]) -> None:
    drawn = screen("remittances", **query)
    assert "There is no such remittance here." in said(drawn)
    assert not drawn.exception


def test_nothing_typed_is_told_field_by_field(acme: Acme) -> None:
    drawn = press(screen("remittances", payer=acme[0]), "Continue")
    assert "Choose how the money came." in said(drawn)
    assert "Enter the reference" in said(drawn)


@pytest.mark.usefixtures("acme")
def test_a_payer_is_asked_for_first() -> None:
    drawn = press(screen("remittances"), "Record a remittance")
    assert "Choose whose payment this is." in said(press(drawn, "Continue"))


def test_what_is_left_over_is_not_kept_without_its_own_tick(quick: World, acme: Acme) -> None:
    drawn = form(acme[0], "1,300.00")
    assert "£1,250.00 of £1,300.00 is shared out; £50.00 is left over." in said(drawn)
    drawn = press(drawn, "Continue")
    assert "£50.00 is left over. Share it out, or agree that it becomes credit on account." in said(drawn)
    assert (quick.intents(), all_of(quick, acme[1])[0]) == ([], ("open", 0, 50_000))
    assert labelled(drawn.text_input, "Reference").value == "ACM-7781"


def test_a_tick_for_one_figure_is_none_for_another(acme: Acme) -> None:
    drawn = tick(form(acme[0], "1,300.00"))
    drawn = labelled(drawn.text_input, "Amount received").set_value("1,900.00").run()
    assert [(one.label.replace("\\", ""), one.value) for one in drawn.checkbox] == [
        ("Keep the £650.00 that is left over as credit on the payer's account", False)
    ]


def test_an_invoice_that_moved_stops_it_and_shows_the_new_figures(quick: World, acme: Acme) -> None:
    """Scenario 27."""
    drawn = press(form(acme[0], "1,200.00"), "Continue")
    by_card(quick, acme[1][0])
    drawn = press(drawn, "Yes, record £1,200.00")
    assert "was paid at 12:00 by card" in said(drawn)
    assert all_of(quick, acme[1])[1:] == [("open", 0, 40_000), ("open", 0, 35_000)]


def test_oldest_due_first_is_shown_asked_and_done(quick: World, acme: Acme) -> None:
    """Scenario 28."""
    payer, invoices = acme
    drawn = form(payer, "1,200.00")
    assert [int(one) for one in table(drawn)["Gets"]] == [500, 400, 300]
    assert [int(one) for one in table(drawn)["Stays to pay"]] == [0, 0, 50]
    drawn = press(drawn, "Continue")
    third = numbers(quick, invoices)[2]
    assert f"2 of 3 invoices are paid in full. {third} stays open at £50.00." in said(drawn)
    drawn = press(drawn, "Yes, record £1,200.00")
    assert "£1,200.00 was recorded over 3 invoices." in said(drawn)
    assert all_of(quick, invoices) == [("paid", 50_000, 0), ("paid", 40_000, 0), ("open", 30_000, 5000)]
    drawn = press(drawn, "Done")
    assert list(table(drawn)["Reference"]) == ["ACM-7781"]
    assert list(table(drawn)["State"]) == ["Recorded"]


def test_the_rest_becomes_credit_once_it_was_ticked(quick: World, acme: Acme) -> None:
    """Scenario 28: 130000."""
    payer, invoices = acme
    drawn = press(tick(form(payer, "1,300.00")), "Continue")
    assert "Becomes credit on account £50.00" in small_tables(drawn)
    assert "£50.00 becomes credit on the account." in said(drawn)
    press(drawn, "Yes, record £1,300.00")
    assert ([status for status, _, _ in all_of(quick, invoices)], quick.balance(payer)) == (["paid"] * 3, -5000)


def test_the_same_payment_again_needs_a_second_yes(quick: World, acme: Acme) -> None:
    payer, invoices = acme
    remit(quick, payer, 20_000)
    drawn = press(press(form(payer, "200.00"), "Continue"), "Yes, record £200.00")
    assert "£200.00 with this reference was recorded" in said(drawn)
    assert figures(quick, invoices[0]) == ("open", 20_000, 30_000)
    press(drawn, "Yes, record £200.00 anyway")
    assert figures(quick, invoices[0]) == ("open", 40_000, 10_000)


def by_hand(drawn: AppTest, number: str, amount: str) -> AppTest:
    plain = {one.label.replace("\\", "").replace("\u2060", ""): one for one in drawn.text_input}
    return plain[f"Amount for {number}"].set_value(amount).run()


@pytest.mark.parametrize("typed", ["500.01", "-1", "ten"])
def test_a_wrong_amount_by_hand_is_named_with_its_invoice(quick: World, acme: Acme, typed: str) -> None:
    first = numbers(quick, acme[1])[0]
    drawn = by_hand(form(acme[0], "600.00", "By hand"), first, typed)
    drawn = press(drawn, "Continue")
    assert first in " ".join(str(one.value).replace("\\", "") for one in drawn.error)
    assert not [label for label in buttons(drawn) if label.startswith("Yes")]
    assert quick.intents() == []


def test_by_hand_it_goes_where_somebody_says(quick: World, acme: Acme) -> None:
    payer, invoices = acme
    drawn = form(payer, "300.00", "By hand")
    drawn = press(drawn, "Fill in oldest first")
    first, _, third = numbers(quick, invoices)
    drawn = by_hand(by_hand(drawn, first, ""), third, "300.00")
    assert "All of £300.00 is shared out." in said(drawn)
    press(press(drawn, "Continue"), "Yes, record £300.00")
    assert [left for _, _, left in all_of(quick, invoices)] == [50_000, 40_000, 5000]


def test_of_many_invoices_some_are_shown_and_what_was_typed_for_others_counts(quick: World, acme: Acme) -> None:
    payer = quick.customer("Bright & Co")
    invoices = [quick.invoice(payer, 1000) for _ in range(45)]
    quick.sync()
    drawn = form(payer, "20.00", "By hand")
    assert "40 of 45 invoices are shown" in said(drawn)
    first, last = numbers(quick, [invoices[0], invoices[44]])
    drawn = labelled(drawn.text_input, "Find an invoice").set_value(last).run()
    drawn = by_hand(drawn, last, "10.00")
    drawn = labelled(drawn.text_input, "Find an invoice").set_value(first).run()
    drawn = by_hand(drawn, first, "10.00")
    assert "All of £20.00 is shared out." in said(drawn)
    press(press(drawn, "Continue"), "Yes, record £20.00")
    assert [figures(quick, one)[0] for one in (invoices[0], invoices[1], invoices[44])] == ["paid", "open", "paid"]


def test_a_form_that_was_left_asks_for_nothing_that_nobody_sees(quick: World, acme: Acme) -> None:
    drawn = press(form(acme[0], "500.00"), "Continue")
    drawn = drawn.switch_page("../../pages/balances.py").run()
    drawn = drawn.switch_page("../../pages/remittances.py").run()
    assert not [label for label in buttons(drawn) if label.startswith("Yes")]
    assert quick.intents() == []


def test_a_form_that_was_left_open_for_one_payer_is_not_the_next_ones(quick: World, acme: Acme) -> None:
    other = quick.customer("Other Ltd")
    quick.invoice(other, 9000)
    quick.sync()
    drawn = form(acme[0], "500.00")
    drawn.query_params["payer"] = other
    drawn = drawn.run()
    assert "Other Ltd" in labelled(drawn.selectbox, "Payer").format_func(other)
    assert labelled(drawn.selectbox, "Payer").value == other
    assert labelled(drawn.text_input, "Amount received").value == ""


def test_every_line_of_a_list_that_cannot_be_used_is_named(quick: World, acme: Acme) -> None:
    first, second, _ = numbers(quick, acme[1])
    drawn = form(acme[0], "900.00", "From a list")
    drawn = paste(drawn, f"Invoice,Amount\n{first},500.00\n{second},400.01\nXX-1,5.00\n{second}\n")
    wrong = table(drawn, 0)
    assert [int(line) for line in wrong["Line"]] == [3, 4, 5]
    drawn = press(drawn, "Continue")
    assert "3 lines of the list cannot be used. Correct or remove them first." in said(drawn)
    assert quick.intents() == []


def test_a_list_is_pasted_and_shared_out_as_it_says(quick: World, acme: Acme) -> None:
    payer, invoices = acme
    first, second, _ = numbers(quick, invoices)
    drawn = paste(form(payer, "700.00", "From a list"), f"{second};£400.00\n{first};300\n")
    press(press(drawn, "Continue"), "Yes, record £700.00")
    assert [left for _, _, left in all_of(quick, invoices)] == [20_000, 0, 35_000]


def test_an_uploaded_list_goes_into_the_field_where_it_can_be_corrected(quick: World, acme: Acme) -> None:
    first = numbers(quick, acme[1])[0]
    drawn = form(acme[0], "500.00", "From a list")
    upload = labelled(drawn.get("file_uploader"), "Upload a list")
    drawn = upload.set_value(("list.csv", f"Invoice,Amount\n{first},500.00\n".encode(), "text/csv")).run()
    assert first in labelled(drawn.text_area, "Invoice numbers and amounts").value
    press(press(drawn, "Continue"), "Yes, record £500.00")
    assert figures(quick, acme[1][0]) == ("paid", 50_000, 0)


def test_a_payer_without_open_invoices_is_told_so(quick: World, acme: Acme) -> None:
    other = quick.customer("Other Ltd")
    quick.sync()
    drawn = screen("remittances", payer=other)
    assert "This payer owes nothing." in said(drawn)


def test_a_remittance_is_found_again_with_its_lines(quick: World, acme: Acme) -> None:
    payer, invoices = acme
    remit(quick, payer, 130_000, keep_surplus=True)
    drawn = screen("remittances")
    for text, count in (("7781", 1), ("acme", 1), ("£1,300", 1), ("16/11/2026", 1), ("ACM-9", 0)):
        drawn = labelled(drawn.text_input, "Search").set_value(text).run()
        assert len(drawn.dataframe) == count, text
    drawn = screen("remittances", id=quick.intents()[0].id)
    assert "Received £1,300.00 Reference ACM-7781 Method Bank transfer Received on 16 Nov 2026" in small_tables(drawn)
    assert "Shared out £1,250.00 Became credit on account £50.00 State Recorded" in small_tables(drawn)
    assert [int(one) for one in table(drawn)["Got"]] == [500, 400, 350]
    assert list(table(drawn)["Invoice"]) == numbers(quick, invoices)


def test_one_that_stopped_half_way_names_what_is_missing(quick: World, acme: Acme) -> None:
    payer, invoices = acme
    quick.wire.then("attach_payment", lambda: by_card(quick, invoices[1]))
    drawn = press(press(form(payer, "1,200.00"), "Continue"), "Yes, record £1,200.00")
    assert "What was done before that stands." in said(drawn)
    drawn = screen("remittances", id=quick.intents()[0].id)
    assert "£700.00 was not recorded." in said(drawn)
    assert "State Partly recorded" in small_tables(drawn)


def test_after_one_that_stopped_half_way_the_amount_is_asked_for_anew(quick: World, acme: Acme) -> None:
    """£1,200.00 would offer the £500.00 that is recorded as credit."""
    payer, invoices = acme
    quick.wire.then("attach_payment", lambda: by_card(quick, invoices[1]))
    drawn = press(press(form(payer, "1,200.00"), "Continue"), "Yes, record £1,200.00")
    assert "£500.00 of the £1,200.00 is recorded." in said(drawn)
    assert labelled(drawn.text_input, "Amount received").value == ""
    assert (labelled(drawn.selectbox, "Payer").value, labelled(drawn.selectbox, "Method").value) == (
        payer, "Bank transfer",
    )  # fmt: skip
    assert labelled(drawn.text_input, "Reference").value == "ACM-7781"
    drawn = labelled(drawn.text_input, "Amount received").set_value("350.00").run()
    assert "All of £350.00 is shared out." in said(drawn)
    press(press(drawn, "Continue"), "Yes, record £350.00")
    assert all_of(quick, invoices)[2] == ("paid", 35_000, 0)
    assert quick.balance(payer) == 0


def test_after_one_that_stopped_half_way_the_whole_needs_a_second_yes(quick: World, acme: Acme) -> None:
    payer, invoices = acme
    quick.wire.then("attach_payment", lambda: by_card(quick, invoices[1]))
    press(press(form(payer, "1,200.00"), "Continue"), "Yes, record £1,200.00")
    drawn = press(press(tick(form(payer, "1,200.00")), "Continue"), "Yes, record £1,200.00")
    assert "£500.00 of £1,200.00 with this reference was recorded" in said(drawn)
    assert quick.balance(payer) == 0


def test_hostile_names_and_references_stay_letters(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = quick.customer(HOSTILE)
    quick.invoice(evil, 9000)
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    drawn = form(evil, "90.00")
    drawn = labelled(drawn.text_input, "Reference").set_value(HOSTILE).run()
    drawn = press(drawn, "Continue")
    assert not raw_names(drawn)
    drawn = press(drawn, "Yes, record £90.00")
    assert not raw_names(drawn)
    assert not raw_names(screen("remittances", id=quick.intents()[0].id))
