"""What was looked at is on record too: an account or an invoice, once a person and hour, however often it is drawn."""

from __future__ import annotations

import logging
import time

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from lib import audit
from lib.context import Context
from lib.mirror import ours
from lib.mirror.database import reading, writing
from lib.people import Actor, need

_HOUR = 3600
_log = logging.getLogger("payerdesk")


def account(ctx: Context, customer: str) -> None:
    """Somebody opened an account. Raises NotAllowed."""
    _once_an_hour(ctx, "account:view", customer)


def invoice(ctx: Context, invoice: str) -> None:
    """Somebody opened an invoice. Raises NotAllowed."""
    _once_an_hour(ctx, "invoice:view", invoice)


def _once_an_hour(ctx: Context, verb: str, subject: str) -> None:
    """A database that takes no entry just now keeps nobody from looking: the server's log says so instead."""
    actor = need(ctx, "look")
    try:
        with reading(ctx.engine) as conn:
            if _noted(conn, actor, verb, subject):
                return
        with writing(ctx.engine) as conn:
            # Whoever looks at the same moment in another window waits here, and finds it noted.
            conn.execute(select(ours.audit_head.c.seq).with_for_update())
            if not _noted(conn, actor, verb, subject):
                audit.record(conn, actor=actor.username, role=actor.role, verb=verb, subject=subject, detail={})
    except SQLAlchemyError as wrong:
        _log.error("a look was not noted: %s %s %s %s", actor.username, verb, subject, type(wrong).__name__)


def _noted(conn: Connection, actor: Actor, verb: str, subject: str) -> bool:
    mine = (ours.audit.c.subject == subject) & (ours.audit.c.actor == actor.username) & (ours.audit.c.verb == verb)
    latest = select(ours.audit.c.at).where(mine).order_by(ours.audit.c.seq.desc()).limit(1)
    at = conn.execute(latest).scalar()
    return at is not None and at > time.time() - _HOUR
