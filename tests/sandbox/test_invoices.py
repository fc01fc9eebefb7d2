"""Drafts: what they start with, what can be put on them, and what they come to."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import NOON
from tests.sandbox.helpers import kinds, refused

DAY = 86_400
OLD = {"paid", "paid_out_of_band", "subscription", "charge", "payment_intent", "quote", "tax", "discount"}
HIDDEN = {"payments", "confirmation_secret", "amount_paid_off_stripe", "days_until_due", "deleted"}


@pytest.fixture
def vat(client):
    return client.v1.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": False}).id


def test_an_invoice_needs_a_customer_who_exists(client):
    assert refused(client.v1.invoices.create, {"customer": ""})[1:3] == ("parameter_invalid_empty", "customer")
    found = refused(client.v1.invoices.create, {"customer": "cus_nope"})
    assert found == (400, "resource_missing", "customer", "No such customer: 'cus_nope'")


def test_an_invoice_that_is_sent_needs_a_due_date_and_another_must_not_have_one(client, acme):
    create = client.v1.invoices.create
    sent = refused(create, {"customer": acme, "collection_method": "send_invoice"})
    assert sent[3].startswith("If invoice collection method is 'send_invoice', you must specify 'due_date'")
    other = refused(create, {"customer": acme, "due_date": NOON})
    assert (other[1:3], other[3][:41]) == ((None, None), "You can only specify 'due_date' or 'days_")


def test_a_new_draft_has_the_fields_that_stripe_sends_and_no_others(client, acme):
    invoice = client.v1.invoices.create({"customer": acme}).to_dict()
    assert not (OLD | HIDDEN) & invoice.keys()
    assert (invoice["status"], invoice["auto_advance"], invoice["collection_method"], invoice["number"]) == (
        "draft",
        False,
        "charge_automatically",
        None,
    )
    assert list(invoice["lines"]) == ["object", "data", "has_more", "total_count", "url"]
    assert invoice["period_start"] == invoice["period_end"] == invoice["webhooks_delivered_at"] == invoice["created"]


def test_the_due_date_is_so_many_days_after_the_draft_and_finalising_does_not_move_it(client, box, acme, draft):
    invoice = draft(acme, 100, days_until_due=14)
    box.clock.advance(3 * DAY)
    assert client.v1.invoices.finalize_invoice(invoice.id).due_date == NOON + 14 * DAY


def test_the_customer_of_a_draft_cannot_be_changed(client, acme, draft):
    found = refused(client.v1.invoices.update, draft(acme).id, {"customer": acme})
    assert found[1:] == ("parameter_unknown", "customer", "Received unknown parameter: customer")


def test_a_draft_follows_its_customer_and_a_finalised_invoice_does_not(client, acme, draft):
    first, second = draft(acme, 100), draft(acme, 200)
    client.v1.invoices.finalize_invoice(first.id)
    client.v1.customers.update(acme, {"name": "Acme Group", "email": "new@acme.example"})
    client.v1.customers.tax_ids.create(acme, {"type": "gb_vat", "value": "GB123456789"})
    old, new = client.v1.invoices.retrieve(first.id), client.v1.invoices.retrieve(second.id)
    assert (old.customer_name, old.customer_email, old.customer_tax_ids) == ("Acme Ltd", "ap@acme.example", [])
    assert (new.customer_name, new.customer_email) == ("Acme Group", "new@acme.example")
    assert new.customer_tax_ids[0].value == "GB123456789"


def test_the_first_invoice_decides_the_customers_currency(client, acme):
    client.v1.invoices.create({"customer": acme, "currency": "eur"})
    assert client.v1.customers.retrieve(acme).currency == "eur"
    assert client.v1.invoices.create({"customer": acme}).currency == "eur"


def test_custom_fields_and_footer_of_the_customer_are_on_the_invoice(client, acme):
    settings = {"custom_fields": [{"name": "Purchase order", "value": "PO-7"}], "footer": "Thank you"}
    client.v1.customers.update(acme, {"invoice_settings": settings})
    invoice = client.v1.invoices.create({"customer": acme})
    assert (invoice.custom_fields[0].value, invoice.footer) == ("PO-7", "Thank you")


def test_a_parameter_that_is_not_imitated_is_refused_openly(client, acme):
    found = refused(client.v1.invoices.create, {"customer": acme, "discounts": [{"coupon": "x"}]})
    assert (found[0], found[2], found[3]) == (400, "discounts", "The sandbox does not imitate the parameter discounts.")


# Lines


def test_a_line_says_what_it_costs_in_one_way(client, acme, draft):
    add, ident = client.v1.invoices.add_lines, draft(acme).id
    both = refused(add, ident, {"lines": [{"amount": 1, "quantity": 2}]})
    assert both[2:] == ("lines[0][amount]", "You may only specify one of these parameters: amount, quantity.")
    assert refused(add, ident, {"lines": [{"description": "x"}]})[1:3] == ("parameter_missing", "lines[0][amount]")


def test_a_misspelt_parameter_of_a_line_is_named_with_its_place(client, acme, draft):
    found = refused(client.v1.invoices.add_lines, draft(acme).id, {"lines": [{"amount": 1}, {"unit_amount": 5}]})
    assert found[1:3] == ("parameter_unknown", "lines[1][unit_amount]")


def test_no_lines_at_all_are_refused(client, acme, draft):
    found = refused(client.v1.invoices.add_lines, draft(acme).id, {"lines": ""})
    assert found[1:3] == ("parameter_invalid_empty", "lines")


def test_one_bad_line_among_good_ones_adds_none(client, acme, draft):
    invoice = draft(acme, 100)
    lines = [{"amount": 100}, {"amount": 200, "tax_rates": ["txr_nope"]}]
    found = refused(client.v1.invoices.add_lines, invoice.id, {"lines": lines})
    assert found[:3] == (400, "resource_missing", "lines[1][tax_rates]")
    assert client.v1.invoices.retrieve(invoice.id).lines.total_count == 1
    assert len(client.v1.invoice_items.list().data) == 1


def test_an_amount_is_the_unit_amount_times_the_quantity_rounded_half_up(client, acme, draft):
    lines = [
        {"price_data": {"currency": "gbp", "product_data": {"name": "Visit"}, "unit_amount": 2500}, "quantity": 3},
        {
            "price_data": {"currency": "gbp", "product_data": {"name": "Kit"}, "unit_amount_decimal": "0.5"},
            "quantity": 5,
        },
    ]
    invoice = client.v1.invoices.add_lines(draft(acme).id, {"lines": lines})
    found = [(line.amount, line.quantity, line.description) for line in invoice.lines.data]
    assert found == [(7500, 3, "Visit"), (3, 5, "Kit")]


def test_a_line_can_be_priced_from_the_catalogue(client, acme, draft):
    product = client.v1.products.create({"name": "GP consultation"})
    price = client.v1.prices.create({"product": product.id, "currency": "gbp", "unit_amount": 18000})
    invoice = client.v1.invoices.add_lines(draft(acme).id, {"lines": [{"pricing": {"price": price.id}, "quantity": 2}]})
    line = invoice.lines.data[0]
    assert (line.amount, line.description) == (36000, "GP consultation")
    assert (line.pricing.price_details.price, line.pricing.price_details.product) == (price.id, product.id)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"currency": "eur"}, "only supports `eur`"), ({"recurring": {"interval": "month"}}, "type=recurring")],
)
def test_a_price_that_does_not_fit_is_refused(client, acme, draft, change, words):
    product = client.v1.products.create({"name": "GP consultation"})
    price = client.v1.prices.create({"product": product.id, "currency": "gbp", "unit_amount": 18000, **change})
    found = refused(client.v1.invoices.add_lines, draft(acme).id, {"lines": [{"pricing": {"price": price.id}}]})
    assert (found[2], words in found[3]) == ("lines[0][pricing][price]", True)


def test_a_bare_amount_has_a_price_behind_it_that_can_be_read_and_is_not_listed(client, acme, draft):
    line = draft(acme, 2000).lines.data[0]
    price = client.v1.prices.retrieve(line.pricing.price_details.price)
    assert (price.unit_amount, price.active, client.v1.prices.list().data) == (2000, False, [])


def test_a_changed_amount_keeps_the_line_and_its_product_and_gets_another_price(client, acme, draft):
    invoice = draft(acme, 2000, 3000)
    line = invoice.lines.data[0]
    changed = client.v1.invoices.update_lines(invoice.id, {"lines": [{"id": line.id, "amount": 2500}]})
    after = changed.lines.data[0]
    assert (after.id, after.amount, after.description, changed.total) == (line.id, 2500, "Item 1", 5500)
    assert after.pricing.price_details.product == line.pricing.price_details.product
    assert after.pricing.price_details.price != line.pricing.price_details.price
    item = client.v1.invoice_items.retrieve(after.parent.invoice_item_details.invoice_item)
    assert item.amount == 2500


def test_one_line_can_be_changed_by_its_own_address(client, acme, draft):
    invoice = draft(acme, 2000)
    line = client.v1.invoices.line_items.update(invoice.id, invoice.lines.data[0].id, {"description": "Visit"})
    assert (line.object, line.description, line.amount) == ("line_item", "Visit", 2000)
    assert refused(client.v1.invoices.line_items.update, invoice.id, "il_nope", {})[0] == 404


def test_removing_a_line_needs_to_know_what_becomes_of_its_item(client, acme, draft):
    invoice = draft(acme, 1000, 2000)
    first, second = (line.id for line in invoice.lines.data)
    found = refused(client.v1.invoices.remove_lines, invoice.id, {"lines": [{"id": first}]})
    assert found[1:3] == ("parameter_missing", "lines[0][behavior]")
    gone = [{"id": first, "behavior": "delete"}, {"id": second, "behavior": "unassign"}]
    assert client.v1.invoices.remove_lines(invoice.id, {"lines": gone}).total == 0
    assert [item.amount for item in client.v1.invoice_items.list({"pending": True}).data] == [2000]
    assert [item.amount for item in client.v1.invoice_items.list().data] == [2000]


def test_the_invoice_shows_ten_lines_and_the_list_all_of_them(client, acme, draft):
    invoice = draft(acme, *[2500] * 37)
    assert (len(invoice.lines.data), invoice.lines.has_more, invoice.lines.total_count) == (10, True, 37)
    lines = list(client.v1.invoices.line_items.list(invoice.id, {"limit": 20}).auto_paging_iter())
    assert (len(lines), sum(line.amount for line in lines), invoice.subtotal) == (37, 92500, 92500)
    assert [line.description for line in lines] == [f"Item {number}" for number in range(1, 38)]


def test_an_invoice_has_room_for_250_lines(client, acme, draft):
    invoice = draft(acme, *[100] * 250)
    assert invoice.total == 25000
    found = refused(client.v1.invoices.add_lines, invoice.id, {"lines": [{"amount": 1}]})
    assert "maximum number" in found[3]
    assert (
        "maximum" in refused(client.v1.invoice_items.create, {"customer": acme, "invoice": invoice.id, "amount": 1})[3]
    )


# Pending items


def test_pending_items_stay_out_unless_they_are_asked_for(client, acme):
    client.v1.invoice_items.create({"customer": acme, "amount": 1500, "currency": "gbp", "description": "Late"})
    assert client.v1.invoices.create({"customer": acme}).total == 0
    invoice = client.v1.invoices.create({"customer": acme, "pending_invoice_items_behavior": "include"})
    assert (invoice.total, invoice.lines.data[0].description) == (1500, "Late")
    assert client.v1.invoice_items.list({"pending": True}).data == []


def test_the_sweep_takes_the_newest_first_and_leaves_other_currencies(client, acme):
    for amount, currency in ((100, "gbp"), (200, "gbp"), (300, "eur")):
        client.v1.invoice_items.create({"customer": acme, "amount": amount, "currency": currency})
    invoice = client.v1.invoices.create({"customer": acme, "pending_invoice_items_behavior": "include"})
    assert [line.amount for line in invoice.lines.data] == [200, 100]
    assert [item.amount for item in client.v1.invoice_items.list({"pending": True}).data] == [300]


def test_nothing_pending_gives_an_empty_draft(client, acme):
    invoice = client.v1.invoices.create({"customer": acme, "pending_invoice_items_behavior": "include"})
    assert (invoice.status, invoice.lines.total_count) == ("draft", 0)


def test_an_item_on_a_draft_is_on_it_at_once(client, acme, draft):
    invoice = draft(acme)
    client.v1.invoice_items.create({"customer": acme, "invoice": invoice.id, "amount": 700})
    assert client.v1.invoices.retrieve(invoice.id).total == 700


def test_an_item_cannot_go_to_another_customers_invoice(client, acme, draft):
    other = client.v1.customers.create({"name": "Other"}).id
    found = refused(client.v1.invoice_items.create, {"customer": other, "invoice": draft(acme).id, "amount": 1})
    assert found[:3] == (400, None, "invoice")


def test_items_of_a_deleted_draft_are_dead(client, acme, draft):
    invoice = draft(acme, 900)
    item = invoice.lines.data[0].parent.invoice_item_details.invoice_item
    client.v1.invoices.delete(invoice.id)
    assert client.v1.invoice_items.list({"pending": True}).data == []
    locked = "Can't delete an invoice item that is attached to an invoice that is no longer editable"
    assert refused(client.v1.invoice_items.delete, item)[3] == locked
    assert refused(client.v1.invoice_items.update, item, {"amount": 1})[3] == "This invoice item has been deleted."


def test_a_pending_item_can_be_changed_and_deleted(client, acme):
    item = client.v1.invoice_items.create({"customer": acme, "amount": 100, "currency": "gbp"})
    assert client.v1.invoice_items.update(item.id, {"amount": 250, "description": "x"}).amount == 250
    assert client.v1.invoice_items.delete(item.id).deleted
    found = refused(client.v1.invoice_items.retrieve, item.id)
    assert found[3] == f"No such Invoice Item: '{item.id}'(livemode=false)"
    assert kinds(client)[-2:] == ["invoiceitem.created", "invoiceitem.deleted"]


# Tax


def test_an_exempt_line_stands_next_to_one_with_vat(client, acme, draft, vat):
    lines = [{"amount": 18000, "description": "GP"}, {"amount": 25000, "description": "Medical", "tax_rates": [vat]}]
    invoice = client.v1.invoices.add_lines(draft(acme).id, {"lines": lines})
    assert (invoice.subtotal, invoice.total, invoice.total_excluding_tax) == (43000, 48000, 43000)
    exempt, taxed = invoice.lines.data
    assert (exempt.taxes, taxed.taxes[0].amount, taxed.taxes[0].taxable_amount) == ([], 5000, 25000)
    total = invoice.total_taxes[0]
    assert (total.amount, total.tax_behavior, total.tax_rate_details.tax_rate) == (5000, "exclusive", vat)


def test_tax_is_rounded_on_each_line_half_up(client, acme, draft, vat):
    rate = client.v1.tax_rates.create({"display_name": "VAT", "percentage": 15, "inclusive": False}).id
    lines = [{"amount": amount, "tax_rates": [rate]} for amount in (43, 484, 10)]
    invoice = client.v1.invoices.add_lines(draft(acme).id, {"lines": lines})
    assert [line.taxes[0].amount for line in invoice.lines.data] == [6, 73, 2]
    assert invoice.total == 537 + 81


def test_inclusive_tax_is_inside_the_price(client, acme, draft):
    rate = client.v1.tax_rates.create({"display_name": "VAT", "percentage": 10, "inclusive": True}).id
    invoice = client.v1.invoices.add_lines(draft(acme).id, {"lines": [{"amount": 600, "tax_rates": [rate]}]})
    assert (invoice.subtotal, invoice.total, invoice.total_taxes[0].amount) == (600, 600, 55)
    assert (invoice.subtotal_excluding_tax, invoice.total_excluding_tax) == (545, 545)


def test_default_rates_hold_for_lines_without_rates_of_their_own(client, acme, draft, vat):
    other = client.v1.tax_rates.create({"display_name": "VAT", "percentage": 5, "inclusive": False}).id
    invoice = draft(acme, 1000, default_tax_rates=[vat])
    changed = client.v1.invoices.add_lines(invoice.id, {"lines": [{"amount": 1000, "tax_rates": [other]}]})
    assert ([line.taxes[0].amount for line in changed.lines.data], changed.total) == ([200, 50], 2250)
    assert client.v1.invoices.update(invoice.id, {"default_tax_rates": []}).total in (2250, 2050)


def test_a_tax_exempt_customer_pays_no_tax(client, acme, draft, vat):
    client.v1.customers.update(acme, {"tax_exempt": "exempt"})
    invoice = draft(acme, 1000, default_tax_rates=[vat])
    assert (invoice.total, invoice.total_taxes[0].taxability_reason) == (1000, "customer_exempt")


def test_a_sixth_tax_rate_is_refused(client, acme, draft, vat):
    found = refused(client.v1.invoices.add_lines, draft(acme).id, {"lines": [{"amount": 1, "tax_rates": [vat] * 6}]})
    assert found[2] == "lines[0][tax_rates]"


# Preview


def test_a_preview_shows_what_the_credit_will_do_and_stores_nothing(client, acme, post, vat):
    post(acme, -15000)
    before = kinds(client)
    items = [{"amount": 18000, "description": "GP"}, {"unit_amount": 1250, "quantity": 2, "tax_rates": [vat]}]
    preview = client.v1.invoices.create_preview({"customer": acme, "invoice_items": items})
    assert (preview.subtotal, preview.total, preview.starting_balance) == (20500, 21000, -15000)
    assert (preview.amount_due, preview.ending_balance, preview.number) == (6000, 0, None)
    assert preview.id.startswith("upcoming_in_")
    assert (client.v1.invoices.list().data, client.v1.invoice_items.list().data, kinds(client)) == ([], [], before)


def test_a_preview_of_what_credit_covers_asks_for_nothing(client, acme, post):
    post(acme, -25000)
    preview = client.v1.invoices.create_preview({"customer": acme, "invoice_items": [{"amount": 18000}]})
    assert (preview.amount_due, preview.ending_balance) == (0, -7000)


def test_a_preview_has_the_pending_items_in_it(client, acme):
    client.v1.invoice_items.create({"customer": acme, "amount": 1500, "currency": "gbp"})
    assert client.v1.invoices.create_preview({"customer": acme}).total == 1500


def test_a_preview_refuses_a_price_that_is_not_there(client, acme):
    given = {"customer": acme, "invoice_items": [{"price": "price_nope"}]}
    assert refused(client.v1.invoices.create_preview, given)[:2] == (400, "resource_missing")
    assert client.v1.customers.retrieve(acme).currency is None
