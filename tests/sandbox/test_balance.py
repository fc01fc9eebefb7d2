"""The credit balance, to the penny. A negative balance is a credit to the customer."""

from __future__ import annotations

import threading

import stripe

from lib.sandbox import Sandbox
from tests.sandbox.helpers import balance, kinds, last_event, ledger, refused


def test_an_adjustment_needs_an_amount_and_a_currency(client, acme):
    create = client.v1.customers.balance_transactions.create
    assert refused(create, acme, {"currency": "gbp"})[1:3] == ("parameter_missing", "amount")
    assert refused(create, acme, {"amount": 5})[1:3] == ("parameter_missing", "currency")


def test_an_adjustment_refuses_pence_with_a_point_and_an_unknown_currency(client, acme):
    create = client.v1.customers.balance_transactions.create
    said = refused(create, acme, {"amount": "45.00", "currency": "gbp"})
    assert said == (400, "parameter_invalid_integer", "amount", "Invalid integer: 45.00")
    assert refused(create, acme, {"amount": 45, "currency": "zzz"})[3].startswith("Invalid currency: zzz.")


def test_the_amount_and_type_of_an_entry_cannot_be_changed_nor_the_entry_deleted(client, acme, post):
    entry = post(acme, -4500)
    update = client.v1.customers.balance_transactions.update
    assert refused(update, acme, entry.id, {"amount": 1})[1:3] == ("parameter_unknown", "amount")
    path = f"/v1/customers/{acme}/balance_transactions/{entry.id}"
    assert refused(client.raw_request, "delete", path)[3].startswith(f"Unrecognized request URL (DELETE: {path}).")


def test_the_note_and_the_metadata_of_an_entry_can_be_changed(client, acme, post):
    entry = post(acme, -4500)
    update = client.v1.customers.balance_transactions.update
    changed = update(acme, entry.id, {"description": "Kit return", "metadata": {"a": "1"}})
    assert (changed.description, changed.metadata["a"], changed.amount) == ("Kit return", "1", -4500)


def test_an_entry_of_another_customer_is_not_found(client, acme, post):
    entry, other = post(acme, -1), client.v1.customers.create({"name": "Other"})
    found = refused(client.v1.customers.balance_transactions.retrieve, other.id, entry.id)
    assert found[:3] == (404, "resource_missing", "id")


def test_a_credit_is_negative_in_the_balance_and_positive_in_the_credit_by_currency(client, acme, post):
    assert post(acme, -4500).ending_balance == -4500
    customer = client.v1.customers.retrieve(acme, {"expand": ["invoice_credit_balance"]})
    assert (customer.balance, customer.currency, customer.invoice_credit_balance["gbp"]) == (-4500, "gbp", 4500)
    post(acme, 4500)
    assert balance(client, acme) == 0
    assert ledger(client, acme) == [("adjustment", -4500, -4500), ("adjustment", 4500, 0)]


def test_a_credit_smaller_than_the_invoice_lowers_what_is_due(client, acme, post, finalised):
    post(acme, -15000)
    invoice = finalised(acme, 20000)
    assert (invoice.total, invoice.starting_balance, invoice.amount_due) == (20000, -15000, 5000)
    assert (invoice.ending_balance, invoice.status, invoice.amount_remaining) == (0, "open", 5000)
    assert ledger(client, acme)[1:] == [("applied_to_invoice", 15000, 0)]


def test_a_credit_larger_than_the_invoice_pays_it_at_once_and_keeps_the_rest(client, acme, post, finalised):
    post(acme, -25000)
    invoice = finalised(acme, 18000)
    assert (invoice.status, invoice.amount_due, invoice.amount_paid, invoice.total) == ("paid", 0, 0, 18000)
    assert (invoice.attempted, invoice.attempt_count, invoice.ending_balance) == (True, 0, -7000)
    assert ledger(client, acme)[1:] == [("applied_to_invoice", 18000, -7000)]


def test_an_invoice_that_credit_has_paid_cannot_be_voided(client, acme, post, finalised):
    post(acme, -25000)
    invoice = finalised(acme, 18000)
    assert refused(client.v1.invoices.void_invoice, invoice.id)[3] == "Invoices with `paid` payments cannot be voided."
    assert balance(client, acme) == -7000


def test_a_credit_equal_to_the_invoice_leaves_nothing(client, acme, post, finalised):
    post(acme, -18000)
    invoice = finalised(acme, 18000)
    assert (invoice.status, invoice.amount_due, balance(client, acme)) == ("paid", 0, 0)


def test_a_debit_raises_what_is_due_and_not_the_total(client, acme, post, finalised):
    post(acme, 1250)
    invoice = finalised(acme, 9000)
    assert (invoice.total, invoice.amount_due, balance(client, acme)) == (9000, 10250, 0)
    assert ledger(client, acme)[1:] == [("applied_to_invoice", -1250, 0)]


def test_a_credit_posted_later_leaves_an_open_invoice_as_it_is(client, acme, post, finalised):
    invoice = finalised(acme, 10000)
    post(acme, -10000)
    assert client.v1.invoices.retrieve(invoice.id).amount_remaining == 10000
    assert balance(client, acme) == -10000


def test_a_void_gives_back_the_credit_that_was_used(client, acme, post, finalised):
    post(acme, -6000)
    invoice = finalised(acme, 10000)
    voided = client.v1.invoices.void_invoice(invoice.id)
    assert (invoice.amount_due, voided.status, balance(client, acme)) == (4000, "void", -6000)
    assert ledger(client, acme)[-1] == ("unapplied_from_invoice", -6000, -6000)


def test_a_void_gives_back_the_debit_that_was_used_and_the_next_invoice_takes_it(client, acme, post, finalised):
    post(acme, 500)
    client.v1.invoices.void_invoice(finalised(acme, 10000).id)
    assert balance(client, acme) == 500
    assert finalised(acme, 3000).amount_due == 3500


def test_a_void_after_a_write_off_gives_back_what_was_used(client, acme, post, finalised):
    post(acme, -2000)
    invoice = client.v1.invoices.mark_uncollectible(finalised(acme, 12000).id)
    assert balance(client, acme) == 0
    client.v1.invoices.void_invoice(invoice.id)
    assert balance(client, acme) == -2000


def test_a_void_of_an_invoice_without_credit_writes_nothing_in_the_ledger(client, acme, finalised):
    client.v1.invoices.void_invoice(finalised(acme, 10000).id)
    assert ledger(client, acme) == []


def test_a_remainder_under_the_minimum_charge_becomes_a_debit_and_the_invoice_is_paid(client, acme, post, finalised):
    post(acme, -5000)
    invoice = finalised(acme, 5020)
    assert (invoice.status, invoice.amount_due, invoice.ending_balance) == ("paid", 0, 20)
    assert ledger(client, acme)[1:] == [("applied_to_invoice", 5000, 0), ("invoice_too_small", 20, 20)]
    assert finalised(acme, 3000).amount_due == 3020


def test_a_total_under_the_minimum_charge_is_carried_over_too(client, acme, finalised):
    invoice = finalised(acme, 29)
    assert (invoice.status, balance(client, acme)) == ("paid", 29)
    assert finalised(acme, 30).amount_due == 59


def test_exactly_the_minimum_charge_is_asked_for(finalised, acme):
    invoice = finalised(acme, 30)
    assert (invoice.status, invoice.amount_due) == ("open", 30)


def test_nothing_to_pay_is_paid_at_once(client, acme, finalised):
    invoice = finalised(acme, 0)
    assert (invoice.status, invoice.number is not None, ledger(client, acme)) == ("paid", True, [])
    assert invoice.status_transitions.paid_at == invoice.status_transitions.finalized_at


def test_a_negative_total_becomes_credit_in_one_entry(client, acme, finalised):
    invoice = finalised(acme, -667, 333)
    assert (invoice.total, invoice.subtotal, invoice.status, invoice.amount_due) == (-334, -334, "paid", 0)
    assert (invoice.starting_balance, invoice.ending_balance) == (0, -334)
    assert ledger(client, acme) == [("applied_to_invoice", -334, -334)]


def test_each_currency_has_a_ledger_of_its_own(client, acme, post, draft):
    post(acme, -10000)
    euros = post(acme, -5000, "eur")
    assert (euros.ending_balance, balance(client, acme)) == (-5000, -10000)
    invoice = client.v1.invoices.finalize_invoice(draft(acme, 8000).id)
    credit = client.v1.customers.retrieve(acme, {"expand": ["invoice_credit_balance"]}).invoice_credit_balance
    assert (invoice.status, credit["gbp"], credit["eur"]) == ("paid", 2000, 5000)


def test_an_invoice_in_euros_uses_the_credit_in_euros(client, acme, post, finalised):
    post(acme, -10000)
    post(acme, -5000, "eur")
    invoice = finalised(acme, 8000, currency="eur")
    assert (invoice.starting_balance, invoice.amount_due, balance(client, acme)) == (-5000, 3000, -10000)


def test_yen_have_no_pence(client, acme, post, finalised):
    post(acme, -2000, "jpy")
    invoice = finalised(acme, 12000)
    assert (invoice.currency, invoice.amount_due, invoice.lines.data[0].amount) == ("jpy", 10000, 12000)


def test_writing_the_balance_of_a_customer_enters_the_difference(client, acme, post):
    post(acme, -4500)
    client.v1.customers.update(acme, {"balance": -1000})
    assert ledger(client, acme)[1:] == [("adjustment", 3500, -1000)]


def test_a_balance_given_at_birth_is_the_first_entry(client):
    customer = client.v1.customers.create({"balance": -500})
    assert (customer.balance, customer.currency) == (-500, "gbp")
    assert ledger(client, customer.id) == [("initial", -500, -500)]


def test_a_balance_of_nought_at_birth_leaves_the_currency_open(client):
    assert client.v1.customers.create({"balance": 0}).currency is None


def test_an_entry_has_no_event_of_its_own_but_the_customer_has(client, acme, post):
    post(acme, -4500)
    assert kinds(client) == ["customer.created", "customer.updated"]
    event = last_event(client, "customer.updated")["data"]
    assert event["previous_attributes"] == {"balance": 0, "currency": None}
    assert event["object"]["balance"] == -4500


def test_a_draft_shows_the_balance_and_moves_nothing(client, acme, post, draft):
    invoice = draft(acme, 20000)
    post(acme, -15000)
    shown = client.v1.invoices.retrieve(invoice.id)
    assert (shown.starting_balance, shown.ending_balance, shown.amount_due) == (-15000, None, 5000)
    assert balance(client, acme) == -15000


def test_entries_can_be_listed_by_invoice(client, acme, post, finalised):
    post(acme, -6000)
    invoice = finalised(acme, 10000)
    found = client.v1.customers.balance_transactions.list(acme, {"invoice": invoice.id}).data
    assert [(entry.type, entry.invoice) for entry in found] == [("applied_to_invoice", invoice.id)]


def test_two_people_posting_at_once_lose_nothing(box: Sandbox, client: stripe.StripeClient, acme: str):
    def post_many() -> None:
        for _ in range(50):
            box.call("POST", f"/v1/customers/{acme}/balance_transactions", {"amount": -100, "currency": "gbp"})

    threads = [threading.Thread(target=post_many) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = client.v1.customers.balance_transactions.list(acme, {"limit": 100}).data
    assert [entry.ending_balance for entry in reversed(entries)] == [-100 * number for number in range(1, 101)]
    assert balance(client, acme) == -10000
