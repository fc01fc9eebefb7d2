"""A balance on account in a manager's words. Nobody reads a sign: Stripe's negative is what they are owed."""

from __future__ import annotations

from lib.money import Money


def say_position(balance: Money) -> str:
    """Where an account stands: they are owed £45.00, they owe £45.00, or the account is settled."""
    return f"{_side(balance)} {abs(balance)}" if balance else "The account is settled"


def say_change(before: Money, after: Money) -> str:
    """What an adjustment will do: "They are owed £45.00; after this, £90.00"."""
    if before and after and (before.minor < 0) == (after.minor < 0):
        return f"{say_position(before)}; after this, {abs(after)}."
    then = say_position(after)
    return f"{say_position(before)}; after this, {then[0].lower()}{then[1:]}."


def _side(balance: Money) -> str:
    return "They are owed" if balance.minor < 0 else "They owe"
