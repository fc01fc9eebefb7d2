"""Customers: birth, change, tax ids, metadata, and what is left after deletion."""

from __future__ import annotations

import pytest

from tests.sandbox.helpers import kinds, last_event, refused


@pytest.mark.parametrize("email", ["5", "ap@", "ap@acme", "a b@acme.example"])
def test_an_email_that_cannot_be_one_is_refused(client, email):
    found = refused(client.v1.customers.create, {"email": email})
    assert (found[0], found[2], found[3]) == (400, "email", f"Invalid email address: {email}")
    assert client.v1.customers.list().data == []


def test_a_name_can_have_256_characters_and_not_one_more(client):
    assert client.v1.customers.create({"name": "x" * 256}).name == "x" * 256
    assert refused(client.v1.customers.create, {"name": "x" * 257})[2] == "name"


def test_names_in_any_script_come_back_as_they_were_sent(client):
    name = "مدرسة النور & Søren’s 🩺 <Clinic>"
    assert (
        client.v1.customers.create({"name": name, "metadata": {"Patient name": name}}).metadata["Patient name"] == name
    )


def test_a_new_customer_has_the_fields_that_stripe_sends_and_no_others(client):
    customer = client.v1.customers.create({"name": "Acme Ltd"}).to_dict()
    hidden = {"sources", "subscriptions", "tax_ids", "tax", "cash_balance", "invoice_credit_balance", "deleted"}
    assert not hidden & customer.keys()
    assert (customer["balance"], customer["currency"], customer["tax_exempt"]) == (0, None, "none")
    assert (len(customer["id"]), len(customer["invoice_prefix"])) == (18, 8)


def test_an_update_changes_only_what_is_sent(client, acme):
    client.v1.customers.update(acme, {"phone": "020 7946 0000"})
    changed = client.v1.customers.update(acme, {"description": "An employer"})
    assert (changed.name, changed.phone, changed.description) == ("Acme Ltd", "020 7946 0000", "An employer")


def test_an_empty_value_unsets(client, acme):
    client.v1.customers.update(acme, {"phone": "1", "address": {"city": "London"}})
    changed = client.v1.customers.update(acme, {"phone": "", "address": ""})
    assert (changed.phone, changed.address) == (None, None)


def test_an_address_is_merged_leaf_by_leaf_and_comes_back_whole(client, acme):
    client.v1.customers.update(acme, {"address": {"city": "London", "country": "GB"}})
    address = client.v1.customers.update(acme, {"address": {"line1": "1 High Street"}}).address.to_dict()
    wanted = {"city": "London", "country": "GB", "line1": "1 High Street"}
    assert address == {**wanted, "line2": None, "postal_code": None, "state": None}


def test_invoice_settings_are_merged(client, acme):
    fields = [{"name": "Purchase order", "value": "PO-7"}]
    client.v1.customers.update(acme, {"invoice_settings": {"custom_fields": fields}})
    settings = client.v1.customers.update(acme, {"invoice_settings": {"footer": "Thank you"}}).invoice_settings
    assert (settings.custom_fields[0].value, settings.footer) == ("PO-7", "Thank you")


def test_a_custom_field_has_room_for_40_and_140_characters(client, acme):
    settings = {"custom_fields": [{"name": "Purchase order", "value": "x" * 141}]}
    found = refused(client.v1.customers.update, acme, {"invoice_settings": settings})
    assert found[2] == "invoice_settings[custom_fields][0][value]"


def test_an_invoice_prefix_is_capitals_and_belongs_to_one_customer(client, acme):
    client.v1.customers.update(acme, {"invoice_prefix": "ACME"})
    assert client.v1.customers.update(acme, {"invoice_prefix": "ACME"}).invoice_prefix == "ACME"
    found = refused(client.v1.customers.create, {"invoice_prefix": "ACME"})
    assert found[3] == f"This invoice number prefix is taken by customer: {acme}. Please enter a different prefix."
    said = refused(client.v1.customers.create, {"invoice_prefix": "acme"})[3]
    assert said == "Invoice number prefix must be 1–12 uppercase letters or numbers."


def test_the_currency_cannot_be_sent(client):
    assert refused(client.v1.customers.create, {"currency": "gbp"})[1:3] == ("parameter_unknown", "currency")


# Metadata


def test_metadata_is_merged_key_by_key_and_unset_with_an_empty_value(client, acme):
    client.v1.customers.update(acme, {"metadata": {"a": "1", "b": "2"}})
    changed = client.v1.customers.update(acme, {"metadata": {"a": "", "c": 3}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert client.v1.customers.update(acme, {"metadata": ""}).metadata.to_dict() == {}


def test_metadata_has_fifty_keys_of_forty_and_values_of_five_hundred_characters(client, acme):
    full = {f"key {number}": "x" * 500 for number in range(50)}
    assert len(client.v1.customers.update(acme, {"metadata": full}).metadata.to_dict()) == 50
    assert refused(client.v1.customers.update, acme, {"metadata": {"one more": "x"}})[0] == 400
    assert refused(client.v1.customers.update, acme, {"metadata": {"k" * 41: "x"}})[2] == "metadata"
    too_long = refused(client.v1.customers.update, acme, {"metadata": {"key 0": "x" * 501}})
    assert (too_long[2], "501 characters" in too_long[3]) == ("metadata[key 0]", True)
    assert client.v1.customers.retrieve(acme).metadata["key 0"] == "x" * 500


# Deletion


def test_a_deleted_customer_answers_as_a_stub(client, acme):
    stub = {"id": acme, "object": "customer", "deleted": True}
    assert client.v1.customers.delete(acme).to_dict() == stub
    assert client.v1.customers.retrieve(acme).to_dict() == stub


def test_a_deleted_customer_leaves_the_lists_and_cannot_be_used(client, acme):
    client.v1.customers.delete(acme)
    assert client.v1.customers.list().data == []
    assert refused(client.v1.invoices.create, {"customer": acme})[:3] == (400, "resource_missing", "customer")
    assert refused(client.v1.customers.update, acme, {"name": "x"})[:3] == (404, "resource_missing", "id")
    post = client.v1.customers.balance_transactions.create
    assert refused(post, acme, {"amount": 1, "currency": "gbp"})[:3] == (404, "resource_missing", "id")


def test_an_open_invoice_outlives_its_customer(client, acme, finalised):
    invoice = finalised(acme, 9900)
    client.v1.customers.delete(acme)
    found = client.v1.invoices.retrieve(invoice.id, {"expand": ["customer"]})
    assert (found.customer_name, found.amount_remaining, found.customer.deleted) == ("Acme Ltd", 9900, True)


def test_an_unknown_customer_is_not_found(client):
    for call in (client.v1.customers.retrieve, client.v1.customers.delete, client.v1.customers.tax_ids.list):
        assert refused(call, "cus_nope") == (404, "resource_missing", "id", "No such customer: 'cus_nope'")


# Tax ids


@pytest.mark.parametrize("value", ["123456789", "GB12345678", "GB1234567890", "GBGD12", "FR123456789"])
def test_a_vat_number_of_the_wrong_form_is_refused_and_no_customer_is_made(client, value):
    given = {"name": "Acme", "tax_id_data": [{"type": "gb_vat", "value": value}]}
    found = refused(client.v1.customers.create, given)
    assert found[:3] == (400, "tax_id_invalid", "tax_id_data[0][value]")
    assert client.v1.customers.list().data == []
    assert kinds(client) == []


@pytest.mark.parametrize("value", ["GB123456789", "GB123456789012", "GBGD123", "GBHA123", "gb 123 4567 89"])
def test_a_vat_number_is_pending_and_then_verified(client, box, acme, value):
    tax_id = client.v1.customers.tax_ids.create(acme, {"type": "gb_vat", "value": value})
    assert (tax_id.country, tax_id.verification.status, tax_id.owner.customer) == ("GB", "pending", acme)
    box.clock.advance(5)
    assert client.v1.customers.tax_ids.retrieve(acme, tax_id.id).verification.status == "verified"
    event = last_event(client, "customer.tax_id.updated")
    assert event["data"]["previous_attributes"] == {"verification": {"status": "pending"}}
    assert event["request"] == {"id": None, "idempotency_key": None}


def test_two_vat_numbers_are_magic(client, box, acme):
    create = client.v1.customers.tax_ids.create
    made = [create(acme, {"type": "gb_vat", "value": f"GB{digit * 9}"}).id for digit in "12"]
    box.clock.advance(5)
    found = [client.v1.customers.tax_ids.retrieve(acme, ident).verification.status for ident in made]
    assert found == ["unverified", "pending"]


def test_a_tax_id_can_be_deleted_and_is_not_found_then(client, acme):
    tax_id = client.v1.customers.tax_ids.create(acme, {"type": "gb_vat", "value": "GB123456789"})
    assert client.v1.customers.tax_ids.delete(acme, tax_id.id).deleted
    assert refused(client.v1.customers.tax_ids.retrieve, acme, tax_id.id)[0] == 404
    assert kinds(client)[-2:] == ["customer.tax_id.created", "customer.tax_id.deleted"]


def test_tax_ids_are_shown_only_when_expanded(client):
    given = {"tax_id_data": [{"type": "gb_vat", "value": "GB123456789"}], "expand": ["tax_ids"]}
    customer = client.v1.customers.create(given)
    assert [tax_id.value for tax_id in customer.tax_ids.data] == ["GB123456789"]
    assert "tax_ids" not in client.v1.customers.retrieve(customer.id)
