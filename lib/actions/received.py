"""How money came that Stripe did not take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lib.actions import _checks
from lib.context import Context
from lib.dates import day
from lib.errors import Refused, Together

METHODS = ("Bank transfer", "Cheque", "Cash", "Insurance")
_LONG_AGO = 3 * 366


@dataclass(frozen=True)
class Received:
    """How money came: a method of METHODS, the payer's or the bank's reference, and the day it was there."""

    method: str
    reference: str
    on: date | None

    def checked(self, ctx: Context) -> Received:
        """The same, trimmed. Raises Refused with the field at fault."""
        with Together() as check:
            check(_chosen, self.method)
            words = "Enter the reference: what the bank statement, the cheque or the insurer says."
            reference = check(_checks.required, self.reference, words, "reference", 140)
            check(_in_time, self.on, day(ctx.now, ctx.settings.zone))
        return Received(self.method, reference, self.on)

    @property
    def tags(self) -> dict[str, str]:
        """What is added to an invoice's metadata."""
        assert self.on is not None
        return {"pd_method": self.method, "pd_reference": self.reference, "pd_received_on": self.on.isoformat()}


def _chosen(method: str) -> None:
    if method not in METHODS:
        raise Refused("Choose how the money came.", field="method")


def _in_time(on: date | None, today: date) -> None:
    if on is None:
        raise Refused("Enter the day the money was received.", field="received_on")
    if on > today:
        raise Refused("This day is still to come. Enter the day the money was received.", field="received_on")
    if (today - on).days > _LONG_AGO:
        raise Refused("This is more than three years ago. Check the year.", field="received_on")
