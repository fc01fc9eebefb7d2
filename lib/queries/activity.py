"""Who did what: the audit log with the outcome of each change, and changes that Stripe has not confirmed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, or_, select, true

from lib.audit import VERBS
from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import audit, intents
from lib.mirror.tables import customers, invoices
from lib.money import Money
from lib.people import SHELL
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._sql import counted
from lib.text import shown

# Longer logs are not counted.
_MOST = 2000
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
    ctx: Context, *, actor: str = "", verb: str = "", subject: str = "", place: Place = FIRST, size: int = SIZE
) -> Page:
    """What people did, newest first: seq, at, actor, role, what, subject, about, amount, outcome, words.

    `at` in Stripe's seconds, `about` the subject's name as it is now, `amount` formatted with its currency and
    direction. Long logs are not counted (`total` None).
    """
    wanted = (
        or_(audit.c.intent == "", audit.c.detail.contains('"asked"')),
        audit.c.actor == actor if actor else true(),
        audit.c.verb == verb if verb else true(),
        audit.c.subject == subject if subject else true(),
    )
    found = select(audit.c.seq).where(*wanted)
    with reading(ctx.engine) as conn:
        total = counted(conn, found, _MOST)
    order = Order((audit.c.seq,), descending=True)
    shown = page(ctx, found, order, place, total if total <= _MOST else None, size=size, fill=_entries)
    return replace(shown, rows=_told(shown.rows))


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
    with reading(ctx.engine) as conn:
        waiting = list(conn.execute(select(intents.c.id).where(still_open)).scalars())
    asked = select(audit.c.seq).where(audit.c.intent.in_(waiting), audit.c.detail.contains('"asked"'))
    order = Order((audit.c.seq,), descending=True)
    return _told(page(ctx, asked, order, FIRST, None, fill=_entries).rows)


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


def _told(raw: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
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


def _entries(found: list[tuple[Any, ...]]) -> Select[Any]:
    """These entries, with what became of each and whom it was about."""
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
    # What is made by a change is its result; what is changed by one is its subject.
    about = func.coalesce(func.nullif(audit.c.subject, ""), intents.c.result)
    source = (
        audit.outerjoin(intents, intents.c.id == audit.c.intent)
        .outerjoin(customers, customers.c.id == about)
        .outerjoin(invoices, invoices.c.id == about)
    )
    return select(*columns).select_from(source).where(audit.c.seq.in_([seq for (seq,) in found]))


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
