"""The lines of a new invoice: those added, and the one being typed.

A line that is complete counts as soon as it can be read, added or not: what the preview shows is what is saved. One
that cannot be read stops the saving, with a sentence beside the field.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import streamlit as st

from lib.actions.invoice_state import rates_of
from lib.billing import Line, Rate
from lib.errors import Refused
from lib.money import Money, exponent
from lib.queries.catalogue import Item
from lib.text import shown
from lib.ui import feedback
from lib.ui.forms import Form

_LONGEST = 500


@dataclass(frozen=True)
class Entry:
    """A line in a currency; `number` is 0 while it is being typed."""

    number: int
    line: Line
    currency: str


@dataclass(frozen=True)
class _Typed:
    """What the fields hold: a line, or what is wrong with them (`missing`: not typed yet, so not wrong yet)."""

    line: Line | None = None
    wrong: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    blank: bool = False


class LineEditor:
    """The fields of one line, and the lines that are there already; all of it is kept in the form."""

    def __init__(self, form: Form, items: Sequence[Item], rates: Sequence[Rate], currency: str) -> None:
        self._form, self._currency = form, currency
        self._items = {item.price: item for item in items}
        self._rates = {rate.id: rate for rate in rates}
        self._kept: dict[str, Any] = form.keep("lines", {"added": [], "turn": 1, "pressed": False, "repriced": False})

    def entries(self) -> list[Entry]:
        """Every line that will be saved, in order; the one being typed comes last."""
        typed = self._read().line
        return [*self._kept["added"], *([Entry(0, typed, self._currency)] if typed else [])]

    @property
    def unfinished(self) -> bool:
        """Whether something is typed that makes no line yet."""
        typed = self._read()
        return typed.line is None and not typed.blank

    def lines(self) -> tuple[Line, ...]:
        """The lines to save. Raises Refused where one cannot be."""
        self._kept["pressed"] = self.unfinished
        if self._kept["pressed"]:
            raise Refused("Finish the line that you are typing, or clear its fields.", field="lines")
        found = self.entries()
        if strange := next((entry for entry in found if entry.currency != self._currency), None):
            raise Refused(
                f"A line is in {strange.currency.upper()} and this payer is billed in {self._currency.upper()}. "
                "Remove it and add it again.",
                field="lines",
            )
        return tuple(entry.line for entry in found)

    def draw(self) -> None:
        """The fields of one line, and the button that puts it under the others."""
        st.selectbox(
            "Item",
            ["", *self._items],
            key=self._at("item"),
            format_func=lambda price: self._items[price].label if price else "One-off line",
            on_change=self._fill,
            filter_mode="contains",
        )
        st.text_input("Description", key=self._at("description"), on_change=self._form.mend)
        self._wrong("description")
        price, quantity, vat = st.columns([2, 1, 2])
        with price:
            st.text_input(
                "Unit price", key=self._at("unit_price"), placeholder=self._example(), on_change=self._reprice
            )
        with quantity:
            st.session_state.setdefault(self._at("quantity"), "1")
            st.text_input("Quantity", key=self._at("quantity"), on_change=self._form.mend)
        with vat:
            st.selectbox("VAT", ["", *self._rates], key=self._at("vat"), format_func=self.vat_of)
        self._wrong("unit_price")
        self._wrong("quantity")
        if self._kept["repriced"]:
            st.caption("A price of your own: this is a one-off line now, not the catalogue's.")
        st.button("Add line", icon=":material/add:", on_click=self._add)
        self._form.wrong("lines")

    def remove(self, number: int) -> None:
        """Take a line out. A button's callback."""
        self._kept["added"] = [entry for entry in self._kept["added"] if entry.number != number]
        if number == 0:
            self._next()
        self._form.mend()

    def can_change(self, line: dict[str, Any]) -> bool:
        """Whether the fields can hold a line of Stripe's: one rate that is still in use, a whole quantity, no minus, no
        fraction of a penny but the catalogue's.
        """
        rates, quantity = rates_of(line), str(line.get("quantity_decimal") or line.get("quantity") or 1)
        known = len(rates) <= 1 and all(rate in self._rates for rate in rates)
        pricing = line.get("pricing") or {}
        unit = Decimal(str(pricing.get("unit_amount_decimal") or line["amount"]))
        price = (pricing.get("price_details") or {}).get("price")
        known = known and (unit == unit.to_integral_value() or price in self._items)
        return known and line["amount"] >= 0 and bool(re.fullmatch(r"[1-9]\d{0,3}", quantity, re.ASCII))

    def start_from(self, line: dict[str, Any]) -> None:
        """Fill the fields with a line of Stripe's, to be changed. A button's callback."""
        pricing = line.get("pricing") or {}
        price = (pricing.get("price_details") or {}).get("price") or ""
        unit = Decimal(str(pricing.get("unit_amount_decimal") or line["amount"]))
        exact = unit.scaleb(-exponent(self._currency))
        whole = unit == unit.to_integral_value()
        self._next()
        told = {
            "item": price if price in self._items else "",
            "description": line.get("description") or "",
            "unit_price": Money(int(unit), self._currency).plain if whole else f"{exact.normalize():f}",
            "quantity": str(line.get("quantity_decimal") or line.get("quantity") or 1),
            "vat": next(iter(rates_of(line)), ""),
        }
        st.session_state.update({self._at(name): value for name, value in told.items()})

    def vat_of(self, rate: str) -> str:
        """How a rate reads: Exempt, VAT 20 %."""
        return say_rate(self._rates.get(rate))

    def _next(self) -> None:
        """Empty fields for another line."""
        self._kept |= {"turn": self._kept["turn"] + 1, "repriced": False, "pressed": False}

    def _at(self, name: str) -> str:
        return self._form.field(f"{name}.{self._kept['turn']}")

    def _text(self, name: str) -> str:
        return str(st.session_state.get(self._at(name)) or "").strip()

    def _example(self) -> str:
        return "45.00" if exponent(self._currency) else "4500"

    def _wrong(self, name: str) -> None:
        typed = self._read()
        words = typed.wrong.get(name) or (typed.missing.get(name) if self._kept["pressed"] else None)
        if words:
            st.error(feedback.safe_sentence(words), icon=":material/error:")

    def _fill(self) -> None:
        """A catalogue item brings its name and its price."""
        item = self._items.get(self._text("item"))
        if item:
            st.session_state[self._at("description")] = shown(item.product, _LONGEST)
            st.session_state[self._at("unit_price")] = _price_text(item)
        self._kept["repriced"] = False
        self._form.mend()

    def _reprice(self) -> None:
        """The catalogue's price is not edited: another price makes a line of its own."""
        item, price = self._items.get(self._text("item")), self._text("unit_price")
        if item and price and not self._is_price_of(item, price):
            st.session_state[self._at("item")] = ""
            self._kept["repriced"] = True
        self._form.mend()

    def _add(self) -> None:
        typed = self._read()
        self._kept["pressed"] = typed.line is None
        self._form.mend()
        if typed.line:
            number = max((entry.number for entry in self._kept["added"]), default=0) + 1
            self._kept["added"] = [*self._kept["added"], Entry(number, typed.line, self._currency)]
            self._next()

    def _read(self) -> _Typed:
        description, price, item = self._text("description"), self._text("unit_price"), self._text("item")
        wanted = {
            "description": (description, "Describe the line: it is what the payer reads."),
            "unit_price": (price, f"Enter a price, for example {self._example()}."),
        }
        missing = {name: words for name, (text, words) in wanted.items() if not text}
        if not (description or price or item):
            return _Typed(missing=missing, blank=True)
        chosen, wrong = self._items.get(item), {}
        try:
            unit = self._unit(price, chosen) if price else Decimal(0)
        except Refused as no:
            wrong["unit_price"] = no.words
        if len(description) > _LONGEST:
            wrong["description"] = f"At most {_LONGEST} characters; this has {len(description)}."
        if not re.fullmatch(r"[1-9]\d{0,3}", quantity := self._text("quantity"), re.ASCII):
            wrong["quantity"] = "Enter a whole quantity from 1 to 9,999."
        if wrong or missing:
            return _Typed(None, wrong, missing)
        known = item if chosen and unit == chosen.unit_amount else ""
        return _Typed(Line(description, unit, int(quantity), self._rates.get(self._text("vat")), known))

    def _is_price_of(self, item: Item, price: str) -> bool:
        try:
            return self._unit(price, item) == item.unit_amount
        except Refused:
            return False

    def _unit(self, price: str, item: Item | None) -> Decimal:
        if item and price == _price_text(item):
            return item.unit_amount
        if re.match(r"[-−–(]", price):
            raise Refused("A line cannot be below zero. Give credit under Balances instead.", field="unit_price")
        return Decimal(Money.parse(price, self._currency, field="unit_price").minor)


def say_rate(rate: Rate | None) -> str:
    """Exempt; VAT 20 %; VAT 20 %, in the price. Many a rate has its per cent in its name already."""
    if rate is None:
        return "Exempt"
    name, per_cent = shown(rate.name), f"{rate.percentage.normalize():f}"
    named = name if per_cent in name else f"{name} {per_cent} %"
    return f"{named}, in the price" if rate.inclusive else named


def _price_text(item: Item) -> str:
    """The catalogue's price as a person would type it; Stripe may hold fractions of a penny."""
    whole = item.unit_amount == item.unit_amount.to_integral_value()
    exact = item.unit_amount.scaleb(-exponent(item.currency))
    return Money(int(item.unit_amount), item.currency).plain if whole else f"{exact.normalize():f}"
