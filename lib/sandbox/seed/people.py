"""A patient of the demo practice, as Hero would have synced them to Stripe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

# Each with the location they work at.
PRACTITIONERS = {
    "Dr Amara Nwosu-Field": "Harbour Street",
    "Dr Tomasz Zielonka": "Harbour Street",
    "Dr Fiona MacRaith": "Canary Wharf",
    "Dr Rajesh Venkatarao": "Canary Wharf",
    "Dr Eleanor Pryce-Jennings": "Richmond Green",
    "Nurse Beth Okaforson": "Richmond Green",
}
DOCTORS = tuple(name for name in PRACTITIONERS if name.startswith("Dr "))
NURSE = "Nurse Beth Okaforson"


@dataclass(frozen=True)
class Patient:
    """A person in Hero. `payer` is the key of an organisation or a parent; `sent_by_hero` one that only Hero knows."""

    key: str
    first: str
    last: str
    gender: str
    born: date
    email: str | None
    mobile: str
    postcode: str
    practitioner: str
    payer: str | None = None
    sent_by_hero: str | None = None
    marked: bool = True
    member: bool = False
    hidden: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    def labels(self) -> dict[str, str]:
        """The labels that Hero writes on a customer, less those switched off."""
        found = {
            "First name": self.first,
            "Last name": self.last,
            "Full name": self.name,
            "Date of birth": self.born.isoformat(),
            "Mobile": self.mobile,
            "Email": self.email or "",
            "Postcode": self.postcode,
            "Gender": self.gender,
            "Registered practitioner": self.practitioner,
        }
        return {label: value for label, value in found.items() if value and label not in self.hidden}

    def params(self, payer: str | None) -> dict[str, Any]:
        """What creates the customer in Stripe; `payer` is the Stripe id of the default payer."""
        ours = {"pd_kind": "patient"} if self.marked else {}
        if payer:
            ours["pd_default_payer"] = payer
        contact = {"email": self.email} if self.email else {}
        return {"name": self.name, "phone": self.mobile, **contact, "metadata": {**self.labels(), **ours}}
