"""The lines of a credit note, and the tax that goes with them to the last penny."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox.helpers import refused


@pytest.fixture
def vat(client):
    return client.v1.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": False}).id


@pytest.fixture
def billed(client, acme, vat):
    """An invoice of three visits at 21.67, with and without tax on them."""

    def make(*, tax: bool, unit: str = "2167"):
        verbs = client.v1.invoices
        terms = {"collection_method": "send_invoice", "days_until_due": 30}
        invoice = verbs.create({"customer": acme, **terms}).id
        item = {"customer": acme, "invoice": invoice, "quantity": 3, "description": "Visit"}
        rates = {"tax_rates": [vat]} if tax else {}
        client.v1.invoice_items.create({**item, **rates, "unit_amount_decimal": Decimal(unit)})
        return verbs.finalize_invoice(invoice)

    return make


@pytest.fixture
def issue(client):
    def make(invoice: str, *lines: dict):
        return client.v1.credit_notes.create({"invoice": invoice, "lines": list(lines)})

    return make


def of(invoice, **more):
    return {"type": "invoice_line_item", "invoice_line_item": invoice.lines.data[0].id, **more}


CUSTOM = {"type": "custom_line_item", "description": "Service credit", "quantity": 1, "unit_amount": 500}


@pytest.mark.parametrize(
    ("line", "code", "param"),
    [
        ({"type": "custom_line_item", "quantity": 1, "unit_amount": 5}, "parameter_missing", "lines[0][description]"),
        ({**CUSTOM, "amount": 5}, None, "lines[0][amount]"),
        ({**CUSTOM, "unit_amount_decimal": "5"}, None, "lines[0][unit_amount]"),
        ({**CUSTOM, "unit_amount": -500}, None, "lines[0][unit_amount]"),
        ({**CUSTOM, "tax_rates": ["txr_nope"]}, "resource_missing", "lines[0][tax_rates]"),
        ({"type": "invoice_line_item", "amount": 5}, "parameter_missing", "lines[0][invoice_line_item]"),
        ({"type": "invoice_line_item", "unit_amount": 5}, None, "lines[0][unit_amount]"),
        (
            {"type": "invoice_line_item", "invoice_line_item": "il_nope", "amount": 5},
            "resource_missing",
            "lines[0][invoice_line_item]",
        ),
        ({"type": "invoice_line_item", "invoice_line_item": "il_nope"}, "parameter_missing", "lines[0][amount]"),
        ({"type": "gift"}, None, "lines[0][type]"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused(billed, issue, line, code, param):
    assert refused(issue, billed(tax=False).id, line)[:3] == (400, code, param)


def test_a_line_of_another_invoice_is_not_found(billed, issue):
    found = refused(issue, billed(tax=False).id, of(billed(tax=False), amount=5))
    assert found[1:3] == ("resource_missing", "lines[0][invoice_line_item]")


def test_a_line_is_not_credited_beyond_itself_within_a_note_or_over_several(billed, issue):
    invoice = billed(tax=False)
    assert refused(issue, invoice.id, of(invoice, amount=6502))[2] == "lines[0][amount]"
    assert refused(issue, invoice.id, of(invoice, amount=6000), of(invoice, amount=502))[2] == "lines[1][amount]"
    issue(invoice.id, of(invoice, amount=6000))
    assert refused(issue, invoice.id, of(invoice, amount=502))[2] == "lines[0][amount]"
    assert issue(invoice.id, of(invoice, amount=501)).total == 501


def test_a_voided_note_frees_its_lines(client, billed, issue):
    invoice = billed(tax=False)
    note = issue(invoice.id, of(invoice, quantity=2))
    client.v1.credit_notes.void_credit_note(note.id)
    assert issue(invoice.id, of(invoice, amount=6501)).total == 6501


def test_a_line_is_credited_by_quantity_or_by_amount_and_never_by_both(billed, issue):
    invoice = billed(tax=False)
    issue(invoice.id, of(invoice, quantity=1))
    assert (
        "credited by quantity and cannot be credited by amount" in refused(issue, invoice.id, of(invoice, amount=1))[3]
    )
    assert refused(issue, invoice.id, of(invoice, quantity=3))[2] == "lines[0][quantity]"
    note = issue(invoice.id, of(invoice, quantity=2))
    assert (note.total, note.lines.data[0].quantity, note.lines.data[0].unit_amount) == (4334, 2, None)


def test_tax_goes_with_the_line_and_the_last_penny_with_the_last_note(billed, issue):
    invoice = billed(tax=True)
    assert (invoice.subtotal, invoice.total) == (6501, 7801)
    notes = [issue(invoice.id, of(invoice, quantity=1)) for _ in range(3)]
    assert [note.total_taxes[0].amount for note in notes] == [433, 434, 433]
    assert sum(note.total for note in notes) == 7801
    assert (notes[0].subtotal, notes[0].total_excluding_tax, notes[0].total) == (2167, 2167, 2600)


def test_a_bare_amount_holds_as_much_tax_as_the_invoice(client, billed, credit):
    invoice = billed(tax=True)
    note = credit(invoice.id, 7801)
    assert (note.total, note.subtotal, note.total_taxes[0].amount) == (7801, 6501, 1300)
    assert (note.lines.data[0].type, note.lines.data[0].tax_rates[0].percentage) == ("custom_line_item", 20)
    assert client.v1.invoices.retrieve(invoice.id).status == "paid"


def test_part_of_an_amount_holds_part_of_the_tax(billed, credit):
    note = credit(billed(tax=True, unit="10000").id, 6000)
    assert (note.total, note.subtotal, note.total_taxes[0].amount) == (6000, 5000, 1000)


def test_inclusive_tax_is_inside_what_is_credited(client, acme, issue):
    rate = client.v1.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": True}).id
    verbs = client.v1.invoices
    invoice = verbs.create({"customer": acme}).id
    verbs.add_lines(invoice, {"lines": [{"amount": 12000, "description": "Medical", "tax_rates": [rate]}]})
    invoice = verbs.finalize_invoice(invoice)
    note = issue(invoice.id, of(invoice, amount=6000))
    assert (note.total, note.subtotal_excluding_tax, note.total_taxes[0].amount) == (6000, 5000, 1000)


def test_a_line_of_its_own_has_the_tax_that_is_said(billed, issue, vat):
    note = issue(billed(tax=True).id, {**CUSTOM, "quantity": 2, "tax_rates": [vat]})
    line = note.lines.data[0]
    assert (line.amount, line.taxes[0].amount, note.total) == (1000, 200, 1200)
    assert (line.unit_amount, line.quantity, "invoice_line_item" in line.to_dict()) == (500, 2, False)


def test_lines_of_both_kinds_add_up_and_stand_in_order(client, billed, issue):
    invoice = billed(tax=False)
    note = issue(invoice.id, of(invoice, amount=1190, metadata={"visit": "7"}), CUSTOM)
    lines = client.v1.credit_notes.line_items.list(note.id).data
    assert [(line.amount, line.type) for line in lines] == [(1190, "invoice_line_item"), (500, "custom_line_item")]
    assert (note.total, lines[0].metadata["visit"]) == (1690, "7")
    assert client.v1.invoices.retrieve(invoice.id).amount_due == 6501 - 1690


def test_a_note_shows_its_first_ten_lines_and_lists_them_all(client, billed, issue):
    note = issue(billed(tax=False).id, *[{**CUSTOM, "unit_amount": 100 + n} for n in range(12)])
    assert (len(note.lines.data), note.lines.has_more) == (10, True)
    found = list(client.v1.credit_notes.line_items.list(note.id, {"limit": 5}).auto_paging_iter())
    assert [line.unit_amount for line in found] == [100 + n for n in range(12)]


def test_only_a_negative_line_is_credited_by_a_negative_amount(client, acme, draft, issue):
    invoice = client.v1.invoices.finalize_invoice(draft(acme, 10000, -2000).id)
    plus, minus = invoice.lines.data
    line = {"type": "invoice_line_item"}
    wrong = [{**line, "invoice_line_item": plus.id, "amount": -1}, {**line, "invoice_line_item": minus.id, "amount": 1}]
    assert [refused(issue, invoice.id, given)[2] for given in wrong] == ["lines[0][amount]"] * 2
    whole = [{**line, "invoice_line_item": part.id, "amount": part.amount} for part in (plus, minus)]
    assert issue(invoice.id, *whole).total == 8000
