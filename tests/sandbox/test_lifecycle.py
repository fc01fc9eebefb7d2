"""Every verb on an invoice in every state: what happens, and in which words it is refused."""

from __future__ import annotations

import pytest

from lib.sandbox import Sandbox
from lib.sandbox.transport import InProcess
from tests.sandbox.conftest import KEY, NOON
from tests.sandbox.helpers import kinds, refused

NOT_OPEN = "You can only pass in open invoices. This invoice isn't open."
FINAL = "This invoice is already finalized, you can't re-finalize a non-draft invoice."
ONLY_DRAFTS = "You can only delete draft invoices."
NO_LONGER = "Invalid invoice: This invoice is no longer editable"
CANNOT_SEND = "This invoice cannot be sent right now."
TABLE = {
    "draft": {"void_invoice": NOT_OPEN, "mark_uncollectible": NOT_OPEN},
    "open": {"finalize_invoice": FINAL, "delete": ONLY_DRAFTS},
    "paid": {
        "void_invoice": "Invoices with `paid` payments cannot be voided.",
        "mark_uncollectible": NOT_OPEN,
        "finalize_invoice": FINAL,
        "send_invoice": CANNOT_SEND,
        "pay": "Invoice is already paid",
        "delete": ONLY_DRAFTS,
    },
    "void": {
        "void_invoice": NOT_OPEN,
        "mark_uncollectible": NOT_OPEN,
        "finalize_invoice": FINAL,
        "send_invoice": CANNOT_SEND,
        "pay": "This invoice is void and can no longer be paid.",
        "delete": ONLY_DRAFTS,
    },
    "uncollectible": {
        "mark_uncollectible": "This invoice has already been marked uncollectible.",
        "finalize_invoice": FINAL,
        "send_invoice": CANNOT_SEND,
        "delete": ONLY_DRAFTS,
    },
}
REFUSALS = [(state, verb, words) for state, verbs in TABLE.items() for verb, words in verbs.items()]


@pytest.mark.parametrize(("state", "verb", "words"), REFUSALS)
def test_a_verb_that_does_not_fit_the_state_is_refused_and_changes_nothing(client, in_state, state, verb, words):
    invoice, before = in_state(state), kinds(client)
    status, code, param, said = refused(getattr(client.v1.invoices, verb), invoice.id)
    assert (status, code, param, said.startswith(words)) == (400, None, None, True)
    assert client.v1.invoices.retrieve(invoice.id).to_dict() == invoice.to_dict()
    assert kinds(client) == before


@pytest.mark.parametrize("state", ["open", "paid", "void", "uncollectible"])
def test_a_finalised_invoice_takes_metadata_and_nothing_else(client, in_state, state):
    ident = in_state(state).id
    found = refused(client.v1.invoices.update, ident, {"description": "x"})
    assert found == (400, None, "description", "Finalized invoices can't be updated in this way")
    assert client.v1.invoices.update(ident, {"metadata": {"a": "1"}}).metadata["a"] == "1"


@pytest.mark.parametrize("state", ["open", "paid", "void", "uncollectible"])
def test_the_lines_of_a_finalised_invoice_are_fixed(client, acme, in_state, state):
    invoice = in_state(state)
    line = invoice.lines.data[0]
    verbs = client.v1.invoices
    gone = [{"id": line.id, "behavior": "delete"}]
    for refusal in (
        refused(verbs.add_lines, invoice.id, {"lines": [{"amount": 1}]}),
        refused(verbs.update_lines, invoice.id, {"lines": [{"id": line.id, "amount": 1}]}),
        refused(verbs.remove_lines, invoice.id, {"lines": gone}),
        refused(client.v1.invoice_items.create, {"customer": acme, "invoice": invoice.id, "amount": 1}),
    ):
        assert refusal == (400, "invoice_not_editable", None, NO_LONGER)


@pytest.mark.parametrize(
    ("verb", "param"),
    [
        ("retrieve", "invoice"),
        ("delete", "invoice"),
        ("send_invoice", "invoice"),
        ("update", "id"),
        ("pay", "id"),
        ("finalize_invoice", "id"),
        ("void_invoice", "id"),
        ("mark_uncollectible", "id"),
    ],
)
def test_an_unknown_invoice_is_not_found_and_the_param_differs_by_verb(client, verb, param):
    found = refused(getattr(client.v1.invoices, verb), "in_nope")
    assert found == (404, "resource_missing", param, "No such invoice: 'in_nope'")


def test_finalising_numbers_publishes_and_attempts_nothing(client, acme, draft):
    invoice = client.v1.invoices.finalize_invoice(draft(acme, 10000).id)
    assert (invoice.status, invoice.attempted, invoice.attempt_count, invoice.ending_balance) == ("open", False, 0, 0)
    assert invoice.status_transitions.finalized_at == invoice.effective_at == NOON
    assert invoice.hosted_invoice_url.startswith("http")
    assert invoice.invoice_pdf.split("?")[0].endswith("/pdf")


def test_numbers_run_through_the_account_and_a_deleted_draft_takes_none(client, acme, draft, finalised):
    other = client.v1.customers.create({"name": "Other"}).id
    first = finalised(acme, 100)
    client.v1.invoices.delete(draft(acme, 100).id)
    second, third = finalised(other, 100), finalised(acme, 0)
    prefix, number = first.number.split("-")
    assert (number, len(prefix)) == ("0001", 8)
    assert [second.number, third.number] == [f"{prefix}-0002", f"{prefix}-0003"]


def test_numbers_can_run_for_each_customer_instead():
    import stripe

    box = Sandbox(numbering="customer")
    client = stripe.StripeClient(KEY, http_client=InProcess(box))
    found = []
    for name in ("Acme", "Other", "Acme"):
        held = [customer for customer in client.v1.customers.list().data if customer.name == name]
        customer = held[0] if held else client.v1.customers.create({"name": name})
        invoice = client.v1.invoices.create({"customer": customer.id})
        number = client.v1.invoices.finalize_invoice(invoice.id).number
        found.append(number.removeprefix(customer.invoice_prefix))
    box.close()
    assert found == ["-0001", "-0001", "-0002"]


def test_a_number_of_ones_own_is_kept_and_unique(client, acme, draft):
    invoice = draft(acme, 100, number="HG-1")
    assert refused(client.v1.invoices.update, draft(acme).id, {"number": "HG-1"})[2] == "number"
    assert client.v1.invoices.finalize_invoice(invoice.id).number == "HG-1"


def test_money_from_outside_pays_the_whole_remainder(client, in_state):
    invoice = in_state("paid")
    assert (invoice.status, invoice.amount_paid, invoice.amount_remaining) == ("paid", 10000, 0)
    assert (invoice.attempted, invoice.attempt_count, invoice.auto_advance) == (False, 0, False)
    shown = client.v1.invoices.retrieve(invoice.id, {"expand": ["amount_paid_off_stripe"]})
    assert shown.amount_paid_off_stripe == 10000


def test_paying_without_a_card_is_refused(client, in_state):
    invoice = in_state("open")
    found = refused(client.v1.invoices.pay, invoice.id)
    assert (found[0], "no attached payment source" in found[3]) == (400, True)
    assert client.v1.invoices.retrieve(invoice.id).status == "open"


def test_money_can_arrive_after_a_write_off(client, in_state):
    invoice = in_state("uncollectible")
    assert invoice.status_details.uncollectible.reason == "user_forgiven"
    assert client.v1.invoices.pay(invoice.id, {"paid_out_of_band": True}).status == "paid"


def test_void_and_write_off_keep_the_number_and_the_amounts(client, in_state):
    voided, written_off = in_state("void"), in_state("uncollectible")
    assert (voided.amount_due, voided.amount_remaining, voided.number is not None) == (10000, 10000, True)
    assert (written_off.amount_due, written_off.amount_remaining) == (10000, 10000)
    assert voided.status_transitions.voided_at == written_off.status_transitions.marked_uncollectible_at == NOON


def test_sending_a_draft_finalises_it_and_sending_again_changes_nothing(client, acme, draft):
    sent = client.v1.invoices.send_invoice(draft(acme, 10000).id)
    again = client.v1.invoices.send_invoice(sent.id)
    assert (sent.status, again.to_dict()) == ("open", sent.to_dict())
    assert kinds(client)[-3:] == ["invoice.finalized", "invoice.sent", "invoice.sent"]


def test_a_deleted_draft_is_not_found(client, in_state):
    invoice = in_state("draft")
    stub = {"id": invoice.id, "object": "invoice", "deleted": True}
    assert client.v1.invoices.delete(invoice.id).to_dict() == stub
    assert refused(client.v1.invoices.retrieve, invoice.id)[:2] == (404, "resource_missing")


def test_a_draft_that_advances_finalises_itself_after_an_hour(client, box, acme, draft):
    invoice = draft(acme, 10000, auto_advance=True)
    assert (invoice.automatically_finalizes_at, invoice.next_payment_attempt) == (NOON + 3600, None)
    box.clock.advance(3599)
    assert client.v1.invoices.retrieve(invoice.id).status == "draft"
    box.clock.advance(1)
    assert client.v1.invoices.retrieve(invoice.id).status == "open"


def test_taking_the_advance_back_leaves_it_a_draft(client, box, acme, draft):
    invoice = draft(acme, 10000, auto_advance=True)
    changed = client.v1.invoices.update(invoice.id, {"auto_advance": False})
    box.clock.advance(7200)
    assert changed.automatically_finalizes_at is None
    assert client.v1.invoices.retrieve(invoice.id).status == "draft"


def test_the_life_of_an_invoice_is_told_in_order(client, acme, post, finalised):
    post(acme, -25000)
    finalised(acme, 18000)
    told = [kind for kind in kinds(client) if kind != "invoiceitem.created"]
    assert told == [
        "customer.created",
        "customer.updated",
        "invoice.created",
        "invoice.updated",
        "customer.updated",
        "invoice.finalized",
        "invoice.paid",
    ]


def test_an_hour_of_ones_own_for_finalising_outlives_other_changes(client, acme, draft):
    invoice = draft(acme, 10000, auto_advance=True, automatically_finalizes_at=NOON + 9000)
    changed = client.v1.invoices.update(invoice.id, {"description": "x"})
    assert changed.automatically_finalizes_at == NOON + 9000
