"""An auditor of the sandbox: reads everything through the API and checks that it adds up, as Stripe defines it.

Signs as Stripe's: a negative balance is a credit, a positive entry `applied_to_invoice` is credit that was used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from lib.sandbox import Sandbox
from tests.sandbox.replay import listed

Body = dict[str, Any]
SMALLEST = {"gbp": 30, "eur": 50}  # what Stripe charges at least


class Books:
    """All that is stored, at one moment."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.customers = listed(box, "/v1/customers", expand=["data.invoice_credit_balance"])
        self.entries = {
            one["id"]: listed(box, f"/v1/customers/{one['id']}/balance_transactions") for one in self.customers
        }
        self.invoices = listed(box, "/v1/invoices")
        self.notes = self._by_invoice("/v1/credit_notes")
        self.payments = self._by_invoice("/v1/invoice_payments")

    def _by_invoice(self, path: str) -> dict[str, list[Body]]:
        found: dict[str, list[Body]] = defaultdict(list)
        for body in listed(self.box, path):
            found[body["invoice"]].append(body)
        return found

    def audit(self) -> None:
        for customer in self.customers:
            self._ledger(customer)
        for invoice in self.invoices:
            asked = self._sums(invoice)
            if invoice["status"] != "draft":
                self._settled(invoice)
                if invoice["customer"] in self.entries:
                    self._balance_used(invoice, asked)

    def _ledger(self, customer: Body) -> None:
        """The sum of the entries is the last `ending_balance` is the balance, for each currency."""
        sums: Counter[str] = Counter()
        for entry in reversed(self.entries[customer["id"]]):
            sums[entry["currency"]] += entry["amount"]
            assert entry["ending_balance"] == sums[entry["currency"]]
        assert customer["balance"] == sums[customer["currency"]]
        assert customer["invoice_credit_balance"] == {currency: -total for currency, total in sums.items()}

    def _sums(self, invoice: Body) -> int:
        """Lines, taxes, what is due, paid and remaining. Answers what the balance left to be asked for."""
        assert invoice["subtotal"] == sum(line["amount"] for line in self._lines(invoice))
        added = sum(tax["amount"] for tax in invoice["total_taxes"] if tax["tax_behavior"] == "exclusive")
        assert invoice["total"] == invoice["subtotal"] + added
        assert invoice["amount_paid"] + invoice["amount_remaining"] == invoice["amount_due"]
        raw = invoice["total"] + invoice["starting_balance"]
        asked = raw if raw >= SMALLEST[invoice["currency"]] else 0
        assert invoice["amount_due"] + invoice["pre_payment_credit_notes_amount"] == asked
        return asked

    def _lines(self, invoice: Body) -> list[Body]:
        lines = invoice["lines"]
        return listed(self.box, lines["url"]) if lines["has_more"] else lines["data"]

    def _settled(self, invoice: Body) -> None:
        """The money and the notes behind a finalised invoice."""
        assert (invoice["amount_remaining"] == 0) == (invoice["status"] == "paid") or invoice["status"] == "void"
        paid = sum(one["amount_paid"] for one in self.payments[invoice["id"]] if one["status"] == "paid")
        assert invoice["amount_paid"] + invoice["amount_overpaid"] == paid
        notes = [note for note in self.notes[invoice["id"]] if note["status"] == "issued"]
        assert invoice["pre_payment_credit_notes_amount"] == sum(note["pre_payment_amount"] for note in notes)
        assert invoice["post_payment_credit_notes_amount"] == sum(note["post_payment_amount"] for note in notes)
        assert sum(note["total"] for note in notes) <= max(invoice["total"], 0)

    def _balance_used(self, invoice: Body, asked: int) -> None:
        """What the ledger says of an invoice is what the invoice says; a void gave back exactly what was applied."""
        moved: Counter[str] = Counter()
        for entry in self.entries[invoice["customer"]]:
            if entry["invoice"] == invoice["id"]:
                moved[entry["type"]] += entry["amount"]
        used = moved["applied_to_invoice"] + moved["invoice_too_small"]
        assert invoice["total"] == used + asked
        assert invoice["ending_balance"] == invoice["starting_balance"] + used
        voided = invoice["status"] == "void"
        assert moved["unapplied_from_invoice"] == (-moved["applied_to_invoice"] if voided else 0)
        assert moved["invoice_overpaid"] == -invoice["amount_overpaid"]
        assert moved["credit_note"] == -self._onto_balance(invoice)

    def _onto_balance(self, invoice: Body) -> int:
        """What notes put onto the balance: what was paid, less what went back in other ways."""
        found = 0
        for note in self.notes[invoice["id"]]:
            elsewhere = sum(refund["amount_refunded"] for refund in note["refunds"]) + (note["out_of_band_amount"] or 0)
            found += note["post_payment_amount"] - elsewhere
        return found
