"""Lists: order, limits, both cursors, filters; and expand on them."""

from __future__ import annotations

import pytest

from lib.sandbox import Sandbox
from tests.sandbox.conftest import NOON
from tests.sandbox.helpers import refused

DAY = 86_400


@pytest.fixture
def five(client):
    """Five customers of the same second, in the order of their creation."""
    return [client.v1.customers.create({"name": f"Customer {number}"}).id for number in range(5)]


def test_the_newest_comes_first_also_within_a_second(client, five):
    assert [customer.id for customer in client.v1.customers.list().data] == five[::-1]


@pytest.mark.parametrize(("limit", "found"), [(0, 1), (-3, 1), (1, 1), (100, 5), (1000, 5)])
def test_a_limit_out_of_range_is_clamped(client, five, limit, found):
    assert len(client.v1.customers.list({"limit": limit}).data) == found


def test_a_limit_that_is_no_number_is_refused(client):
    found = refused(client.v1.customers.list, {"limit": "abc"})
    assert found == (400, "parameter_invalid_integer", "limit", "Invalid integer: abc")


def test_the_default_limit_is_ten(client, box):
    for number in range(11):
        box.call("POST", "/v1/customers", {"name": str(number)})
    page = client.v1.customers.list()
    assert (len(page.data), page.has_more, page.url) == (10, True, "/v1/customers")


def test_the_pages_after_a_cursor_hold_the_older_ones(client, five):
    page = client.v1.customers.list({"limit": 2, "starting_after": five[4]})
    assert ([customer.id for customer in page.data], page.has_more) == ([five[3], five[2]], True)
    last = client.v1.customers.list({"limit": 2, "starting_after": five[2]})
    assert ([customer.id for customer in last.data], last.has_more) == ([five[1], five[0]], False)


def test_the_page_before_a_cursor_is_the_one_directly_above_it(client, five):
    page = client.v1.customers.list({"limit": 2, "ending_before": five[0]})
    assert ([customer.id for customer in page.data], page.has_more) == ([five[2], five[1]], True)


def test_a_deleted_customer_is_still_a_cursor(client, five):
    client.v1.customers.delete(five[2])
    after = client.v1.customers.list({"starting_after": five[2]}).data
    before = client.v1.customers.list({"ending_before": five[2]}).data
    assert [customer.id for customer in after] == [five[1], five[0]]
    assert [customer.id for customer in before] == [five[4], five[3]]


def test_an_unknown_cursor_and_two_cursors_are_refused(client, five):
    found = refused(client.v1.customers.list, {"starting_after": "cus_nope"})
    assert found == (400, "resource_missing", "starting_after", "No such customer: 'cus_nope'")
    both = refused(client.v1.customers.list, {"starting_after": five[0], "ending_before": five[1]})
    assert both[3] == "Received both starting_after and ending_before parameters. Please pass in only one."


def test_nothing_found_is_an_empty_list(client):
    page = client.v1.customers.list({"email": "nobody@acme.example"}).to_dict()
    assert page == {"object": "list", "data": [], "has_more": False, "url": "/v1/customers"}


def test_an_email_is_compared_letter_by_letter(client, acme):
    assert [customer.id for customer in client.v1.customers.list({"email": "ap@acme.example"}).data] == [acme]
    assert client.v1.customers.list({"email": "AP@acme.example"}).data == []


def test_a_range_of_creation_times(client, box, acme):
    for _ in range(3):
        box.clock.advance(DAY)
        client.v1.customers.create({"name": "Later"})
    found = client.v1.customers.list({"created": {"gte": NOON + DAY, "lt": NOON + 3 * DAY}}).data
    assert [customer.created for customer in found] == [NOON + 2 * DAY, NOON + DAY]
    assert [customer.id for customer in client.v1.customers.list({"created": NOON}).data] == [acme]


def test_a_misspelt_range_is_refused(client):
    assert refused(client.v1.customers.list, {"created": {"since": 1}})[1:3] == ("parameter_unknown", "created[since]")


def test_invoices_by_status_customer_and_due_date(client, acme, draft, finalised):
    first, second = draft(acme, 100, days_until_due=10), finalised(acme, 200, days_until_due=20)
    other = client.v1.customers.create({"name": "Other"}).id
    finalised(other, 300)

    def found(**filters):
        return [invoice.id for invoice in client.v1.invoices.list(filters).data]

    assert found(status="open", customer=acme) == [second.id]
    assert found(due_date={"lte": NOON + 10 * DAY}) == [first.id]
    assert len(found(collection_method="send_invoice")) == 3


def test_an_unknown_status_is_refused_with_the_choices(client):
    found = refused(client.v1.invoices.list, {"status": "overdue"})
    said = "Invalid status: must be one of draft, open, void, paid, or uncollectible"
    assert found == (400, None, "status", said)


def test_a_nested_list_carries_the_address_of_its_parent(client, acme, post):
    post(acme, -1)
    page = client.v1.customers.balance_transactions.list(acme)
    assert page.url == f"/v1/customers/{acme}/balance_transactions"


def test_every_invoice_is_seen_once_when_walking_through_the_pages(client, box: Sandbox, acme):
    made = []
    for number in range(35):
        box.clock.advance(number % 3)
        made.append(box.call("POST", "/v1/invoices", {"customer": acme})["id"])
    walked = [invoice.id for invoice in client.v1.invoices.list({"limit": 8}).auto_paging_iter()]
    assert walked == made[::-1]


# Expand


def test_an_id_becomes_an_object(client, acme, draft):
    invoice = client.v1.invoices.retrieve(draft(acme, 100).id, {"expand": ["customer"]})
    assert invoice.customer.name == "Acme Ltd"


def test_on_a_list_the_path_begins_with_data(client, acme, draft):
    draft(acme, 100)
    wanted = ["data.customer.invoice_credit_balance", "data.lines.data.pricing.price_details.price"]
    invoice = client.v1.invoices.list({"expand": wanted}).data[0]
    assert invoice.customer.invoice_credit_balance.to_dict() == {}
    assert invoice.lines.data[0].pricing.price_details.price.unit_amount == 100
    found = refused(client.v1.invoices.list, {"expand": ["customer"]})
    hint = "You may want to try expanding 'data.customer' instead."
    assert found[3] == f"This property cannot be expanded (customer). {hint}"


def test_what_cannot_be_expanded_is_refused_before_anything_is_made(client):
    found = refused(client.v1.customers.create, {"name": "Acme", "expand": ["bogus_field"]})
    assert found == (400, None, None, "This property cannot be expanded (bogus_field).")
    assert client.v1.customers.list().data == []


def test_four_levels_and_not_five(client, acme):
    deep = ["data.customer.tax_ids.data.customer.tax_ids"]
    assert "more than 4 levels" in refused(client.v1.invoices.list, {"expand": deep})[3]


def test_hidden_fields_are_hidden_again_on_the_next_read(client, acme):
    wanted = ["sources", "subscriptions", "tax", "tax_ids", "cash_balance", "invoice_credit_balance"]
    shown = client.v1.customers.retrieve(acme, {"expand": wanted}).to_dict()
    assert set(wanted) <= shown.keys()
    assert not set(wanted) & client.v1.customers.retrieve(acme).to_dict().keys()


def test_a_created_object_can_be_expanded_too(client, acme):
    given = {"customer": acme, "expand": ["customer", "payments"]}
    invoice = client.v1.invoices.create(given)
    assert (invoice.customer.id, invoice.payments.data) == (acme, [])
