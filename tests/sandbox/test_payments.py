"""Money and invoices: what is told to Stripe, what it is put on, and what is too much."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox.conftest import NOON
from tests.sandbox.helpers import balance, kinds, last_event, ledger, refused

SHOWN = {"expand": ["payments", "amount_paid_off_stripe"]}
REFUND = {"outcome": "refunded", "processor_details": {"type": "custom", "custom": {"refund_reference": "R-1"}}}


@pytest.fixture
def shown(client):
    """An invoice with everything about its payments."""

    def look(invoice: str):
        return client.v1.invoices.retrieve(invoice, SHOWN)

    return look


@pytest.mark.parametrize("state", ["draft", "paid", "void"])
def test_money_cannot_be_put_on_an_invoice_that_asks_for_none(client, in_state, record, state):
    invoice, money, before = in_state(state), record(100), kinds(client)
    status, code, _, said = refused(client.v1.invoices.attach_payment, invoice.id, {"payment_record": money.id})
    assert (status, code, said.endswith(f"This invoice is {state}.")) == (400, None, True)
    assert (client.v1.invoices.retrieve(invoice.id).to_dict(), kinds(client)) == (invoice.to_dict(), before)


@pytest.mark.parametrize("state", ["open", "uncollectible"])
def test_money_settles_an_invoice_that_asks_for_it(in_state, receive, state):
    invoice = receive(in_state(state).id, 10000)
    assert (invoice.status, invoice.amount_paid, invoice.amount_remaining) == ("paid", 10000, 0)
    assert (invoice.amount_overpaid, invoice.status_details, invoice.attempt_count) == (0, None, 0)


def test_attaching_names_a_payment_that_exists(client, in_state):
    attach, invoice = client.v1.invoices.attach_payment, in_state("open").id
    assert refused(attach, invoice)[1:3] == ("parameter_missing", "payment_record")
    found = refused(attach, invoice, {"payment_record": "pr_nope"})
    assert found == (400, "resource_missing", "payment_record", "No such payment record: 'pr_nope'")
    assert refused(attach, "in_nope", {"payment_record": "pr_nope"})[:2] == (404, "resource_missing")
    assert refused(attach, invoice, {"payment_intent": "pi_1"})[1] == "sandbox_not_imitated"


def test_a_payment_goes_to_one_invoice_only(client, acme, finalised, record):
    money, attach = record(5000), client.v1.invoices.attach_payment
    attach(finalised(acme, 10000).id, {"payment_record": money.id})
    other = finalised(acme, 10000)
    assert "already attached" in refused(attach, other.id, {"payment_record": money.id})[3]
    assert client.v1.invoices.retrieve(other.id).amount_remaining == 10000


def test_money_of_another_currency_or_that_did_not_arrive_is_refused(client, in_state, record):
    invoice, attach = in_state("open").id, client.v1.invoices.attach_payment
    euros = record(100, amount_requested={"value": 100, "currency": "eur"})
    failed = record(100, outcome="failed", failed={"failed_at": NOON})
    assert "currency" in refused(attach, invoice, {"payment_record": euros.id})[3]
    assert "guaranteed" in refused(attach, invoice, {"payment_record": failed.id})[3]


def test_a_part_payment_leaves_the_rest_open(client, acme, finalised, receive, shown):
    invoice = receive(finalised(acme, 10000).id, 4000)
    assert (invoice.status, invoice.amount_due, invoice.amount_paid, invoice.amount_remaining) == (
        "open",
        10000,
        4000,
        6000,
    )
    event = last_event(client, "invoice.updated")
    assert event["data"]["previous_attributes"] == {"amount_paid": 0, "amount_remaining": 10000}
    paid, default = shown(invoice.id).payments.data
    assert (paid.amount_paid, paid.status, default.amount_requested, default.status) == (4000, "paid", 6000, "open")


def test_an_invoice_with_a_part_payment_cannot_be_voided(client, acme, finalised, receive):
    invoice = receive(finalised(acme, 10000).id, 4000)
    found = refused(client.v1.invoices.void_invoice, invoice.id)
    assert (found[0], found[3]) == (400, "Invoices with `paid` payments cannot be voided.")


def test_what_is_too_much_becomes_credit(client, acme, finalised, receive, shown):
    invoice = receive(finalised(acme, 10000).id, 12500)
    assert (invoice.status, invoice.amount_paid, invoice.amount_overpaid) == ("paid", 10000, 2500)
    assert ledger(client, acme) == [("invoice_overpaid", -2500, -2500)]
    assert (shown(invoice.id).amount_paid_off_stripe, balance(client, acme)) == (10000, -2500)
    assert kinds(client)[-4:] == ["invoice_payment.paid", "customer.updated", "invoice.paid", "invoice.overpaid"]


def test_the_rest_can_be_paid_out_of_band(client, acme, finalised, receive, shown):
    invoice = receive(finalised(acme, 10000).id, 4000)
    paid = client.v1.invoices.pay(invoice.id, {"paid_out_of_band": True})
    assert (paid.status, paid.amount_paid, paid.amount_remaining, paid.auto_advance) == ("paid", 10000, 0, False)
    found = shown(invoice.id)
    assert [payment.amount_paid for payment in found.payments.data] == [6000, 4000, None]
    assert (found.amount_paid_off_stripe, found.payments.data[2].status) == (10000, "canceled")


def test_paid_out_of_band_leaves_a_record(client, in_state, shown):
    payment = shown(in_state("paid").id).payments.data[0]
    assert (payment.payment.type, payment.is_default, payment.status) == ("payment_record", False, "paid")
    money = client.v1.payment_records.retrieve(payment.payment.payment_record)
    assert (money.amount_guaranteed.value, money.reported_by) == (10000, "self")
    assert money.payment_method_details.custom.display_name == "Paid out of band"


def test_finalising_expects_a_payment_and_an_invoice_of_nought_does_not(acme, finalised, shown):
    payment = shown(finalised(acme, 10000).id).payments.data[0]
    assert (payment.is_default, payment.status, payment.amount_requested, payment.amount_paid) == (
        True,
        "open",
        10000,
        None,
    )
    assert payment.payment.payment_intent.startswith("pi_")
    assert shown(finalised(acme, 0).id).payments.data == []


def test_voiding_cancels_what_was_expected(in_state, shown):
    payment = shown(in_state("void").id).payments.data[0]
    assert (payment.status, payment.status_transitions.canceled_at) == ("canceled", NOON)


def test_a_test_card_pays_what_remains(box, acme, client, finalised, receive, shown, door):
    box.origin = door.origin
    door.box = box
    invoice = receive(finalised(acme, 10000).id, 4000)
    with requests.Session() as session:
        session.trust_env = False
        assert "Pay £60.00 with a test card" in session.get(invoice.hosted_invoice_url, timeout=5).text
        session.post(invoice.hosted_invoice_url, timeout=5)
    found = shown(invoice.id)
    assert (found.status, found.amount_paid, found.amount_paid_off_stripe, found.attempt_count) == (
        "paid",
        10000,
        4000,
        1,
    )
    assert [payment.amount_paid for payment in found.payments.data] == [4000, 6000]
    assert kinds(client)[-3:] == ["invoice_payment.paid", "invoice.paid", "invoice.payment_succeeded"]


def test_payments_and_their_payments_are_absent_until_asked_for(client, in_state):
    invoice = client.v1.invoices.retrieve(in_state("paid").id).to_dict()
    assert not {"payments", "amount_paid_off_stripe"} & invoice.keys()
    found = client.v1.invoices.retrieve(invoice["id"], {"expand": ["payments.data.payment.payment_record"]})
    assert found.payments.data[0].payment.payment_record.object == "payment_record"


def test_payments_can_be_listed(client, acme, finalised, receive):
    first, second = finalised(acme, 10000), finalised(acme, 5000)
    receive(first.id, 4000)
    list_ = client.v1.invoice_payments.list
    assert [payment.invoice for payment in list_().data] == [first.id, second.id, first.id]
    assert [payment.amount_paid for payment in list_({"invoice": first.id, "status": "paid"}).data] == [4000]
    assert len(list_({"payment": {"type": "payment_record"}}).data) == 1
    one = list_({"invoice": second.id, "expand": ["data.invoice.customer"]}).data[0]
    assert (one.invoice.customer.id, client.v1.invoice_payments.retrieve(one.id).id) == (acme, one.id)


def test_an_unknown_payment_is_not_found(client):
    assert refused(client.v1.invoice_payments.retrieve, "inpay_nope")[:2] == (404, "resource_missing")
    found = refused(client.v1.payment_records.retrieve, "pr_nope")
    assert found == (404, "resource_missing", "id", "No such payment record: 'pr_nope'")


def test_a_report_says_how_much_when_and_how_it_ended(client, record):
    assert refused(record, 0)[2] == "amount_requested[value]"
    assert refused(record, 100, outcome="failed")[1:3] == ("parameter_missing", "failed[failed_at]")
    nobody = {"customer": "cus_nope"}
    assert refused(record, 100, customer_details=nobody)[2] == "customer_details[customer]"
    assert refused(client.v1.payment_records.report_payment, {"initiated_at": NOON})[1] == "parameter_missing"


def test_a_report_comes_back_as_it_was_told(client, acme, record):
    money = record(100, customer_details={"customer": acme, "name": "Acme"}, metadata={"a": "1"})
    found = client.v1.payment_records.retrieve(money.id)
    assert found.to_dict() == money.to_dict()
    assert (found.customer_details.customer, found.customer_details.email, found.metadata["a"]) == (acme, None, "1")
    assert found.processor_details.custom.payment_reference == "ACM-7781"
    assert client.v1.payment_records.list().data[0].id == money.id


def test_a_refund_is_not_more_than_the_payment_and_has_a_reference_of_its_own(client, record):
    money, report = record(100), client.v1.payment_records.report_refund
    too_much = {**REFUND, "amount": {"value": 101, "currency": "gbp"}}
    assert refused(report, money.id, too_much)[2] == "amount"
    part = report(money.id, {**REFUND, "amount": {"value": 60, "currency": "gbp"}})
    assert (part.amount_refunded.value, part.amount_guaranteed.value) == (60, 100)
    assert "used already" in refused(report, money.id, REFUND)[3]


def test_what_was_refunded_cannot_be_put_on_an_invoice(client, in_state, record):
    money = record(10000)
    client.v1.payment_records.report_refund(money.id, {**REFUND, "amount": {"value": 4000, "currency": "gbp"}})
    invoice = client.v1.invoices.attach_payment(in_state("open").id, {"payment_record": money.id})
    assert (invoice.amount_paid, invoice.amount_remaining) == (6000, 4000)


def test_more_than_ten_payments_are_all_found(client, acme, finalised, receive, shown):
    invoice = finalised(acme, 10000).id
    for amount in range(100, 112):
        receive(invoice, amount)
    found = shown(invoice).payments
    assert (len(found.data), found.has_more) == (10, True)
    paid = [payment.amount_paid for payment in found.auto_paging_iter()]
    assert paid == [*range(111, 99, -1), None]
