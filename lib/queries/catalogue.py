"""What can stand on an invoice line: products at their prices, and rates of VAT."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from lib.billing import Rate
from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.tables import prices, products, tax_rates
from lib.money import Money, round_half_up
from lib.text import shown


@dataclass(frozen=True)
class Item:
    """A one-off price of a product: Stripe's price id, the product's name, the price's nickname ("Employer rate"),
    minor units.
    """

    price: str
    product: str
    nickname: str
    unit_amount: Decimal
    currency: str

    @property
    def label(self) -> str:
        """As it is picked: name, nickname and price."""
        named = f"{shown(self.product)} · {shown(self.nickname)}" if self.nickname else shown(self.product)
        return f"{named} · {Money(round_half_up(self.unit_amount), self.currency)}"


def items(ctx: Context, currency: str) -> list[Item]:
    """Every active one-off price in this currency, by product name and nickname."""
    usable = (
        prices.c.active,
        products.c.active,
        ~prices.c.recurring,
        prices.c.currency == currency,
        prices.c.unit_amount != "",
    )
    wanted = (
        select(prices, products.c.name)
        .select_from(prices.join(products, products.c.id == prices.c.product))
        .where(*usable)
    )
    with reading(ctx.engine) as conn:
        found = conn.execute(wanted.order_by(func.lower(products.c.name), prices.c.nickname, prices.c.id)).all()
    return [Item(row.id, row.name, row.nickname, Decimal(row.unit_amount), row.currency) for row in found]


def rates(ctx: Context) -> list[Rate]:
    """Every active tax rate, highest first."""
    with reading(ctx.engine) as conn:
        found = conn.execute(select(tax_rates).where(tax_rates.c.active)).all()
    known = [Rate(row.id, row.name, Decimal(row.percentage), row.inclusive) for row in found]
    return sorted(known, key=lambda rate: (-rate.percentage, rate.name, rate.id))
