"""Credit notes: on which invoices, up to how much, where the money goes, and what can be undone."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox.conftest import NOON
from tests.sandbox.helpers import balance, kinds, last_event, ledger, refused


@pytest.mark.parametrize("state", ["draft", "void"])
def test_an_invoice_that_is_not_final_or_void_takes_no_note(client, in_state, credit, state):
    invoice, before = in_state(state), kinds(client)
    status, code, _, said = refused(credit, invoice.id, 100)
    assert (status, code, said.endswith(f"This invoice is {state}.")) == (400, None, True)
    assert (client.v1.credit_notes.list().data, kinds(client)) == ([], before)


@pytest.mark.parametrize("state", ["open", "uncollectible"])
def test_a_note_lowers_what_is_asked_for_and_never_the_total(client, in_state, credit, state):
    note = credit(in_state(state).id, 2500)
    invoice = client.v1.invoices.retrieve(note.invoice)
    assert (note.type, note.pre_payment_amount, note.post_payment_amount) == ("pre_payment", 2500, 0)
    assert (invoice.status, invoice.total, invoice.amount_due, invoice.amount_remaining) == (state, 10000, 7500, 7500)
    assert (invoice.pre_payment_credit_notes_amount, invoice.post_payment_credit_notes_amount) == (2500, 0)


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({}, "parameter_missing", "amount"),
        ({"lines": []}, "parameter_missing", "amount"),
        ({"amount": 0}, None, "amount"),
        ({"amount": -5}, None, "amount"),
        ({"amount": 5, "credit_amount": -1}, None, "credit_amount"),
        ({"amount": 5, "reason": "whim"}, None, "reason"),
        ({"amount": 5, "email_type": "loud"}, None, "email_type"),
        ({"amount": 5, "shipping_cost": {"shipping_rate": "shr_1"}}, "sandbox_not_imitated", "shipping_cost"),
        ({"amount": 5, "lines": [{"type": "custom_line_item"}]}, None, "amount"),
        ({"amount": 5, "discount": 1}, "parameter_unknown", "discount"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_happens(client, in_state, given, code, param):
    found = refused(client.v1.credit_notes.create, {"invoice": in_state("open").id, **given})
    assert found[:3] == (400, code, param)


def test_an_invoice_and_a_note_that_do_not_exist_are_not_found(client):
    found = refused(client.v1.credit_notes.create, {"invoice": "in_nope", "amount": 1})
    assert found == (400, "resource_missing", "invoice", "No such invoice: 'in_nope'")
    found = refused(client.v1.credit_notes.retrieve, "cn_nope")
    assert found == (404, "resource_missing", "id", "No such credit note: 'cn_nope'")


def test_a_note_for_all_of_an_open_invoice_pays_it_with_nothing(client, in_state, credit):
    note = credit(in_state("open").id, 10000)
    invoice = client.v1.invoices.retrieve(note.invoice, {"expand": ["payments"]})
    assert (invoice.status, invoice.amount_paid, invoice.amount_due, invoice.amount_remaining) == ("paid", 0, 0, 0)
    assert [payment.status for payment in invoice.payments.data] == ["canceled"]
    assert kinds(client)[-2:] == ["credit_note.created", "invoice.paid"]


def test_all_notes_together_are_not_more_than_the_invoice(client, in_state, credit):
    invoice = in_state("open").id
    credit(invoice, 6000)
    status, _, _, said = refused(credit, invoice, 4001)
    assert (status, "(4001) is more than what can still be credited of this invoice (4000)" in said) == (400, True)
    assert credit(invoice, 4000).pre_payment_amount == 4000


def test_on_a_paid_invoice_the_maker_says_where_all_of_it_goes(client, in_state, credit):
    invoice = in_state("paid").id
    said = refused(credit, invoice, 3000)[3]
    assert said.startswith("The sum of refunds, `credit_amount` and `out_of_band_amount` (0) must equal")
    note = credit(invoice, 3000, credit_amount=2000, out_of_band_amount=1000)
    assert (note.type, note.post_payment_amount, note.out_of_band_amount) == ("post_payment", 3000, 1000)
    found = client.v1.invoices.retrieve(invoice)
    assert (found.status, found.amount_due, found.amount_paid, found.post_payment_credit_notes_amount) == (
        "paid",
        10000,
        10000,
        3000,
    )


def test_credit_from_a_note_is_a_row_of_the_ledger(client, acme, in_state, credit):
    note = credit(in_state("paid").id, 3000, credit_amount=3000)
    assert ledger(client, acme) == [("credit_note", -3000, -3000)]
    wanted = ["customer_balance_transaction.credit_note", "customer", "invoice"]
    shown = client.v1.credit_notes.retrieve(note.id, {"expand": wanted})
    entry = shown.customer_balance_transaction
    assert (entry.amount, entry.credit_note.id, entry.invoice) == (-3000, note.id, note.invoice)
    assert (shown.customer.balance, shown.invoice.status) == (-3000, "paid")


def test_only_what_was_paid_by_card_goes_back_to_a_card(box, client, acme, finalised, credit, door):
    box.origin, door.box = door.origin, box
    invoice = finalised(acme, 10000)
    with requests.Session() as session:
        session.trust_env = False
        session.post(invoice.hosted_invoice_url, timeout=5)
    note = credit(invoice.id, 6000, refund_amount=6000)
    assert [(refund.type, refund.amount_refunded) for refund in note.refunds] == [("refund", 6000)]
    found = refused(credit, invoice.id, 4000, refund_amount=4001)
    assert (found[2], "Only 4000 of this invoice" in found[3]) == ("refund_amount", True)
    assert credit(invoice.id, 4000, refund_amount=4000).refunds[0].refund.startswith("re_")


def test_money_from_outside_cannot_go_back_to_a_card(in_state, credit):
    assert refused(credit, in_state("paid").id, 100, refund_amount=100)[2] == "refund_amount"


def test_a_refund_of_a_payment_record_is_linked_once(client, acme, finalised, record, credit):
    invoice, money = finalised(acme, 10000), record(10000)
    client.v1.invoices.attach_payment(invoice.id, {"payment_record": money.id})
    told = {"outcome": "refunded", "processor_details": {"type": "custom", "custom": {"refund_reference": "R-1"}}}
    client.v1.payment_records.report_refund(money.id, {**told, "amount": {"value": 3000, "currency": "gbp"}})
    link = {"payment_record": money.id, "refund_group": "R-1"}
    linked = [{"type": "payment_record_refund", "payment_record_refund": link}]
    note = credit(invoice.id, 3000, refunds=linked)
    assert (note.refunds[0].amount_refunded, note.refunds[0].payment_record_refund.refund_group) == (3000, "R-1")
    assert "smaller" in refused(credit, invoice.id, 3000, refunds=linked)[3]


def test_a_refund_that_was_never_made_is_not_found(in_state, credit):
    invoice = in_state("paid").id
    unknown = [{"type": "payment_record_refund", "payment_record_refund": {"payment_record": "x", "refund_group": "R"}}]
    assert refused(credit, invoice, 100, refunds=unknown)[1] == "resource_missing"
    assert refused(credit, invoice, 100, refunds=[{"refund": "re_nope"}])[2] == "refunds[0][refund]"


def test_notes_are_numbered_on_their_invoice_and_a_void_one_keeps_its_number(client, in_state, credit):
    invoice = in_state("open")
    first, second = credit(invoice.id, 100), credit(invoice.id, 100)
    client.v1.credit_notes.void_credit_note(second.id)
    third = credit(invoice.id, 100)
    assert [note.number for note in (first, second, third)] == [f"{invoice.number}-CN-0{n}" for n in (1, 2, 3)]


def test_a_note_is_void_once_and_asks_for_its_money_again(client, in_state, credit):
    note = credit(in_state("open").id, 2500)
    voided = client.v1.credit_notes.void_credit_note(note.id)
    invoice = client.v1.invoices.retrieve(note.invoice)
    assert (voided.status, voided.voided_at, voided.amount) == ("void", NOON, 2500)
    assert (invoice.amount_due, invoice.amount_remaining, invoice.pre_payment_credit_notes_amount) == (10000, 10000, 0)
    assert kinds(client)[-2:] == ["credit_note.voided", "invoice.updated"]
    assert "already been voided" in refused(client.v1.credit_notes.void_credit_note, note.id)[3]


@pytest.mark.parametrize("ending", ["pay", "void_invoice", "credit_note"])
def test_a_note_stands_when_its_invoice_is_no_longer_open(client, in_state, credit, ending):
    note, verbs = credit(in_state("open").id, 2500), client.v1.invoices
    if ending == "pay":
        verbs.pay(note.invoice, {"paid_out_of_band": True})
    elif ending == "void_invoice":
        verbs.void_invoice(note.invoice)
    else:
        credit(note.invoice, 7500)
    before = verbs.retrieve(note.invoice).to_dict()
    assert (
        "can only be voided while its invoice is open" in refused(client.v1.credit_notes.void_credit_note, note.id)[3]
    )
    assert verbs.retrieve(note.invoice).to_dict() == before


def test_a_note_on_a_paid_invoice_cannot_be_voided(client, acme, in_state, credit):
    note = credit(in_state("paid").id, 2500, credit_amount=2500)
    assert refused(client.v1.credit_notes.void_credit_note, note.id)[0] == 400
    assert balance(client, acme) == -2500


def test_only_memo_and_metadata_of_a_note_change(client, in_state, credit):
    note, update = credit(in_state("open").id, 2500, memo="Old", metadata={"a": "1"}), client.v1.credit_notes.update
    assert refused(update, note.id, {"amount": 1})[1] == "parameter_unknown"
    assert update(note.id, {"memo": "New", "metadata": {"b": "2"}}).memo == "New"
    event = last_event(client, "credit_note.updated")
    assert event["data"]["previous_attributes"] == {"memo": "Old", "metadata": {"b": None}}


def test_a_preview_shows_what_would_be_and_stores_nothing(client, acme, in_state):
    invoice, before = in_state("paid"), kinds(client)
    asked = {"invoice": invoice.id, "amount": 2500, "credit_amount": 2500}
    note = client.v1.credit_notes.preview(asked)
    lines = client.v1.credit_notes.preview_lines.list(asked).data
    assert (note.number, note.post_payment_amount, [line.amount for line in lines]) == (
        f"{invoice.number}-CN-01",
        2500,
        [2500],
    )
    assert (client.v1.credit_notes.list().data, balance(client, acme), kinds(client)) == ([], 0, before)
    assert client.v1.invoices.retrieve(invoice.id).to_dict() == invoice.to_dict()
    assert client.v1.credit_notes.create(asked).id != note.id


def test_a_preview_of_too_much_is_refused_as_the_note_would_be(client, in_state):
    asked = {"invoice": in_state("open").id, "amount": 10001}
    assert refused(client.v1.credit_notes.preview, asked) == refused(client.v1.credit_notes.create, asked)
    assert refused(client.v1.credit_notes.preview_lines.list, asked)[0] == 400


def test_notes_are_listed_newest_first_by_customer_and_invoice(client, acme, finalised, credit):
    other = client.v1.customers.create({"name": "Other"}).id
    invoices = [finalised(acme, 5000), finalised(acme, 5000), finalised(other, 5000)]
    notes = [credit(invoice.id, 100).id for invoice in invoices]
    list_ = client.v1.credit_notes.list
    assert [note.id for note in list_().data] == notes[::-1]
    assert [note.id for note in list_({"customer": acme}).data] == [notes[1], notes[0]]
    assert [note.id for note in list_({"invoice": invoices[0].id}).data] == [notes[0]]
    page = list_({"limit": 1, "starting_after": notes[2], "expand": ["data.invoice.customer"]})
    assert (page.data[0].invoice.customer.id, page.has_more) == (acme, True)
    assert refused(list_, {"customer": "cus_nope"})[2] == "customer"


def test_a_note_has_a_paper_of_its_own(box, client, in_state, credit, door):
    box.origin, door.box = door.origin, box
    note = credit(in_state("open").id, 2500, memo="Appointment cancelled")
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(note.pdf, timeout=5)
        guessed = session.get(note.pdf.replace("test_cn_", "test_cn_x"), timeout=5)
    assert (answer.content[:8], b"Appointment cancelled" in answer.content) == (b"%PDF-1.4", True)
    assert guessed.status_code == 404


def test_a_note_is_effective_when_made_unless_said_otherwise(in_state, credit):
    invoice = in_state("open").id
    assert credit(invoice, 100).effective_at == NOON
    assert credit(invoice, 100, effective_at=NOON - 86_400).effective_at == NOON - 86_400


def test_what_a_note_leads_to_can_be_expanded_four_levels_deep_and_no_deeper(client, in_state, credit):
    note = credit(in_state("paid").id, 3000, credit_amount=3000).id
    retrieve = client.v1.credit_notes.retrieve
    deep = "customer_balance_transaction.invoice.customer.invoice_credit_balance"
    shown = retrieve(note, {"expand": [deep, "invoice.payments.data.invoice"]})
    assert shown.customer_balance_transaction.invoice.customer.invoice_credit_balance.to_dict() == {"gbp": 3000}
    assert shown.invoice.payments.data[0].invoice.id == shown.invoice.id
    assert refused(retrieve, note, {"expand": ["refunds"]})[3] == "This property cannot be expanded (refunds)."
    too_deep = {"expand": ["customer_balance_transaction.invoice.latest_revision.latest_revision.customer"]}
    assert "more than 4 levels" in refused(retrieve, note, too_deep)[3]
