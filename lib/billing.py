"""What an invoice will come to, and what the balance on account will do to it, before anything is sent.

The same arithmetic as Stripe's, in whole minor units: each line and its tax rounded half up, exclusive tax added,
inclusive tax inside (docs.stripe.com/billing/taxes/tax-rates); the balance applied wholly at finalisation, a remainder
under the minimum charge carried forward (docs.stripe.com/billing/customer/balance; scenarios 3-6, 18, 21). It is shown
as a preview; before an invoice is finalised the action holds it against Stripe's own figures and stops when they
differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lib.money import Money, minimum_charge, round_half_up


@dataclass(frozen=True)
class Rate:
    """A tax rate: Stripe's id, its name, per cent, and whether prices already contain it."""

    id: str
    name: str
    percentage: Decimal
    inclusive: bool


@dataclass(frozen=True)
class Line:
    """A line to be billed: unit price in minor units, a whole quantity, a rate or none (exempt), a catalogue price or
    none.
    """

    description: str
    unit_amount: Decimal
    quantity: int = 1
    rate: Rate | None = None
    price: str = ""

    @property
    def amount(self) -> int:
        """Minor units, before exclusive tax."""
        return round_half_up(self.unit_amount * self.quantity)

    @property
    def tax(self) -> int:
        """Minor units of tax on this line, inside or on top."""
        if self.rate is None:
            return 0
        share = self.rate.percentage / 100
        base = Decimal(self.amount)
        return round_half_up(base - base / (1 + share) if self.rate.inclusive else base * share)


@dataclass(frozen=True)
class Preview:
    """What will happen at finalisation. `balance` is signed as Stripe signs it: negative is credit."""

    subtotal: Money
    tax: Money
    total: Money
    balance: Money
    to_pay: Money
    balance_after: Money

    @property
    def credit_used(self) -> Money:
        """How much of the credit on account goes into this invoice."""
        return Money(min(-min(self.balance.minor, 0), max(self.total.minor, 0)), self.total.currency)

    @property
    def debit_added(self) -> Money:
        """How much was owed on account and is asked for with this invoice."""
        return Money(max(self.balance.minor, 0), self.total.currency)

    @property
    def too_small(self) -> bool:
        """Whether the remainder is under what Stripe charges: it is carried to the next invoice as a debit."""
        return self.to_pay.minor == 0 and self.balance_after.minor > 0

    @property
    def nothing_to_pay(self) -> bool:
        """Whether the invoice will be paid at once, so that no payment request goes out."""
        return self.to_pay.minor == 0


def preview(lines: Sequence[Line], balance: Money) -> Preview:
    """The figures of an invoice for a payer with this balance, in the balance's currency."""
    currency = balance.currency
    amounts, exclusive = (
        sum(line.amount for line in lines),
        sum(line.tax for line in lines if not (line.rate and line.rate.inclusive)),
    )
    tax = Money(sum(line.tax for line in lines), currency)
    return settled(Money(amounts, currency), tax, Money(amounts + exclusive, currency), balance)


def settled(subtotal: Money, tax: Money, total: Money, balance: Money) -> Preview:
    """What finalising makes of an invoice that has added up to this total, for a payer with this balance."""
    due = total + balance
    asked = due if due.minor >= max(minimum_charge(due.currency), 1) else Money(0, due.currency)
    return Preview(subtotal, tax, total, balance, to_pay=asked, balance_after=due - asked)
