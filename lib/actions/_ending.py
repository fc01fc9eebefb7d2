"""How a change ends: outcome, mirror and audit log in one transaction, whoever ends it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, update

from lib.actions._intent import KINDS, OPEN, Intent, Kind, Object, load, note
from lib.context import Context
from lib.errors import PayerdeskError
from lib.mirror import store
from lib.mirror.database import writing
from lib.mirror.ours import intents
from lib.stripe_api import reading

_NOTHING = re.compile(r"\s*Nothing was (changed|posted|saved)[^.]*\.")


def partly(intent: Intent, words: str) -> str:
    """A job that stopped half-way says how far it came, and no more that nothing was changed."""
    if not any(intent.made(step.name) for step in intent.steps):
        return words
    found = (_NOTHING.sub("", words), "What was done before that stands.", KINDS[intent.kind].stands(intent))
    return " ".join(filter(None, found))


def end_by_hand(
    ctx: Context, intent: Intent, state: str, words: str, *, of: str, beside: Callable[[Connection], object]
) -> Intent:
    """End a change that stands still in the state `of` by a person's word; `beside` says so in the same transaction.

    Returns it as it stands then: where somebody else was first, nothing was done and `beside` was not asked.
    """
    return end(ctx, KINDS[intent.kind], intent, state, words, None, of=(of,), beside=beside)


def end(
    ctx: Context,
    kind: Kind,
    intent: Intent,
    state: str,
    words: str,
    no: PayerdeskError | None,
    *,
    of: tuple[str, ...] = OPEN,
    beside: Callable[[Connection], object] | None = None,
) -> Intent:
    """Mirror, outcome and audit in one transaction. When somebody was first, the mirror was behind: it is brought up
    too.
    """
    read_at = ctx.clock()
    fresh, ledgers = _read_again(ctx, kind, intent) if intent.progress or state == "changed" else ([], {})
    result = next((made["id"] for made in intent.progress.values() if made.get("id")), "")
    with writing(ctx.engine) as conn:
        store.put(conn, fresh, read_at, ctx.settings)
        for customer, transactions in ledgers.items():
            store.put_ledger(conn, customer, transactions)
        ended = {
            "state": state,
            "words": words,
            "field": getattr(no, "field", None) or "",
            "result": result or intent.target,
        }
        if beside:
            ended["progress"] = json.dumps(intent.progress, sort_keys=True)
        same = (intents.c.id == intent.id) & (intents.c.generation == intent.generation)
        still_open = same & intents.c.state.in_(of)
        if not conn.execute(update(intents).where(still_open).values(**ended, updated=ctx.now, lease_until=0)).rowcount:
            return load(ctx, intent.id)
        if beside:
            beside(conn)
        kind.settled(conn, intent, state)
        detail: dict[str, Any] = {"outcome": state, "result": ended["result"]}
        note(conn, kind, intent.actor, intent.role, intent.target or ended["result"], intent.id, detail)
    return load(ctx, intent.id)


def _read_again(ctx: Context, kind: Kind, intent: Intent) -> tuple[list[Object], dict[str, list[Object]]]:
    """What the change touched, as Stripe has it now. When Stripe is away, or somebody has waited long enough, the
    change stands all the same; the sync brings the rest.
    """
    found: list[Object] = []
    ledgers: dict[str, list[Object]] = {}
    try:
        for noun, object_id in dict.fromkeys(kind.affected(intent)):
            if ctx.stripe.left() <= 0:
                break
            if noun == "ledger":
                ledgers[object_id] = reading.ledger(ctx.stripe, object_id)
                found += reading.drafts(ctx.stripe, object_id)
            elif object_id:
                found.append(getattr(reading, noun)(ctx.stripe, object_id))
    except PayerdeskError:
        return found, ledgers
    return found, ledgers
