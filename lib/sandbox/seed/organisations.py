"""The twelve organisations of the demo practice: employers, insurers, embassies, a school. All invented.

VAT numbers fail HMRC's check digits, telephone numbers come from Ofcom's range for drama: none belongs to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Organisation:
    """A payer: how many patients it covers, on what terms, and when its money tends to arrive."""

    key: str
    name: str
    email: str
    tariff: str  # which visits are usual: employer, insurer, embassy, school
    covers: int
    terms: int
    address: tuple[str, str, str, str]  # line 1, town, postcode, country
    phone: str
    late: tuple[int, int] = (-5, 15)  # days after the terms have run out
    forgets: float = 0.03  # share of invoices that nobody pays
    vat: str | None = None
    order: str | None = None  # purchase order, printed on every invoice
    currency: str = "gbp"
    joined: int = 0  # days after the first
    marked: bool = True  # False: made by hand in Stripe, without our metadata
    footer: dict[str, str] = field(default_factory=dict)
    locales: tuple[str, ...] = ()

    def params(self) -> dict[str, Any]:
        """What creates the customer in Stripe."""
        line1, town, postcode, country = self.address
        found: dict[str, Any] = {
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "address": {"line1": line1, "city": town, "postal_code": postcode, "country": country},
        }
        if self.locales:
            found["preferred_locales"] = list(self.locales)
        if self.vat:
            found["tax_id_data"] = [{"type": "gb_vat", "value": self.vat}]
        if self.order:
            order = [{"name": "Purchase order", "value": self.order}]
            found["invoice_settings"] = {"custom_fields": order, **self.footer}
        if self.marked:
            found["metadata"] = {"pd_kind": "organisation", "pd_terms_days": str(self.terms)}
        return found


LONDON = "London"
# fmt: off
ORGANISATIONS: tuple[Organisation, ...] = (
    Organisation(
        "corvane", "Corvane Engineering plc", "accounts.payable@corvane.example", "employer", 20, 30,
        ("Turbine House, 12 Foundry Reach", LONDON, "SE10 0CM", "GB"), "+44 20 7946 0112",
        (-4, 12), 0.02, vat="GB412873509", order="PO-48213",
    ),
    Organisation(
        "halden", "Halden Marsh Logistics Ltd", "ap@haldenmarsh.example", "employer", 14, 30,
        ("Unit 4, Teasel Way", "Dartford", "DA1 5KV", "GB"), "+44 20 7946 0145",
        (10, 50), 0.05, vat="GB508216347", order="HML/2207",
    ),
    Organisation(
        "pellworth", "Pellworth & Gray LLP", "billing@pellworthgray.example", "employer", 10, 14,
        ("3 Quillmaker's Court", LONDON, "EC4A 1OK", "GB"), "+44 20 7946 0163",
        (-8, 6), 0.02, vat="GB731954280",
    ),
    Organisation(
        "tidewell", "Tidewell Robotics Ltd", "finance@tidewell.example", "employer", 9, 30,
        ("The Old Ropeworks, Capstan Lane", LONDON, "E14 9MV", "GB"), "+44 20 7946 0177",
        (0, 35), 0.04, vat="GB296340815", joined=120,
    ),
    Organisation(
        "quarterlight", "Quarterlight Hotels Ltd", "invoices@quarterlight.example", "employer", 8, 30,
        ("88 Carriage Row", LONDON, "W2 3CK", "GB"), "+44 20 7946 0181",
        (25, 70), 0.10, vat="GB864712053",
    ),
    Organisation(
        "lanternway", "Lanternway Care Homes Ltd", "accounts@lanternway.example", "employer", 8, 45,
        ("Lanternway House, Mill Green Road", "Croydon", "CR0 4OC", "GB"), "+44 20 7946 0198",
        (5, 60), 0.06, order="LCH-OH-26", joined=200,
    ),
    Organisation(
        "ferrow", "Ferrow & Lunt Architects", "studio@ferrowlunt.example", "employer", 0, 30,
        ("Studio 9, Plumb Yard", LONDON, "SE1 3IM", "GB"), "+44 20 7946 0204",
        (0, 30), 0.03, marked=False,
    ),
    Organisation(
        "wrenfield", "Wrenfield Health Insurance Ltd", "provider.payments@wrenfield.example", "insurer", 12, 30,
        ("Wrenfield Court, 40 Almoner Street", "Leeds", "LS1 4KO", "GB"), "+44 113 496 0221",
        (-10, 10), 0.02, vat="GB157390426",
    ),
    Organisation(
        "meridian", "Meridian Oak Mutual", "claims.ledger@meridianoak.example", "insurer", 9, 60,
        ("Oak Chambers, 7 Tontine Square", "Bristol", "BS1 6MC", "GB"), "+44 117 496 0234",
        (-20, 25), 0.04, vat="GB643028971",
    ),
    Organisation(
        "valdoria", "Embassy of the Republic of Valdoria", "medical.office@valdoria-embassy.example", "embassy", 4, 30,
        ("19 Legation Gardens", LONDON, "SW7 2VK", "GB"), "+44 20 7946 0256",
        (30, 110), 0.08,
        locales=("fr", "en-GB"),
    ),
    Organisation(
        "akitsu", "Embassy of Akitsu, Consular Section", "kaikei@akitsu-embassy.example", "embassy", 5, 30,
        ("2 Maple Crescent", LONDON, "W1K 5IO", "GB"), "+44 20 7946 0267",
        (-3, 40), 0.05, currency="jpy",
        locales=("ja", "en-GB"),
    ),
    Organisation(
        "aldwyn", "St Aldwyn's School", "bursary@staldwyns.example", "school", 9, 30,
        ("Priory Walk", "Richmond", "TW9 1CV", "GB"), "+44 20 7946 0289",
        (-6, 25), 0.03, order="BUR-0931", joined=60,
        footer={"footer": "Please quote the bursary reference with your payment."},
    ),
)
# fmt: on
