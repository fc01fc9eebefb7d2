"""Revisions: what may be revised, what the new draft takes along, and what happens to the old invoice."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox.helpers import balance, kinds, last_event, ledger, refused

DAY = 86_400


@pytest.fixture
def revise(client):
    def make(invoice: str, **more):
        return client.v1.invoices.create({"from_invoice": {"action": "revision", "invoice": invoice}, **more})

    return make


@pytest.mark.parametrize("state", ["draft", "paid", "void"])
def test_an_invoice_that_is_not_open_cannot_be_revised(in_state, revise, state):
    status, code, _, said = refused(revise, in_state(state).id)
    assert (status, code, said.endswith(f"This invoice is {state}.")) == (400, None, True)


def test_an_invoice_with_a_part_payment_cannot_be_revised(in_state, revise, receive):
    assert refused(revise, receive(in_state("open").id, 4000).id)[3] == (
        "Invoices with `paid` payments cannot be revised."
    )


def test_a_revision_keeps_the_customer_and_names_an_invoice_that_exists(client, in_state, revise):
    other = client.v1.customers.create({"name": "Other"}).id
    assert refused(revise, in_state("open").id, customer=other)[2] == "customer"
    assert refused(revise, "in_nope")[1:3] == ("resource_missing", "from_invoice[invoice]")


@pytest.mark.parametrize("state", ["open", "uncollectible"])
def test_a_revision_starts_as_a_draft_of_the_same_lines_and_terms(client, box, acme, in_state, revise, state):
    invoice = in_state(state)
    client.v1.invoice_items.create({"customer": acme, "amount": 700})
    client.v1.customers.update(acme, {"name": "Acme Group"})
    box.clock.advance(DAY)
    draft = revise(invoice.id, pending_invoice_items_behavior="include")
    assert (draft.status, draft.number, draft.total, draft.due_date) == ("draft", None, 10000, invoice.due_date)
    assert (draft.from_invoice.to_dict(), draft.customer_name) == (
        {"action": "revision", "invoice": invoice.id},
        "Acme Group",
    )
    assert draft.lines.data[0].description == "Item 1"
    assert client.v1.invoices.retrieve(invoice.id).status == state


def test_a_revision_can_say_other_terms(in_state, revise):
    draft = revise(in_state("open").id, days_until_due=5, description="Corrected")
    assert (draft.due_date - draft.created, draft.description) == (5 * DAY, "Corrected")
    assert revise(in_state("open").id, collection_method="charge_automatically").due_date is None


def test_finalising_a_revision_voids_the_original_and_leads_to_the_newest(client, in_state, revise):
    first = in_state("open")
    second = client.v1.invoices.finalize_invoice(revise(first.id).id)
    third = client.v1.invoices.finalize_invoice(revise(second.id).id)
    old = [client.v1.invoices.retrieve(invoice.id) for invoice in (first, second)]
    assert [(invoice.status, invoice.latest_revision) for invoice in old] == [("void", third.id)] * 2
    assert (third.status, third.latest_revision, third.number != first.number) == ("open", None, True)
    shown = client.v1.invoices.retrieve(first.id, {"expand": ["latest_revision.customer"]})
    assert shown.latest_revision.customer.name == "Acme Ltd"


def test_a_revision_uses_the_credit_that_the_original_had_used(client, acme, post, finalised, revise):
    post(acme, -6000)
    first = finalised(acme, 10000)
    draft = revise(first.id)
    assert (draft.starting_balance, draft.amount_due) == (-6000, 4000)
    final = client.v1.invoices.finalize_invoice(draft.id)
    assert (final.amount_due, final.ending_balance, balance(client, acme)) == (4000, 0, 0)
    assert ledger(client, acme)[1:] == [
        ("applied_to_invoice", 6000, 0),
        ("unapplied_from_invoice", -6000, -6000),
        ("applied_to_invoice", 6000, 0),
    ]


def test_the_notes_of_the_original_stay_with_it(client, in_state, revise, credit):
    note = credit(in_state("open").id, 2500)
    final = client.v1.invoices.finalize_invoice(revise(note.invoice).id)
    assert (final.amount_due, final.pre_payment_credit_notes_amount) == (10000, 0)


def test_a_revision_of_what_was_paid_meanwhile_is_not_finalised(client, in_state, revise):
    invoice = in_state("open")
    draft = revise(invoice.id)
    client.v1.invoices.pay(invoice.id, {"paid_out_of_band": True})
    before = kinds(client)
    assert "This invoice is paid." in refused(client.v1.invoices.finalize_invoice, draft.id)[3]
    assert (client.v1.invoices.retrieve(draft.id).status, kinds(client)) == ("draft", before)


def test_a_revision_that_cannot_finalise_itself_says_so(client, box, in_state, revise):
    invoice = in_state("open")
    draft = revise(invoice.id, auto_advance=True)
    client.v1.invoices.void_invoice(invoice.id)
    box.clock.advance(3600)
    found = client.v1.invoices.retrieve(draft.id)
    assert (found.status, found.auto_advance, "is void" in found.last_finalization_error.message) == (
        "draft",
        False,
        True,
    )
    assert last_event(client, "invoice.finalization_failed")["data"]["object"]["id"] == draft.id


def test_the_old_page_leads_to_the_new_one(box, client, in_state, revise, door):
    box.origin, door.box = door.origin, box
    first = in_state("open")
    second = client.v1.invoices.finalize_invoice(revise(first.id).id)
    with requests.Session() as session:
        session.trust_env = False
        page = session.get(client.v1.invoices.retrieve(first.id).hosted_invoice_url, timeout=5)
    assert (second.number in page.text, page.url.split("?")[0]) == (True, second.hosted_invoice_url.split("?")[0])
