"""Products, prices and tax rates."""

from __future__ import annotations

import pytest

from tests.sandbox.helpers import kinds, refused


@pytest.fixture
def visit(client):
    return client.v1.products.create({"name": "GP consultation"}).id


def test_a_product_needs_a_name(client):
    assert refused(client.v1.products.create, {"description": "x"})[1:3] == ("parameter_missing", "name")
    assert refused(client.v1.products.create, {"name": ""})[1:3] == ("parameter_invalid_empty", "name")


def test_a_product_can_be_changed_and_found_by_its_id(client, visit):
    changed = client.v1.products.update(visit, {"description": "Twenty minutes", "active": False})
    assert (changed.description, changed.active) == ("Twenty minutes", False)
    assert client.v1.products.list({"active": True}).data == []
    assert [product.id for product in client.v1.products.list({"ids": [visit, "prod_nope"]}).data] == [visit]


def test_a_product_with_a_price_stays_and_one_without_can_go(client, visit):
    other = client.v1.products.create({"name": "Other"}).id
    client.v1.prices.create({"product": visit, "currency": "gbp", "unit_amount": 18000})
    said = "This product cannot be deleted because it has one or more user-created prices."
    assert refused(client.v1.products.delete, visit)[3] == said
    assert client.v1.products.delete(other).deleted
    assert refused(client.v1.products.retrieve, other) == (
        404,
        "resource_missing",
        "id",
        f"No such product: '{other}'",
    )


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"unit_amount": 1}, "You must specify either `product` or `product_data` when creating a price."),
        ({"product_data": {"name": "x"}}, "Prices require an `unit_amount` or `unit_amount_decimal` parameter"),
        ({"product": "prod_nope", "unit_amount": 1}, "No such product: 'prod_nope'"),
        (
            {"product": "prod_x", "product_data": {"name": "x"}},
            "You may only specify one of these parameters: product, product_data.",
        ),
    ],
)
def test_a_price_that_is_not_one_is_refused(client, params, words):
    assert refused(client.v1.prices.create, {"currency": "gbp", **params})[3].startswith(words)
    assert client.v1.products.list().data == []


def test_a_price_has_a_nickname_and_its_amount_never_changes(client, visit):
    given = {"product": visit, "currency": "GBP", "unit_amount": 18000, "nickname": "New patient"}
    price = client.v1.prices.create(given)
    assert (price.currency, price.nickname, price.type, price.unit_amount) == ("gbp", "New patient", "one_time", 18000)
    assert refused(client.v1.prices.update, price.id, {"unit_amount": 1})[1] == "parameter_unknown"
    assert client.v1.prices.update(price.id, {"nickname": ""}).nickname is None


def test_a_fraction_of_a_penny_has_no_whole_amount(client, visit):
    price = client.v1.prices.create({"product": visit, "currency": "gbp", "unit_amount_decimal": "123.45"})
    assert (price.unit_amount, str(price.unit_amount_decimal)) == (None, "123.45")


def test_a_repeating_price_says_how_often(client, visit):
    given = {"product": visit, "currency": "gbp", "unit_amount": 9900, "recurring": {"interval": "month"}}
    recurring = client.v1.prices.create(given).recurring
    assert (recurring.interval, recurring.interval_count, recurring.usage_type) == ("month", 1, "licensed")


def test_a_lookup_key_belongs_to_one_price_until_it_is_taken_over(client, visit):
    given = {"product": visit, "currency": "gbp", "unit_amount": 1, "lookup_key": "visit"}
    first = client.v1.prices.create(given)
    assert refused(client.v1.prices.create, given)[2] == "lookup_key"
    second = client.v1.prices.create({**given, "transfer_lookup_key": True})
    assert client.v1.prices.retrieve(first.id).lookup_key is None
    assert [price.id for price in client.v1.prices.list({"lookup_keys": ["visit"]}).data] == [second.id]


def test_an_unknown_price_is_named_by_its_own_param(client):
    assert refused(client.v1.prices.retrieve, "price_nope")[:3] == (404, "resource_missing", "price")


def test_tiers_are_not_imitated_and_say_so(client, visit):
    given = {"product": visit, "currency": "gbp", "billing_scheme": "tiered", "tiers_mode": "volume"}
    assert "does not imitate" in refused(client.v1.prices.create, {**given, "unit_amount": 1})[3]


def test_a_tax_rate_needs_its_percentage_and_whether_it_is_inside(client):
    assert refused(client.v1.tax_rates.create, {"display_name": "VAT", "inclusive": False})[2] == "percentage"
    assert refused(client.v1.tax_rates.create, {"display_name": "VAT", "percentage": 20})[2] == "inclusive"


def test_the_percentage_of_a_tax_rate_is_fixed_but_it_can_be_retired(client):
    given = {"display_name": "VAT", "percentage": 20, "inclusive": False, "country": "GB"}
    rate = client.v1.tax_rates.create(given)
    assert (rate.percentage, rate.effective_percentage, rate.rate_type) == (20.0, 20.0, "percentage")
    assert refused(client.v1.tax_rates.update, rate.id, {"percentage": 5})[1] == "parameter_unknown"
    assert client.v1.tax_rates.update(rate.id, {"active": False}).active is False
    assert client.v1.tax_rates.list({"active": True}).data == []
    assert kinds(client) == ["tax_rate.created", "tax_rate.updated"]


def test_an_unknown_tax_rate_is_written_with_a_space(client):
    found = refused(client.v1.tax_rates.retrieve, "txr_nope")
    assert found == (404, "resource_missing", "tax_rate", "No such tax rate: 'txr_nope'")


def test_an_id_of_ones_own_is_taken_once_and_a_name_cannot_be_emptied(client):
    client.v1.products.create({"id": "visit", "name": "Visit"})
    again = {"id": "visit", "name": "Another"}
    assert refused(client.v1.products.create, again)[1] == "resource_already_exists"
    price = {"currency": "gbp", "unit_amount": 1, "product_data": again}
    assert refused(client.v1.prices.create, price)[1] == "resource_already_exists"
    assert refused(client.v1.products.update, "visit", {"name": ""})[1:3] == ("parameter_invalid_empty", "name")
