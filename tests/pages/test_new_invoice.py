"""The page for a new invoice: what the preview shows is exactly what is saved, once, and nothing else is."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui import pickers
from tests.support.drawn import buttons, figures, labelled, plain, press, said
from tests.support.signed_in import screen, sign_in
from tests.support.world import World


class Practice:
    """Ada, whose default payer is Acme (terms 45 days, a purchase order of its own); the manager Maud is there."""

    def __init__(self, quick: World) -> None:
        self.world = quick
        fields = [{"name": "Purchase order", "value": "PO-1042"}]
        self.acme = quick.customer(
            "Acme Ltd",
            email="ap@acme.example",
            metadata={"pd_terms_days": "45"},
            invoice_settings={"custom_fields": fields},
        )
        self.school = quick.customer("St Aldwyn's", email="bursar@school.example")
        self.ada = quick.patient("Ada Byrne", email="ada@home.example", metadata={"pd_default_payer": self.acme})
        quick.sync()

    def raised(self) -> list[dict]:
        """Every invoice in Stripe, the newest first."""
        return self.world.sandbox.call("GET", "/v1/invoices", {"limit": 100})["data"]

    def payer_of_ada(self) -> str:
        return self.world.in_stripe("customer", self.ada)["metadata"]["pd_default_payer"]


@pytest.fixture
def practice(quick: World, monkeypatch: pytest.MonkeyPatch) -> Practice:
    """A small practice with the manager Maud at the screen."""
    made = Practice(quick)
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return made


def typed(drawn: AppTest, description: str, price: str, *, quantity: str = "", vat: str = "") -> AppTest:
    """Fill in the fields of a line."""
    labelled(drawn.text_input, "Description").set_value(description)
    labelled(drawn.text_input, "Unit price").set_value(price)
    if quantity:
        labelled(drawn.text_input, "Quantity").set_value(quantity)
    if vat:
        labelled(drawn.selectbox, "VAT").set_value(vat)
    return drawn.run()


def billed_to(drawn: AppTest, payer: str) -> AppTest:
    return labelled(drawn.selectbox, "Bill to").set_value(payer).run()


def amount(drawn: AppTest, label: str) -> str:
    """The amount beside a label of the preview."""
    return figures(drawn).partition(f"{label} ")[2].partition(" ")[0]


def errors(drawn: AppTest) -> list[str]:
    return [plain(one.value) for one in drawn.error]


def shows_invoice(drawn: AppTest) -> bool:
    return drawn.title[0].value.startswith(("Invoice", "Draft"))


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


def test_a_deleted_default_payer_is_said_and_not_chosen(quick: World, practice: Practice) -> None:
    quick.sandbox.call("DELETE", f"/v1/customers/{practice.acme}")
    quick.sync()
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90")
    assert "The patient's default payer, Acme Ltd, was deleted in Stripe. Choose who pays instead." in said(drawn)
    assert labelled(drawn.selectbox, "Bill to").value is None


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


def test_a_description_and_a_price_are_enough_for_an_invoice(practice: Practice) -> None:
    """The payer, the terms and the purchase order are the payer's own; the line need not be added."""
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "£90.00")
    assert "being typed" in said(drawn)
    drawn = press(drawn, "Finalise and send")
    [found] = practice.raised()
    assert [found[name] for name in ("customer", "total", "status")] == [practice.acme, 9000, "open"]
    assert found["metadata"]["pd_patient"] == practice.ada
    assert found["custom_fields"] == [{"name": "Purchase order", "value": "PO-1042"}]
    assert (found["due_date"] - found["created"]) // 86_400 == 45
    assert f"Invoice {found['number']} was finalised and sent, £90.00 to pay." in said(drawn)


def test_what_is_printed_on_all_of_a_payers_invoices_stays_beside_the_reference(
    quick: World, practice: Practice
) -> None:
    fields = [{"name": "Supplier no.", "value": "8841"}]
    quick.sandbox.call("POST", f"/v1/customers/{practice.acme}", {"invoice_settings": {"custom_fields": fields}})
    quick.sync()
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90")
    labelled(drawn.text_input, "Reference").set_value("Case 7").run()
    press(drawn, "Save draft")
    assert practice.raised()[0]["custom_fields"] == [{"name": "Reference", "value": "Case 7"}, *fields]


def test_a_purchase_order_that_was_taken_out_is_not_printed(practice: Practice) -> None:
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90")
    labelled(drawn.text_input, "Purchase order").set_value("").run()
    press(drawn, "Save draft")
    assert [(one["custom_fields"], one["status"]) for one in practice.raised()] == [(None, "draft")]


def test_reference_memo_and_terms_are_those_that_were_typed(practice: Practice) -> None:
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90")
    labelled(drawn.text_input, "Payment terms (days)").set_value("7")
    labelled(drawn.text_input, "Reference").set_value("Case 7")
    labelled(drawn.text_area, "Memo").set_value("With thanks")
    press(drawn.run(), "Finalise and send")
    [found] = practice.raised()
    assert found["custom_fields"][0] == {"name": "Reference", "value": "Case 7"}
    assert (found["description"], (found["due_date"] - found["created"]) // 86_400) == ("With thanks", 7)


def test_terms_that_are_no_number_are_refused_beside_the_field(practice: Practice) -> None:
    drawn = typed(screen("new_invoice", patient=practice.ada), "Consultation", "90")
    labelled(drawn.text_input, "Payment terms (days)").set_value("two").run()
    drawn = press(drawn, "Save draft")
    assert errors(drawn)
    assert labelled(drawn.text_input, "Payment terms (days)").value == "two"
    assert practice.raised() == []


def test_credit_that_covers_it_is_announced_and_nothing_is_sent(quick: World, practice: Practice) -> None:
    """Scenario 4."""
    quick.entry(practice.acme, -25_000)
    quick.sync()
    drawn = typed(screen("new_invoice", patient=practice.ada), "Medical", "180")
    assert "Nothing to pay: credit covers it, so no payment request goes out." in said(drawn)
    assert "£70.00 credit on account afterwards." in said(drawn)
    drawn = press(drawn, "Finalise and send")
    assert "was paid at once by credit on account, no request was sent." in said(drawn)
    assert (quick.balance(practice.acme), practice.raised()[0]["status"]) == (-7000, "paid")


def test_a_debit_and_a_remainder_too_small_to_charge_are_said_beforehand(quick: World, practice: Practice) -> None:
    """Scenarios 5 and 18."""
    quick.entry(practice.acme, 1250)
    quick.entry(practice.school, -5000)
    quick.sync()
    drawn = typed(screen("new_invoice", payer=practice.acme), "Medical", "90")
    assert "£12.50 debit added, £102.50 to pay." in said(drawn)
    drawn = typed(billed_to(drawn, practice.school), "Medical", "50.20")
    assert "£0.20 is less than Stripe can charge and is carried forward" in said(drawn)
    assert amount(drawn, "To pay") == "£0.00"
    drawn = press(drawn, "Finalise and send")
    assert "£0.20 is too little to charge and was carried forward, no request was sent." in said(drawn)


def test_an_exempt_line_stands_beside_one_with_vat(quick: World, practice: Practice) -> None:
    """Scenario 21."""
    rate = quick.sandbox.call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})
    quick.sync()
    drawn = press(typed(screen("new_invoice", patient=practice.ada), "GP consultation", "180"), "Add line")
    assert labelled(drawn.selectbox, "VAT").options == ["Exempt", "VAT 20 %"]
    drawn = typed(drawn, "Employment medical", "250", vat=rate["id"])
    assert [amount(drawn, name) for name in ("Subtotal", "VAT", "Total")] == ["£430.00", "£50.00", "£480.00"]
    press(drawn, "Finalise and send")
    [found] = practice.raised()
    assert (found["subtotal"], found["total_taxes"][0]["amount"], found["total"]) == (43_000, 5000, 48_000)
    assert [sum(tax["amount"] for tax in line["taxes"]) for line in found["lines"]["data"]] == [0, 5000]


def test_an_item_brings_its_name_and_price_and_is_billed_at_the_catalogues_price(
    quick: World, practice: Practice
) -> None:
    price = catalogue_price(quick)
    drawn = screen("new_invoice", patient=practice.ada)
    assert "Medical · Employer rate · £145.00" in labelled(drawn.selectbox, "Item").options
    drawn = labelled(drawn.selectbox, "Item").set_value(price).run()
    assert labelled(drawn.text_input, "Unit price").value == "145.00"
    labelled(drawn.text_input, "Quantity").set_value("3").run()
    press(drawn, "Finalise and send")
    [found] = practice.raised()
    assert found["lines"]["data"][0]["pricing"]["price_details"]["price"] == price
    assert (found["total"], found["lines"]["data"][0]["description"]) == (43_500, "Medical")


def test_another_price_makes_an_item_a_one_off(quick: World, practice: Practice) -> None:
    price = catalogue_price(quick)
    drawn = screen("new_invoice", patient=practice.ada)
    drawn = labelled(drawn.selectbox, "Item").set_value(price).run()
    drawn = labelled(drawn.text_input, "Unit price").set_value("120").run()
    assert labelled(drawn.selectbox, "Item").value == ""
    assert "this is a one-off line now" in said(drawn)
    press(drawn, "Finalise and send")
    [found] = practice.raised()
    assert found["total"] == 12_000
    assert (found["lines"]["data"][0]["pricing"] or {}).get("price_details", {}).get("price") != price


def test_a_catalogue_price_that_changed_in_stripe_raises_nothing(quick: World, practice: Practice) -> None:
    price = catalogue_price(quick)
    drawn = screen("new_invoice", patient=practice.ada)
    drawn = labelled(drawn.selectbox, "Item").set_value(price).run()
    quick.sandbox.call("POST", f"/v1/prices/{price}", {"active": False})
    drawn = press(drawn, "Finalise and send")
    assert errors(drawn)
    assert practice.raised() == []


def test_a_line_taken_out_is_not_billed(practice: Practice) -> None:
    drawn = press(typed(screen("new_invoice", patient=practice.ada), "Consultation", "90"), "Add line")
    drawn = press(typed(drawn, "By mistake", "400"), "Add line")
    labelled(drawn.main.button, "Remove")
    [_, second] = [one for one in drawn.main.button if one.label == "Remove"]
    drawn = second.click().run()
    assert amount(drawn, "Total") == "£90.00"
    press(drawn, "Save draft")
    assert practice.raised()[0]["total"] == 9000


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


def test_the_form_starts_empty_when_it_is_opened_again(practice: Practice) -> None:
    drawn = press(typed(screen("new_invoice", patient=practice.ada), "Consultation", "90"), "Add line")
    drawn.switch_page("../../pages/invoices.py").run()
    drawn.switch_page("../../pages/new_invoice.py").run()
    assert "No line yet." in said(drawn)
    assert "Remove" not in buttons(drawn)


def test_names_are_shown_as_they_are_and_never_as_markup(quick: World, practice: Practice) -> None:
    hostile = quick.customer("![x](http://evil.example/a.png) <b>Ltd</b>", email="x@evil.example")
    quick.sync()
    drawn = typed(screen("new_invoice", patient=practice.ada, payer=hostile), "<b>*care*</b>", "90")
    told = " ".join(one.value for one in (*drawn.caption, *drawn.markdown, *drawn.warning))
    assert "![x](" not in told
    assert "<b>" not in told.replace("\\<b\\>", "")


def catalogue_price(quick: World) -> str:
    """A price of the catalogue that the mirror knows."""
    product = quick.sandbox.call("POST", "/v1/products", {"name": "Medical"})["id"]
    params = {"product": product, "currency": "gbp", "unit_amount": 14_500, "nickname": "Employer rate"}
    price = quick.sandbox.call("POST", "/v1/prices", params)["id"]
    quick.sync()
    return price
