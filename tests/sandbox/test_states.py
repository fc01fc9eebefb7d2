"""Every state of an invoice against everything that can be done with its money: either it works, or nothing happens."""

from __future__ import annotations

import pytest

from tests.sandbox.helpers import kinds, refused

STATES = ("draft", "open", "paid", "uncollectible", "void")
OWING = {"open", "uncollectible"}
WORKS = {
    "credit": {*OWING, "paid"},
    "preview a credit": {*OWING, "paid"},
    "attach a payment": OWING,
    "revise": OWING,
    "void": OWING,
    "pay out of band": {*OWING, "draft"},
}
CASES = [(verb, state) for verb in WORKS for state in STATES]


@pytest.fixture
def attempt(client, record):
    """Try one of them with all of an invoice of 100.00."""
    verbs, notes = client.v1.invoices, client.v1.credit_notes

    def credit(invoice) -> dict:
        back = {"credit_amount": 10000} if invoice.status == "paid" else {}
        return {"invoice": invoice.id, "amount": 10000, **back}

    def revise(invoice):
        return verbs.create({"from_invoice": {"action": "revision", "invoice": invoice.id}})

    return {
        "credit": lambda invoice: notes.create(credit(invoice)),
        "preview a credit": lambda invoice: notes.preview(credit(invoice)),
        "attach a payment": lambda invoice: verbs.attach_payment(invoice.id, {"payment_record": record(10000).id}),
        "revise": revise,
        "void": lambda invoice: verbs.void_invoice(invoice.id),
        "pay out of band": lambda invoice: verbs.pay(invoice.id, {"paid_out_of_band": True}),
    }


@pytest.mark.parametrize(("verb", "state"), [case for case in CASES if case[1] in WORKS[case[0]]])
def test_what_fits_the_state_is_done(client, in_state, attempt, verb, state):
    invoice = in_state(state)
    attempt[verb](invoice)
    after = client.v1.invoices.retrieve(invoice.id)
    assert after.amount_due == after.amount_paid + after.amount_remaining
    assert (after.total, after.to_dict() == invoice.to_dict()) == (10000, verb in ("revise", "preview a credit"))


@pytest.mark.parametrize(("verb", "state"), [case for case in CASES if case[1] not in WORKS[case[0]]])
def test_what_does_not_fit_the_state_changes_nothing(client, in_state, attempt, verb, state):
    invoice, before = in_state(state), kinds(client)
    status, code, _, said = refused(attempt[verb], invoice)
    assert (status, code, bool(said)) == (400, None, True)
    assert (client.v1.invoices.retrieve(invoice.id).to_dict(), kinds(client)) == (invoice.to_dict(), before)
