"""Somebody was here: the same was asked for before, on another form, and may have happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import ColumnElement, or_, select

from lib.actions._intent import MAY_HAVE, Kind
from lib.context import Context
from lib.dates import say_age
from lib.errors import AskFirst
from lib.mirror.database import reading
from lib.mirror.ours import intents

_A_MOMENT = 600
_SAID = {
    "waiting": "{what}{where} was asked for {ago} by {who} and waits for a second person.",
    **dict.fromkeys(("done", "refused", "changed"), "{what} was {verb}{where} {ago} by {who}."),
}
_UNSURE = "{what}{where} was asked for {ago} by {who}, and Stripe has not confirmed whether it happened."


@dataclass(frozen=True)
class Earlier:
    """A change that was asked for before."""

    id: str
    actor: str
    at: int
    state: str


def lately(ctx: Context, kind: Kind, target: str) -> ColumnElement[bool]:
    """Those of this kind, about this object, that may have happened within ten minutes."""
    mine = (intents.c.kind == kind.name) & (intents.c.target == target)
    return mine & (intents.c.created > ctx.now - _A_MOMENT) & intents.c.state.in_(MAY_HAVE)


def earlier(ctx: Context, form: str, same: ColumnElement[bool]) -> Earlier | None:
    """The newest change that is the `same`; None where this very form was sent before, as then its outcome is wanted.

    Both in one read: a double click may fall between two.
    """
    own = (intents.c.form == form).label("own")
    columns = (intents.c.id, intents.c.actor, intents.c.created, intents.c.state, own)
    wanted = select(*columns).where(or_(intents.c.form == form, same)).order_by(own.desc(), intents.c.created.desc())
    with reading(ctx.engine) as conn:
        found = conn.execute(wanted.limit(1)).first()
    return None if found is None or found.own else Earlier(found.id, found.actor, found.created, found.state)


def ask_about(ctx: Context, found: Earlier, what: str, verb: str, where: str = "") -> NoReturn:
    """Raises AskFirst, in words that say no more than is known: `what` was `verb`, `where`."""
    words = _SAID.get(found.state, _UNSURE).format(
        what=what, verb=verb, where=where, ago=say_age(ctx.now - found.at), who=found.actor
    )
    raise AskFirst(f"{words} Nothing more was {verb}.")
