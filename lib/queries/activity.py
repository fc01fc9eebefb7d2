"""Who did what: the audit log with the outcome of each change, and changes that Stripe has not confirmed."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from sqlalchemy import Select, select, true

from lib.audit import VERBS
from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import audit, intents
from lib.mirror.tables import customers, invoices
from lib.money import Money
from lib.people import SHELL
from lib.queries._sql import Page, page
from lib.text import shown

_OUTCOMES = {
    "planned": "Waiting to be sent",
    "sent": "Not yet confirmed",
    "unknown": "Not yet confirmed",
    "done": "Done",
    "refused": "Refused",
    "changed": "Stopped: somebody was first",
    "review": "Needs a look",
}


def table(
    ctx: Context, *, actor: str = "", verb: str = "", subject: str = "", limit: int = 50, offset: int = 0
) -> Page:
    """What people did, newest first: seq, at, actor, role, what, subject, about, amount, outcome, words.

    `at` in Stripe's seconds, `about` the subject's name as it is now, `amount` formatted with its currency and
    direction.
    """
    return _told(page(ctx, _statement(actor=actor, verb=verb, subject=subject), limit, offset))


def payer_history(ctx: Context, patient: str) -> pd.DataFrame:
    """Who changed a patient's default payer, and when, newest first: at, actor, was (id), now (id)."""
    wanted = select(audit.c.at, audit.c.actor, audit.c.detail, intents.c.state).join(
        intents, intents.c.id == audit.c.intent
    )
    mine = wanted.where(
        audit.c.subject == patient,
        audit.c.verb == "patient:payer",
        intents.c.state == "done",
        audit.c.detail.contains('"asked"'),
    )
    with reading(ctx.engine) as conn:
        found = [(row.at, row.actor, json.loads(row.detail)) for row in conn.execute(mine.order_by(audit.c.seq.desc()))]
    return pd.DataFrame(
        [(at, actor, d.get("from") or patient, d.get("to") or patient) for at, actor, d in found],
        columns=["at", "actor", "was", "now"],
    )


def unconfirmed(ctx: Context) -> pd.DataFrame:
    """Changes that are still open or wait for a person, newest first; columns as in `table`."""
    still_open = intents.c.state.in_(("planned", "sent", "unknown", "review")) & (intents.c.updated < ctx.now - 5)
    return _told(page(ctx, _statement().where(still_open), limit=50, offset=0)).rows


def verbs() -> dict[str, str]:
    """Everything that is ever written down, and how it reads."""
    return VERBS


def actors(ctx: Context) -> list[str]:
    """Everybody who ever did something."""
    with reading(ctx.engine) as conn:
        return list(conn.execute(select(audit.c.actor).distinct().order_by(audit.c.actor)).scalars())


def who(actor: str) -> str:
    """How an actor reads: whoever types at the computer itself has no username."""
    return SHELL.name if actor == SHELL.username else actor


def _told(found: Page) -> Page:
    raw = found.rows
    told = pd.DataFrame(
        {
            "seq": raw["seq"],
            "at": raw["at"],
            "actor": raw["actor"].map(who),
            "role": raw["role"],
            "what": raw["verb"].map(VERBS),
            "subject": raw["subject"],
            "about": [_about(row) for row in raw.itertuples()],
            "amount": [_amount(json.loads(detail)) for detail in raw["detail"]],
            "outcome": [_OUTCOMES.get(state or "", "") for state in raw["state"]],
            "words": raw["words"].fillna(""),
        }
    )
    return Page(told, found.total)


def _statement(*, actor: str = "", verb: str = "", subject: str = "") -> Select[Any]:
    asked = (audit.c.intent == "") | audit.c.detail.contains('"asked"')
    columns = (
        audit.c.seq,
        audit.c.at,
        audit.c.actor,
        audit.c.role,
        audit.c.verb,
        audit.c.subject,
        audit.c.detail,
        intents.c.state,
        intents.c.words,
        intents.c.result,
        customers.c.name,
        invoices.c.number,
    )
    about = audit.c.subject
    source = (
        audit.outerjoin(intents, intents.c.id == audit.c.intent)
        .outerjoin(customers, (customers.c.id == about) | (customers.c.id == intents.c.result))
        .outerjoin(invoices, (invoices.c.id == about) | (invoices.c.id == intents.c.result))
    )
    where = (
        asked,
        audit.c.actor == actor if actor else true(),
        audit.c.verb == verb if verb else true(),
        about == subject if subject else true(),
    )
    return select(*columns).select_from(source).where(*where).order_by(audit.c.seq.desc())


def _about(row: Any) -> str:
    if row.name or row.number:
        return shown(row.name or "") or row.number
    return row.subject or row.result or ""


def _amount(detail: dict[str, Any]) -> str:
    if "currency" not in detail or not ("amount" in detail or "total" in detail):
        return ""
    if "amount" in detail:
        return f"{Money(abs(detail['amount']), detail['currency'])} {'credit' if detail['amount'] < 0 else 'debit'}"
    return str(Money(detail["total"], detail["currency"]))
