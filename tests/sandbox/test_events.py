"""Events: one for each write, with what changed, for thirty days."""

from __future__ import annotations

from tests.sandbox.helpers import kinds, last_event, refused

DAY = 86_400


def test_a_refused_call_tells_of_nothing(client, acme):
    refused(client.v1.customers.update, acme, {"email": "5"})
    refused(client.v1.invoices.create, {"customer": acme, "default_tax_rates": ["txr_nope"]})
    assert kinds(client) == ["customer.created"]
    assert client.v1.invoices.list().data == []


def test_an_update_that_changes_nothing_tells_of_nothing(client, acme):
    client.v1.customers.update(acme, {"name": "Acme Ltd"})
    assert kinds(client) == ["customer.created"]


def test_an_event_has_the_object_as_it_was_and_names_its_request(client, acme):
    changed = client.v1.customers.update(acme, {"name": "Acme Group"})
    client.v1.customers.update(acme, {"name": "Acme Holding"})
    event = client.v1.events.list({"type": "customer.updated"}).data[1].to_dict()
    assert event["data"]["object"] == changed.to_dict()
    assert event["request"]["id"] == changed.last_response.request_id
    assert (event["pending_webhooks"], "account" in event, "context" in event) == (0, False, False)


def test_what_changed_is_told_with_its_old_value_and_metadata_key_by_key(client, acme):
    client.v1.customers.update(acme, {"metadata": {"a": "1", "b": "2"}})
    client.v1.customers.update(acme, {"phone": "1", "metadata": {"b": "3", "c": "4"}})
    previous = last_event(client, "customer.updated")["data"]["previous_attributes"]
    assert previous == {"phone": None, "metadata": {"b": "2", "c": None}}


def test_a_deleted_object_is_told_whole_and_without_a_mark(client, acme):
    whole = client.v1.customers.retrieve(acme).to_dict()
    client.v1.customers.delete(acme, {}, {"idempotency_key": "K"})
    event = last_event(client, "customer.deleted")
    assert event["data"] == {"object": whole}
    assert event["request"]["idempotency_key"] is None


def test_events_can_be_chosen_by_type_by_types_and_by_a_star(client, acme, draft):
    draft(acme, 100)

    def found(**params):
        return [event.type for event in client.v1.events.list(params).data][::-1]

    assert found(type="invoice.*") == ["invoice.created", "invoice.updated"]
    assert found(types=["customer.created", "invoiceitem.created"]) == ["customer.created", "invoiceitem.created"]
    assert refused(client.v1.events.list, {"type": "a", "types": ["b"]})[0] == 400
    assert refused(client.v1.events.list, {"types": [f"t{number}" for number in range(21)]})[2] == "types"


def test_events_are_listed_for_thirty_days(client, box, acme):
    box.clock.advance(29 * DAY)
    client.v1.customers.create({"name": "Later"})
    assert len(kinds(client)) == 2
    box.clock.advance(2 * DAY)
    assert len(kinds(client)) == 1


def test_one_event_can_be_read_and_an_unknown_one_is_not_found(client, acme):
    event = client.v1.events.list().data[0]
    assert client.v1.events.retrieve(event.id).type == "customer.created"
    assert refused(client.v1.events.retrieve, "evt_nope") == (
        404,
        "resource_missing",
        "id",
        "No such event: 'evt_nope'",
    )


def test_a_product_with_a_default_price_tells_of_both_under_one_request(client):
    given = {"name": "Visit", "default_price_data": {"currency": "gbp", "unit_amount": 100}}
    product = client.v1.products.create(given)
    price, made = client.v1.events.list().data
    assert (made.type, price.type) == ("product.created", "price.created")
    assert made.request.id == price.request.id
    assert made.data.object["default_price"] == product.default_price
