"""What a practice lives through, to the penny: balances that pay, notes that give back, money that comes in parts."""

from __future__ import annotations

import pytest

from tests.sandbox.helpers import balance, ledger, refused


@pytest.fixture
def state(client):
    """Status, what is due, what was paid, what remains."""

    def look(invoice: str) -> tuple[str, int, int, int]:
        found = client.v1.invoices.retrieve(invoice)
        return found.status, found.amount_due, found.amount_paid, found.amount_remaining

    return look


def test_voiding_an_invoice_gives_back_the_part_of_the_credit_it_used(client, acme, post, finalised, state):
    post(acme, -6000)
    invoice = finalised(acme, 10000)
    assert (state(invoice.id), balance(client, acme)) == (("open", 4000, 0, 4000), 0)
    client.v1.invoices.void_invoice(invoice.id)
    assert ledger(client, acme)[-1] == ("unapplied_from_invoice", -6000, -6000)
    assert balance(client, acme) == -6000


def test_voiding_an_invoice_gives_back_the_debit_it_carried(client, acme, post, finalised, state):
    post(acme, 500)
    invoice = finalised(acme, 10000)
    assert state(invoice.id) == ("open", 10500, 0, 10500)
    client.v1.invoices.void_invoice(invoice.id)
    assert balance(client, acme) == 500
    assert state(finalised(acme, 3000).id) == ("open", 3500, 0, 3500)


def test_an_invoice_that_credit_paid_is_not_voided_but_credited_back(client, acme, post, finalised, credit):
    post(acme, -25000)
    invoice = finalised(acme, 18000)
    assert refused(client.v1.invoices.void_invoice, invoice.id)[3].startswith("Invoices with `paid` payments")
    assert balance(client, acme) == -7000
    credit(invoice.id, 18000, credit_amount=18000)
    after = client.v1.invoices.retrieve(invoice.id)
    assert (after.status, after.post_payment_credit_notes_amount, balance(client, acme)) == ("paid", 18000, -25000)
    assert ledger(client, acme)[-1] == ("credit_note", -18000, -25000)


def test_money_that_comes_after_a_write_off_makes_it_paid(client, acme, post, finalised, receive, state):
    post(acme, -2000)
    invoice = client.v1.invoices.mark_uncollectible(finalised(acme, 12000).id)
    assert (state(invoice.id), balance(client, acme)) == (("uncollectible", 10000, 0, 10000), 0)
    receive(invoice.id, 10000)
    assert (state(invoice.id), balance(client, acme)) == (("paid", 10000, 10000, 0), 0)


def test_a_note_for_part_of_an_open_invoice_and_its_undoing(client, acme, finalised, credit, state):
    invoice = finalised(acme, 20000)
    note = credit(invoice.id, 5000)
    assert (state(invoice.id), note.pre_payment_amount) == (("open", 15000, 0, 15000), 5000)
    assert client.v1.invoices.retrieve(invoice.id).total == 20000
    client.v1.credit_notes.void_credit_note(note.id)
    assert state(invoice.id) == ("open", 20000, 0, 20000)


def test_a_note_does_not_clear_a_debit_that_was_carried_in(client, acme, post, finalised, credit, state):
    post(acme, 500)
    invoice = finalised(acme, 10000)
    assert "what can still be credited of this invoice (10000)" in refused(credit, invoice.id, 10500)[3]
    credit(invoice.id, 10000)
    assert state(invoice.id) == ("open", 500, 0, 500)
    assert "(0)" in refused(credit, invoice.id, 500)[3]


@pytest.mark.parametrize("wrong", [1999, 2001])
def test_a_mixed_note_is_allocated_to_the_penny(client, acme, finalised, receive, credit, state, wrong):
    invoice = receive(finalised(acme, 20000).id, 12000)
    assert state(invoice.id) == ("open", 20000, 12000, 8000)
    said = refused(credit, invoice.id, 10000, credit_amount=wrong)[3]
    assert f"({wrong}) must equal the post-payment amount of the credit note (2000)" in said
    assert (state(invoice.id), balance(client, acme)) == (("open", 20000, 12000, 8000), 0)
    note = credit(invoice.id, 10000, credit_amount=2000)
    assert (note.type, note.pre_payment_amount, note.post_payment_amount) == ("mixed", 8000, 2000)
    assert (state(invoice.id), balance(client, acme)) == (("paid", 12000, 12000, 0), -2000)


def test_what_is_left_under_the_minimum_is_carried_over(client, acme, post, finalised, state):
    post(acme, -5000)
    assert state(finalised(acme, 5020).id) == ("paid", 0, 0, 0)
    assert ledger(client, acme)[1:] == [("applied_to_invoice", 5000, 0), ("invoice_too_small", 20, 20)]
    assert state(finalised(acme, 3000).id) == ("open", 3020, 0, 3020)


def test_credit_in_another_currency_pays_nothing(client, acme, post, finalised, credit, state):
    post(acme, -10000)
    post(acme, -5000, "eur")
    invoice = finalised(acme, 8000)
    shown = client.v1.customers.retrieve(acme, {"expand": ["invoice_credit_balance"]})
    assert (state(invoice.id), shown.balance) == (("paid", 0, 0, 0), -2000)
    assert shown.invoice_credit_balance.to_dict() == {"eur": 5000, "gbp": 2000}
    credit(invoice.id, 8000, credit_amount=8000)
    assert (balance(client, acme), ledger(client, acme)[-1]) == (-10000, ("credit_note", -8000, -10000))


@pytest.mark.parametrize(("last", "ends"), [(30000, ("open", 35000, 30000, 5000)), (40000, ("paid", 35000, 35000, 0))])
def test_a_remittance_settles_what_it_reaches(client, acme, finalised, record, state, last, ends):
    invoices = [finalised(acme, amount).id for amount in (50000, 40000, 35000)]
    for invoice, amount in zip(invoices, (50000, 40000, last), strict=True):
        money = record(amount, "ACM-7781").id
        client.v1.invoices.attach_payment(invoice, {"payment_record": money})
    assert [state(invoice)[0] for invoice in invoices[:2]] == ["paid", "paid"]
    assert (state(invoices[2]), balance(client, acme)) == (ends, min(35000 - last, 0))
    shown = [client.v1.invoices.retrieve(one, {"expand": ["payments.data.payment.payment_record"]}) for one in invoices]
    payments = [invoice.payments.data[0].payment.payment_record for invoice in shown]
    assert {payment.processor_details.custom.payment_reference for payment in payments} == {"ACM-7781"}
