"""The price list: products with prices by tariff, in pounds and yen, and the two tax rates of a UK practice.

Care is exempt; a medical or a report that lets somebody else decide something carries VAT (HMRC Notice 701/57).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lib.sandbox import Sandbox

STANDARD, MEMBER, EMPLOYER, YEN = "Standard", "Member", "Employer rate", "Embassy, yen"


@dataclass(frozen=True)
class Item:
    """A product and its one-off prices: nickname to minor units."""

    key: str
    name: str
    prices: dict[str, int]
    vat: bool = False
    active: bool = True


ITEMS: tuple[Item, ...] = (
    Item("gp-15", "GP consultation, 15 minutes", {STANDARD: 9500, MEMBER: 7500, EMPLOYER: 8500, YEN: 18500}),
    Item("gp-30", "GP consultation, 30 minutes", {STANDARD: 18000, MEMBER: 14500, EMPLOYER: 16000, YEN: 35000}),
    Item("video", "Video consultation", {STANDARD: 7000, MEMBER: 5500, EMPLOYER: 6500}),
    Item("home-visit", "Home visit", {STANDARD: 32000, MEMBER: 27500}),
    Item("nurse", "Nurse appointment", {STANDARD: 4500, MEMBER: 3500, EMPLOYER: 4000, YEN: 8800}),
    Item("bloods-full", "Full blood count", {STANDARD: 4200, EMPLOYER: 3800, YEN: 8200}),
    Item("bloods-lipids", "Cholesterol and lipids", {STANDARD: 5500, EMPLOYER: 4900}),
    Item("bloods-thyroid", "Thyroid profile", {STANDARD: 6850}),
    Item("bloods-hba1c", "HbA1c", {STANDARD: 3995}),
    Item("vitamin-d", "Vitamin D", {STANDARD: 5275}),
    Item("ecg", "Electrocardiogram, 12 lead", {STANDARD: 9000, EMPLOYER: 8000, YEN: 17600}),
    Item("screen", "Health screen, essential", {STANDARD: 45000, EMPLOYER: 39500}),
    Item("screen-full", "Health screen, executive", {STANDARD: 89500, EMPLOYER: 79500}),
    Item("flu", "Flu vaccination", {STANDARD: 2500, EMPLOYER: 1850}),
    Item("clinic-jab", "Vaccination, workplace clinic", {EMPLOYER: 2500}),
    Item("hepatitis-a", "Hepatitis A vaccination", {STANDARD: 7900, YEN: 15400}),
    Item("travel", "Travel health consultation", {STANDARD: 4800, MEMBER: 3800}),
    Item("physio", "Physiotherapy, 45 minutes", {STANDARD: 7200, EMPLOYER: 6600}),
    Item("minor-surgery", "Minor surgery", {STANDARD: 38500}),
    Item("kit", "Home test kit", {STANDARD: 8900}),
    Item("medical", "Employment medical", {STANDARD: 25000, EMPLOYER: 22000, YEN: 48000}, vat=True),
    Item("night-worker", "Night worker assessment", {EMPLOYER: 14500}, vat=True),
    Item("visa-medical", "Visa medical", {STANDARD: 21000, YEN: 42000}, vat=True),
    Item("report", "Medical report for an insurer", {STANDARD: 16500}, vat=True),
    Item("letter", "Letter or certificate", {STANDARD: 3500, EMPLOYER: 3000}, vat=True),
    Item("pcr", "Covid-19 PCR test", {STANDARD: 7500}, active=False),
)
MEMBERSHIP = "Practice membership"
PLANS = {"Individual, monthly": ("month", 4500), "Family, yearly": ("year", 118_000)}


@dataclass(frozen=True)
class Catalogue:
    """Stripe's ids for the price list."""

    prices: dict[str, str]  # by lookup key
    vat: str
    exempt: str

    def line(self, item: str, tariff: str = STANDARD, quantity: int = 1, *, say_exempt: bool = True) -> dict[str, Any]:
        """One line for add_lines, at the tariff or else the standard price, with the tax rate the item calls for."""
        rated = {"tax_rates": [self.vat]} if item in VATABLE else {"tax_rates": [self.exempt]} if say_exempt else {}
        price = self.prices.get(lookup_key(item, tariff)) or self.prices[lookup_key(item, STANDARD)]
        return {"pricing": {"price": price}, "quantity": quantity, **rated}


VATABLE = frozenset(item.key for item in ITEMS if item.vat)


def lookup_key(item: str, tariff: str) -> str:
    """gp-15 at the Employer rate is gp-15-employer-rate."""
    return f"{item}-{tariff.lower().replace(',', '').replace(' ', '-')}"


def stock(sandbox: Sandbox, mark: dict[str, str]) -> Catalogue:
    """Puts the price list into Stripe, the tax rate that carries the mark first."""
    exempt = _tax_rate(sandbox, "Exempt", 0, mark)
    prices = {key: made for item in ITEMS for key, made in _item(sandbox, item)}
    _membership(sandbox)
    return Catalogue(prices, vat=_tax_rate(sandbox, "VAT 20 %", 20, {}), exempt=exempt)


def _item(sandbox: Sandbox, item: Item) -> Iterable[tuple[str, str]]:
    product = sandbox.call("POST", "/v1/products", {"name": item.name})["id"]
    for nickname, amount in item.prices.items():
        key = lookup_key(item.key, nickname)
        currency = "jpy" if nickname == YEN else "gbp"
        yield key, _price(sandbox, product, currency, amount, nickname, lookup_key=key)
    if not item.active:
        sandbox.call("POST", f"/v1/products/{product}", {"active": False})


def _membership(sandbox: Sandbox) -> None:
    """A scheme bills by subscription: its prices recur, and do not belong on an invoice raised by hand."""
    product = sandbox.call("POST", "/v1/products", {"name": MEMBERSHIP})["id"]
    for nickname, (interval, amount) in PLANS.items():
        key = lookup_key("membership", nickname)
        _price(sandbox, product, "gbp", amount, nickname, lookup_key=key, recurring={"interval": interval})


def _price(sandbox: Sandbox, product: str, currency: str, amount: int, nickname: str, **more: Any) -> str:
    params = {"product": product, "currency": currency, "unit_amount": amount, "nickname": nickname, **more}
    return sandbox.call("POST", "/v1/prices", params)["id"]


def _tax_rate(sandbox: Sandbox, name: str, percentage: int, metadata: dict[str, str]) -> str:
    params = {"display_name": name, "percentage": percentage, "inclusive": False, "country": "GB", "jurisdiction": "GB"}
    return sandbox.call("POST", "/v1/tax_rates", {**params, "description": f"UK {name}", "metadata": metadata})["id"]
