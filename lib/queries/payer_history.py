"""Who was to pay for a patient's care, from change to change."""

from __future__ import annotations

import json

import pandas as pd
from sqlalchemy import select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import audit, intents
from lib.queries.people import people


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
    names = people(ctx)
    return pd.DataFrame(
        [(at, names.get(actor, actor), d.get("from") or patient, d.get("to") or patient) for at, actor, d in found],
        columns=["at", "actor", "was", "now"],
    )
