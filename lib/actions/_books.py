"""Before a change is stored: are our records and Stripe at one about what it touches?"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from lib.context import Context
from lib.errors import Refused
from lib.mirror.database import reading
from lib.mirror.ours import differences

_PREFIXES = ("cus_", "in_")
_DOUBT = (
    "Our records and Stripe do not agree about this {noun}. Nothing was changed: an admin must look at it first, under "
    "Settings, Books."
)


def refuse_in_doubt(ctx: Context, target: str, seen: dict[str, Any]) -> None:
    """Raises Refused while a difference about the target, its payer or its customer waits for a person."""
    touched = {each for each in (target, *_ids(seen)) if each}
    wanted = select(differences.c.object).where(differences.c.object.in_(touched), differences.c.agreed_at == 0)
    with reading(ctx.engine) as conn:
        found = conn.execute(wanted).scalar()
    if found:
        noun = "invoice" if found.startswith("in_") else "account"
        raise Refused(_DOUBT.format(noun=noun), f"difference about {found}")


def _ids(value: Any) -> list[str]:
    """Every customer and invoice that the person was shown."""
    if isinstance(value, str):
        return [value] if value.startswith(_PREFIXES) else []
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [found for each in inside for found in _ids(each)]
