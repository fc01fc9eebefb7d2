"""What the demo practice knows while its story is played: its price list, its people, and their ids in Stripe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from lib.sandbox.seed.calendar import Calendar, moment, working_day
from lib.sandbox.seed.catalogue import EMPLOYER, MEMBER, STANDARD, YEN, Catalogue
from lib.sandbox.seed.organisations import Organisation
from lib.sandbox.seed.people import Patient

if TYPE_CHECKING:
    from lib.sandbox import Sandbox


@dataclass
class Practice:
    """Keys are ours (corvane, p017); ids are Stripe's."""

    sandbox: Sandbox
    calendar: Calendar
    catalogue: Catalogue
    organisations: dict[str, Organisation]
    patients: dict[str, Patient]
    payers: dict[str, str | None]  # default payer now, by patient
    quiet: tuple[str, ...]  # patients kept out of the routine, so that a told story stays as told
    ids: dict[str, str] = field(default_factory=dict)
    attending: list[str] = field(default_factory=list)  # patients who may turn up today
    deleted: set[str] = field(default_factory=set)
    unpaid: dict[str, str] = field(default_factory=dict)  # payer by open invoice, oldest first
    rng: Random = field(default_factory=lambda: Random("practice"))

    def post(self, path: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """A POST to the sandbox."""
        return self.sandbox.call("POST", f"/v1/{path}", params or {})

    def ago(self, days: int, step: Callable[[], object], hour: int = 11, minute: int = 15) -> None:
        """Writes a step down for so many days ago, or the working day before that."""
        day = working_day(self.calendar.today - timedelta(days=days))
        self.calendar.at(moment(day, hour, minute), step)

    def payer_of(self, patient: Patient) -> str:
        """The key of whom Hero bills for this patient: default payer, an organisation Hero alone knows, or themself."""
        payer = self.payers[patient.key] or patient.sent_by_hero or patient.key
        return patient.key if payer in self.deleted else payer

    def currency_of(self, payer: str) -> str:
        return self.organisations[payer].currency if payer in self.organisations else "gbp"

    def tariff_of(self, payer: str, patient: Patient) -> str:
        """The price nickname that applies."""
        organisation = self.organisations.get(payer)
        if organisation is None:
            return MEMBER if patient.member else STANDARD
        if organisation.currency == "jpy":
            return YEN
        return EMPLOYER if organisation.tariff in ("employer", "school") else STANDARD
