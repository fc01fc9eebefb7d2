"""Search: the query language, and that it lags behind."""

from __future__ import annotations

import pytest

from tests.sandbox.helpers import refused


@pytest.fixture
def people(client, box):
    for name, email, patient in (("Ada", "ada@x.example", "1"), ("Grace", "grace@y.example", "2"), ("Ada B", None, "")):
        given = {"name": name, **({"email": email} if email else {}), "metadata": {"Patient ID": patient}}
        client.v1.customers.create(given)
    box.clock.advance(61)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name:'ada'", ["Ada"]),
        ('name~"ada"', ["Ada B", "Ada"]),
        ('metadata["Patient ID"]:"2"', ["Grace"]),
        ("email:null", ["Ada B"]),
        ("-email:null", ["Grace", "Ada"]),
        ("name:'ada' OR name:'grace'", ["Grace", "Ada"]),
        ("name~'ada' email~'x.example'", ["Ada"]),
        ("name~'ada' and -email~'x.example'", ["Ada B"]),
        ("created>1 AND created<9999999999", ["Ada B", "Grace", "Ada"]),
    ],
)
def test_a_query_finds(client, people, query, found):
    assert [customer.name for customer in client.v1.customers.search({"query": query}).data] == found


@pytest.mark.parametrize(
    "query", ["balance:1", "name:'a' AND name:'b' OR name:'c'", "name~'ab'", "name>5", "(", "name"]
)
def test_a_query_that_cannot_be_read_is_refused(client, query):
    assert refused(client.v1.customers.search, {"query": query})[0] == 400


def test_a_query_is_required_and_cursors_are_unknown(client):
    assert refused(client.v1.customers.search, {})[1:3] == ("parameter_missing", "query")
    assert refused(client.v1.customers.search, {"query": "name:'x'", "starting_after": "x"})[1] == "parameter_unknown"


def test_what_is_new_is_not_found_for_a_minute(client, box, acme):
    query = {"query": "email:'ap@acme.example'"}
    assert client.v1.customers.search(query).data == []
    box.clock.advance(60)
    assert [customer.id for customer in client.v1.customers.search(query).data] == [acme]


def test_pages_and_the_count_on_request(client, people):
    query = {"query": "name~'a d' OR created>0", "limit": 2}
    first = client.v1.customers.search({**query, "query": "created>0", "expand": ["total_count"]})
    assert (first.object, len(first.data), first.has_more, first.total_count) == ("search_result", 2, True, 3)
    second = client.v1.customers.search({"query": "created>0", "limit": 2, "page": first.next_page})
    assert (len(second.data), second.has_more, second.next_page) == (1, False, None)
    assert "total_count" not in second


def test_invoices_by_status_total_and_customer(client, box, acme, finalised):
    invoice = finalised(acme, 5000)
    box.clock.advance(61)
    query = f"status:'open' AND total>4999 AND customer:'{acme}'"
    assert [found.id for found in client.v1.invoices.search({"query": query}).data] == [invoice.id]
