"""The page for a new invoice: what the preview shows is exactly what is saved, with the lines that were typed."""

from __future__ import annotations

from tests.support.drawn import buttons, labelled, press, said
from tests.support.new_invoice import Practice, amount, billed_to, catalogue_price, typed
from tests.support.signed_in import screen
from tests.support.world import World


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


def test_a_line_taken_out_is_not_billed(practice: Practice) -> None:
    drawn = press(typed(screen("new_invoice", patient=practice.ada), "Consultation", "90"), "Add line")
    drawn = press(typed(drawn, "By mistake", "400"), "Add line")
    labelled(drawn.main.button, "Remove")
    [_, second] = [one for one in drawn.main.button if one.label == "Remove"]
    drawn = second.click().run()
    assert amount(drawn, "Total") == "£90.00"
    press(drawn, "Save draft")
    assert practice.raised()[0]["total"] == 9000


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
