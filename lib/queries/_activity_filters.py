"""What the log of who did what is narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, func, or_, select, union

from lib.context import Context
from lib.dates import end_of, start_of
from lib.mirror.ours import audit, intents
from lib.mirror.tables import invoices

_VIEWS = ("account:view", "invoice:view")


@dataclass(frozen=True)
class Filters:
    """What the log is narrowed to: a username, a verb, a customer (and all that is theirs), days of the practice (ISO,
    both included). `without_views`: what was only looked at is left out, unless its verb is asked for.
    """

    actor: str = ""
    verb: str = ""
    customer: str = ""
    since: str = ""
    until: str = ""
    without_views: bool = False


def narrowed(ctx: Context, chosen: Filters) -> list[ColumnElement[bool]]:
    """One entry a change: the one that says what was asked for. What a person decided about it stands beside it."""
    zone = ctx.settings.zone
    wanted = [or_(audit.c.intent == "", audit.c.detail.contains('"asked"'), audit.c.verb.startswith("change:"))]
    if chosen.actor:
        wanted.append(audit.c.actor == chosen.actor)
    if chosen.verb:
        wanted.append(audit.c.verb == chosen.verb)
    elif chosen.without_views:
        wanted.append(audit.c.verb.not_in(_VIEWS))
    if chosen.since:
        wanted += _from(start_of(date.fromisoformat(chosen.since), zone))
    if chosen.until:
        wanted += _until(end_of(date.fromisoformat(chosen.until), zone))
    if chosen.customer:
        wanted.append(audit.c.seq.in_(_about_customer(chosen.customer)))
    return wanted


def _from(moment: int) -> list[ColumnElement[bool]]:
    """From the first entry of that time on: the log is read in its own order, which has only to begin there.

    The clock may have been set back once, so that each entry's own time still counts.
    """
    each = audit.alias("each")
    # + 0: or SQLite walks the whole log in its order instead of looking into the index over time.
    first = select(func.min(each.c.seq + 0)).where(each.c.at >= moment).scalar_subquery()
    return [audit.c.at >= moment, audit.c.seq >= first]


def _until(moment: int) -> list[ColumnElement[bool]]:
    """Up to the last entry before that time."""
    each = audit.alias("each_before")
    last = select(func.max(each.c.seq + 0)).where(each.c.at < moment).scalar_subquery()
    return [audit.c.at < moment, audit.c.seq <= last]


def _about_customer(customer: str) -> CompoundSelect[Any]:
    """Entries about an account, and about the invoices that were billed to it or were for its care; each by index."""
    # What was deleted stands in an index of its own: asked for together, every invoice would be looked at.
    theirs = union(
        *(
            select(invoices.c.id).where(whose == customer, there)
            for whose in (invoices.c.customer, invoices.c.treated)
            for there in (~invoices.c.deleted, invoices.c.deleted)
        )
    ).subquery()
    ids = select(theirs.c.id)
    made = select(audit.c.seq).join(intents, intents.c.id == audit.c.intent)
    return union(
        select(audit.c.seq).where(audit.c.subject == customer),
        select(audit.c.seq).where(audit.c.subject.in_(ids)),
        made.where(intents.c.result == customer),
        made.where(intents.c.result.in_(ids)),
    )
