"""Reading the target from Stripe before it is changed, and comparing it with what the person saw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lib.context import Context
from lib.errors import Changed, NotFound, Refused, Unavailable
from lib.money import Money
from lib.stripe_api import reading

Object = dict[str, Any]
_NOTHING = "Nothing was posted; please check and confirm again."


@contextmanager
def beforehand() -> Iterator[None]:
    """Around questions that come before the first change: when Stripe is out of reach, that is a certain no."""
    try:
        yield
    except Unavailable as away:
        raise Refused(f"{away.words} Nothing was changed.", away.detail) from away


def living_customer(ctx: Context, customer: str, field: str | None = None) -> Object:
    """The customer as Stripe has it now. Raises Refused when it was deleted or never was."""
    try:
        found = reading.customer(ctx.stripe, customer)
    except NotFound as none:
        raise Refused("This customer is not in Stripe.", none.detail, field=field) from none
    if found.get("deleted"):
        raise Refused("This customer was deleted in Stripe: nothing can be done with it any more.", field=field)
    return found


def balance_of(customer: Object, currency: str) -> int:
    """A customer's balance in one currency, signed as Stripe signs it: negative is credit."""
    if customer.get("currency") == currency:
        return int(customer.get("balance") or 0)
    return -int((customer.get("invoice_credit_balance") or {}).get(currency, 0))


def same_balance(customer: Object, currency: str, seen: int, *, so: str = _NOTHING) -> None:
    """Raises Changed when the balance is not what the person was shown; `so` says what that means."""
    now = balance_of(customer, currency)
    if now != seen:
        raise Changed(
            f"The balance changed meanwhile: it is {say_balance(Money(now, currency))} now, "
            f"and was {say_balance(Money(seen, currency))} on your screen. {so}"
        )


def say_balance(balance: Money) -> str:
    """A balance in words, from Stripe's sign: £45.00 in credit, £45.00 owed, or settled."""
    if not balance:
        return "settled"
    return f"{abs(balance)} {'in credit' if balance.minor < 0 else 'owed'}"


def tagged(found: list[Object], intent: str) -> Object | None:
    """The object that an earlier attempt of this intent made."""
    return next((obj for obj in found if (obj.get("metadata") or {}).get("pd_intent") == intent), None)
