"""When a payer is due to be reminded, as the database is asked it.

`late` is what payers have overdue (`_late.late_of`), `stages` the practice's, seen from its day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, func, or_, select, text

from lib.context import Context
from lib.dates import start_of
from lib.mirror.ours import reminders
from lib.mirror.tables import customers, invoices
from lib.queries.customers import KINDS

# To the letter as in the partial index.
_MARKED = customers.c.paused_until != text("''")


@dataclass(frozen=True)
class Stages:
    """After how many days overdue the practice reminds (PAYERDESK_REMINDER_DAYS), and which day it has."""

    today: date
    zone: ZoneInfo
    days: tuple[int, ...]

    @cached_property
    def began(self) -> int:
        """When that day began, in Stripe's seconds."""
        return start_of(self.today, self.zone)

    def reached(self, due_at: ColumnElement[int]) -> ColumnElement[int]:
        """The highest stage, 0 before the first: the day it was due lies so many days of the practice back."""
        stages = [(due_at < self._since(stage), stage) for stage in reversed(self.days)]
        return case(*stages, else_=0)

    def _since(self, stage: int) -> int:
        return start_of(self.today - timedelta(days=stage - 1), self.zone)


def stages_of(ctx: Context) -> Stages:
    """Those of today."""
    return Stages(ctx.today, ctx.settings.zone, ctx.settings.reminder_days)


def due(stages: Stages, late: Any, quiet_since: Any) -> ColumnElement[bool]:
    """A reminder is to be sent now: a stage is reached, none was sent for it, none to this payer lately, and nobody
    said to leave the payer alone. `quiet_since` in Stripe's seconds.
    """
    r, stage = reminders.c, stages.reached(late.c.due_at)
    mine = exists().where(r.payer == late.c.customer, r.state != "refused")
    ours = late.c.customer + ":" + cast(stage, String) + ":" + oldest(late)
    sent = exists().where(r.id == ours, r.state != "refused")
    recent = exists().where(
        r.payer == late.c.customer, r.currency == late.c.currency, r.state != "refused", r.at > quiet_since
    )
    paused = select(customers.c.id).where(_MARKED, customers.c.paused_until > stages.today.isoformat())
    left = late.c.customer.notin_(gone()) & late.c.customer.notin_(paused)
    return and_(stage > 0, left, or_(~mine, and_(~sent, ~recent)))


def gone() -> Select[Any]:
    """Customers that were deleted in Stripe."""
    return select(customers.c.id).where(customers.c.kind.in_(KINDS), customers.c.deleted)


def oldest(late: Any) -> ColumnElement[str]:
    """The invoice of these that was due first."""
    i = invoices.alias("oldest")
    theirs = (i.c.customer == late.c.customer) & (i.c.currency == late.c.currency)
    found = select(i.c.id).where(i.c.owed, theirs, i.c.due_at == late.c.due_at)
    return found.order_by(i.c.id).limit(1).correlate(late).scalar_subquery()


def last_at(late: Any) -> ColumnElement[int]:
    """When this payer was last written to about this currency, by index; 0 for never."""
    mine = (reminders.c.payer == late.c.customer) & (reminders.c.currency == late.c.currency)
    return func.coalesce(select(func.max(reminders.c.at)).where(mine).correlate(late).scalar_subquery(), 0)
