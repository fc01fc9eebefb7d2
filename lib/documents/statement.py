"""A payer's statement, as values: what each invoice came to, what is left of it, and what that adds up to.

Amounts are minor units of the section's currency; a section never mixes currencies. Of a line, `total` less `used`,
`credited` and `paid` is what `remaining` says (docs.stripe.com/billing/customer/balance; scenarios 3, 5, 7 and 15).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from lib.documents.csv_export import Column, csv_pieces
from lib.money import Money

AGES = ("Not yet due", "1-30 days", "31-60 days", "61-90 days", "Over 90 days")

COLUMNS = (
    Column("Invoice", "number"),
    Column("Date", "issued", "day"),
    Column("Payer", "payer"),
    Column("For", "about"),
    Column("Currency", "currency"),
    Column("Total", "total", "money"),
    Column("From account", "used", "money"),
    Column("Credit notes", "credited", "money"),
    Column("Paid", "paid", "money"),
    Column("Remaining", "remaining", "money"),
    Column("Due", "due_at", "day"),
    Column("Days overdue", "overdue_days", "whole"),
)


@dataclass(frozen=True)
class Line:
    """One invoice. `about` is the patient, or what the practice says instead; `used` is credit on account that went
    into it (negative: debit that was added); `due_at` is the day by the payer's terms, None without one;
    `url` is Stripe's page where it can be paid.
    """

    id: str
    number: str
    issued: int
    about: str
    total: int
    used: int
    credited: int
    paid: int
    remaining: int
    due_at: int | None
    overdue_days: int
    url: str = ""


@dataclass(frozen=True)
class Section:
    """One currency. `lines` are those of the statement's period; `ages`, `outstanding` and `balance` speak of
    everything that is open now. `balance` is signed as Stripe signs it: negative is credit.
    """

    currency: str
    lines: tuple[Line, ...]
    ages: tuple[int, int, int, int, int]
    balance: int

    @property
    def outstanding(self) -> Money:
        """What open invoices owe: the ages added up."""
        return Money(sum(self.ages), self.currency)

    @property
    def overdue(self) -> Money:
        """What of it is past the payer's terms."""
        return Money(sum(self.ages[1:]), self.currency)

    @property
    def on_account(self) -> Money:
        """The balance on account, signed as Stripe signs it."""
        return Money(self.balance, self.currency)

    @property
    def net(self) -> Money:
        """Outstanding less credit, or with the debit, on account (scenario 7)."""
        return self.outstanding + self.on_account

    def sums(self) -> dict[str, Money]:
        """The lines added up: total, used, credited, paid, remaining."""
        names = ("total", "used", "credited", "paid", "remaining")
        return {name: Money(sum(getattr(line, name) for line in self.lines), self.currency) for name in names}


@dataclass(frozen=True)
class Statement:
    """Everything a statement says. `first` and `last` are the days it covers, both None for what is open now; `email`
    and `terms_days` are the payer's.
    """

    payer: str
    name: str
    kind: str
    email: str
    address: tuple[str, ...]
    practice: str
    as_of: int
    terms_days: int | None
    zone: ZoneInfo
    sections: tuple[Section, ...]
    first: date | None = None
    last: date | None = None

    def section(self, currency: str) -> Section:
        """One currency's part; an empty one where there is none."""
        return next((each for each in self.sections if each.currency == currency), Section(currency, (), (0,) * 5, 0))

    @property
    def title(self) -> str:
        """What it covers, in words."""
        if self.first is None or self.last is None:
            return "Statement of account: what is open now"
        return f"Statement of account: invoices from {say(self.first)} to {say(self.last)}"


def say(day: date) -> str:
    """6 Nov 2026."""
    return f"{day:%-d %b %Y}"


def say_balance(balance: Money) -> str:
    """From Stripe's sign: £50.00 in credit, £12.50 carried to the next invoice, or nothing."""
    if not balance:
        return "nothing"
    return f"{abs(balance)} in credit" if balance.minor < 0 else f"{abs(balance)} carried to the next invoice"


def as_csv(found: Statement) -> Iterator[bytes]:
    """The lines of every currency as CSV, a piece at a time; beside each stand the names of its payer and its patient,
    whatever their alphabet.
    """
    batches = (_batch(section, found.name) for section in found.sections if section.lines)
    return csv_pieces(batches, COLUMNS, found.zone)


def _batch(section: Section, payer: str) -> Mapping[str, Sequence[Any]]:
    said = {"payer": payer, "currency": section.currency}
    told = [column.field for column in COLUMNS if column.field not in said]
    batch: dict[str, list[Any]] = {name: [getattr(line, name) for line in section.lines] for name in told}
    return batch | {name: [text] * len(section.lines) for name, text in said.items()}
