"""Large amounts: typed twice above the practice's first threshold, agreed to by a second person above the second.

PAYERDESK_TYPE_TWICE_ABOVE and PAYERDESK_SECOND_PERSON_ABOVE are whole units of money, whatever the currency; of a
currency without decimals, hundreds of them (1000 is £1,000, €1,000 and ¥100,000).
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Connection, insert

from lib.errors import Refused
from lib.mirror.ours import approvals
from lib.money import Money, exponent
from lib.settings import Settings

WAITS = (
    "An amount this large waits for a second person. It is stored and nothing was sent yet: somebody else can approve "
    "it under Needs your eye."
)


def needs_typing_twice(settings: Settings, amount: Money) -> bool:
    """Whether the form must ask for this amount a second time."""
    return _above(amount, settings.type_twice_above)


def needs_second_person(settings: Settings, amount: Money) -> bool:
    """Whether nothing is sent before somebody else has agreed."""
    return _above(amount, settings.second_person_above)


def typed_twice(settings: Settings, amount: Money | None, retyped: Money | None) -> None:
    """Raises Refused for the field `retyped` unless the amount is small, or the same was typed twice."""
    if amount is None or not needs_typing_twice(settings, amount):
        return
    if retyped is None:
        raise Refused(f"{abs(amount)} is a large amount: type it once more.", field="retyped")
    if abs(retyped) != abs(amount):
        raise Refused(f"This is {abs(retyped)}; above it says {abs(amount)}. Type the same amount.", field="retyped")


def ask_second_person(conn: Connection, intent: str, actor: str, now: int) -> None:
    """Note that a change waits for somebody other than `actor`."""
    asked = {"intent": intent, "asked_by": actor, "asked_at": now}
    conn.execute(insert(approvals).values(**asked, decided_by="", decided_at=0, verdict=""))


def _above(amount: Money, limit: Decimal | None) -> bool:
    return limit is not None and abs(amount).minor > limit.scaleb(exponent(amount.currency) or 2)
