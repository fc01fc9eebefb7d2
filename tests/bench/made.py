"""Customers, invoices and ledgers of a made-up practice as Stripe gives them, with the fields that the mirror reads.

One customer in ten is an organisation that pays for patients, a few for very many. Two in five patients have one of
them as default payer. Nine invoices in ten are paid, 3.5 % open, 1 % draft, 1 % void, the rest written off; 97 % in
pounds; a quarter share their second with a neighbour; Hero's labels are on all of them, our tag on most of those that
somebody else pays.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, count
from typing import Any

from lib.sandbox import ids
from tests.bench import names

Object = dict[str, Any]
DAY, YEARS = 86_400, 3
PRACTITIONERS = tuple(f"Dr {name}" for name in (
    "Noor Haddad", "Imogen Field", "Tomasz Żak", "Aisha Khan", "Peter Lowe", "Grace Okafor", "Rhian Pugh", "Hugh Tait",
    "Mei Lin", "Sara Costa", "Owen Hale", "Ruth Levy", "Dev Patel", "Anna Berg", "Karl Voss", "Jude Marsh", "Eva Roy",
    "Max Stone", "Iris Quinn", "Paul Ames",
))  # fmt: skip
LOCATIONS = ("Harbour Street", "Quayside", "Online")
_STATUSES = ("paid", "open", "draft", "void", "uncollectible")
_WEIGHTS = (90, 3.5, 1, 1, 4.5)
_WORDS = ("Consultation", "Follow-up", "Blood test", "Physiotherapy", "Report", "Travel vaccine", "Minor procedure")


@dataclass
class Maker:
    """A practice of this size whose newest invoice is a minute old at `now`; the same for the same seed."""

    invoices: int
    now: int
    draw: random.Random = field(default_factory=lambda: random.Random(1))
    _number: Iterator[int] = field(default_factory=count, repr=False)

    def __post_init__(self) -> None:
        self.customers = min(self.invoices // 5, 100_000)
        self._last = names.surnames()
        self.payers = [self._payer(number) for number in range(self.customers // 10)]
        # The largest of ten thousand payers has one in seventeen of all that organisations pay.
        self._shares = list(accumulate(1 / (place + 2) for place in range(len(self.payers))))
        self.patients = [self._patient(number) for number in range(self.customers - len(self.payers))]
        self._by_id = {one["id"]: one for one in self.payers}

    def ledger(self, payer: Object) -> list[Object]:
        """A customer's balance transactions, newest first: they end at the balance."""
        many, entries, after = self.draw.randint(1, 20), [], payer["balance"]
        for number in range(many):
            amount = after if number == many - 1 else self.draw.randint(-400, 400) * 50
            at = self.now - (number * 40 + self.draw.randint(1, 39)) * DAY
            entries.append(
                {
                    "id": self._id("cbtxn_", at), "object": "customer_balance_transaction",
                    "customer": payer["id"], "created": at,
                    "type": "adjustment", "amount": amount, "currency": payer["currency"], "ending_balance": after,
                    "description": "Goodwill", "invoice": None, "credit_note": None,
                }
            )  # fmt: skip
            after -= amount
        return entries

    def invoice(self, number: int) -> Object:
        """The invoice at this place of the practice's history, 0 being the oldest."""
        draw = self.draw
        patient = draw.choice(self.patients)
        payer = self._by_id.get(patient["metadata"].get("pd_default_payer", ""), patient)
        status = draw.choices(_STATUSES, _WEIGHTS)[0]
        together = number - 1 if number % 4 == 3 else number
        created = self.now - 60 - int((self.invoices - together) * YEARS * 365 * DAY / (self.invoices + 1))
        if status == "open":  # what is open is mostly recent
            created = self.now - 60 - int((self.now - created) * draw.random() ** 2)
        lines = [self._line(payer["currency"], created) for _ in range(draw.randint(1, 4))]
        total = sum(line["amount"] for line in lines)
        paid = total if status == "paid" else total // 4 if status == "open" and draw.random() < 0.05 else 0
        issued = None if status == "draft" else created + 30
        return {
            "id": self._id("in_", created), "object": "invoice", "status": status, "created": created,
            "number": f"PD-{number:07d}" if issued else None, "currency": payer["currency"],
            "customer": payer["id"], "customer_name": payer["name"], "customer_email": payer["email"],
            "subtotal": total, "total": total, "total_excluding_tax": total, "total_taxes": [],
            "amount_due": total, "amount_paid": paid, "amount_remaining": 0 if status == "void" else total - paid,
            "starting_balance": 0, "ending_balance": 0 if issued else None,
            "due_date": issued and issued + (0 if number % 2 else 30 * DAY),
            "metadata": self._tags(patient, payer), "status_transitions": _moments(status, issued, self.now),
            "description": None, "hosted_invoice_url": f"https://invoice.example/{number}",
            "invoice_pdf": f"https://invoice.example/{number}/pdf", "lines": {"data": lines, "has_more": False},
        }  # fmt: skip

    def _payer(self, number: int) -> Object:
        draw, name = self.draw, names.organisation(self.draw, self._last)
        terms = {"pd_terms_days": str(draw.choice((14, 30, 45, 60)))} if number % 3 == 0 else {}
        balance = draw.choice((-1, -1, 1)) * draw.randint(1, 900) * 50 if number % 10 == 0 else 0
        currency = "eur" if number % 20 == 5 else "gbp"
        known = {"metadata": {"pd_kind": "organisation", **terms}, "balance": balance, "currency": currency}
        return self._customer(number, name, f"accounts{number}@payer.example") | known

    def _patient(self, number: int) -> Object:
        draw = self.draw
        name = f"Quintessa {names.RARE}" if number == 7 else names.person(draw, self._last)
        payer = draw.choices(self.payers, cum_weights=self._shares)[0] if draw.random() < 0.4 else None
        tags = {
            "Full name": name, "Email": names.email(name, number), "Postcode": names.postcode(draw),
            "Hero reference": f"P-{number:06d}", "Registered practitioner": draw.choice(PRACTITIONERS),
        }  # fmt: skip
        if payer:
            tags["pd_default_payer"] = payer["id"]
        return self._customer(number, name, tags["Email"]) | {"metadata": tags}

    def _customer(self, number: int, name: str, email: str) -> Object:
        since = self.now - YEARS * 365 * DAY * (self.customers - number) // self.customers
        return {
            "id": self._id("cus_", since), "object": "customer", "name": name, "email": email, "phone": None,
            "created": since, "currency": "gbp", "balance": 0, "address": None,
        }  # fmt: skip

    def _tags(self, patient: Object, payer: Object) -> dict[str, str]:
        known = patient["metadata"]
        tags = {"Patient name": patient["name"], "Patient email": known["Email"], "Patient postcode": known["Postcode"]}
        tags["Appointment location"] = self.draw.choices(LOCATIONS, (5, 3, 2))[0]
        if self.draw.random() < 0.9:
            tags["Appointment practitioner"] = known["Registered practitioner"]
        if payer is not patient and self.draw.random() < 0.7:
            tags["pd_patient"] = patient["id"]
        return tags

    def _line(self, currency: str, at: int) -> Object:
        amount = self.draw.randint(20, 300) * 100
        return {
            "id": self._id("il_", at), "description": self.draw.choice(_WORDS), "quantity": 1, "amount": amount,
            "pricing": {"unit_amount_decimal": str(amount)}, "taxes": [], "currency": currency,
        }  # fmt: skip

    def _id(self, prefix: str, at: int) -> str:
        return ids.make(prefix, 1, next(self._number), at)


def _moments(status: str, issued: int | None, now: int) -> dict[str, int | None]:
    later = issued and min(issued + 20 * DAY, now)
    names_of = {"paid": "paid_at", "void": "voided_at", "uncollectible": "marked_uncollectible_at"}
    return {"finalized_at": issued, names_of[status]: later} if status in names_of else {"finalized_at": issued}
