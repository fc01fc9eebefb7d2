"""Sharing one payment out over several invoices: what each gets, and the rules that hold (scenario 28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lib.actions.received import Received
from lib.context import Context
from lib.errors import Refused
from lib.money import Money

MOST_INVOICES = 250


@dataclass(frozen=True)
class Owing:
    """An open invoice of the payer, as the screen showed it: what is left to pay, in minor units."""

    invoice: str
    number: str
    remaining: int


@dataclass(frozen=True)
class Share:
    """What one invoice gets of a remittance. `remaining` is what it owed on the screen; minor units."""

    invoice: str
    number: str
    remaining: int
    amount: int


@dataclass(frozen=True)
class Payment:
    """What arrived: from whom, how much, how and when; and how it is shared out."""

    payer: str
    amount: Money
    received: Received
    shares: tuple[Share, ...]

    @property
    def allocated(self) -> Money:
        """What the invoices get together."""
        return Money(sum(share.amount for share in self.shares), self.amount.currency)

    @property
    def surplus(self) -> Money:
        """What is left over."""
        return self.amount - self.allocated


def oldest_first(owing: Sequence[Owing], amount: int) -> tuple[Share, ...]:
    """Share an amount out over invoices in their order, each to the full until nothing is left (scenario 28)."""
    found = []
    for each in owing:
        part = min(amount, each.remaining)
        if part > 0:
            found.append(Share(each.invoice, each.number, each.remaining, part))
            amount -= part
    return tuple(found)


def checked(ctx: Context, wanted: Payment, *, keep_surplus: bool) -> Payment:
    """The same, trimmed, without what gets nothing. Raises Refused with the field at fault."""
    if not wanted.payer:
        raise Refused("Choose whose payment this is.", field="payer")
    received = wanted.received.checked(ctx)
    shares = tuple(share for share in wanted.shares if share.amount)
    right = Payment(wanted.payer, wanted.amount, received, shares)
    _checked_shares(right)
    if right.surplus.minor < 0:
        words = f"The invoices get {right.allocated} together, and only {right.amount} arrived."
        raise Refused(words, field="shares")
    if right.surplus and not keep_surplus:
        words = f"{right.surplus} is left over. Share it out, or agree that it becomes credit on account."
        raise Refused(words, field="surplus")
    return right


def _checked_shares(wanted: Payment) -> None:
    if not wanted.shares:
        raise Refused("No invoice gets anything. To keep it all as credit, use Adjust balance.", field="shares")
    if len(wanted.shares) > MOST_INVOICES:
        words = f"At most {MOST_INVOICES} invoices at once; these are {len(wanted.shares)}. Record it in parts."
        raise Refused(words, field="shares")
    if len({share.invoice for share in wanted.shares}) < len(wanted.shares):
        raise Refused("An invoice stands in this list twice.", field="shares")
    for share in wanted.shares:
        if not 0 < share.amount <= share.remaining:
            owes, gets = (Money(minor, wanted.amount.currency) for minor in (share.remaining, share.amount))
            words = f"{share.number or share.invoice} owes {owes}; it cannot be given {gets}."
            raise Refused(words, field="shares")
