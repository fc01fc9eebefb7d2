"""Each reminder goes out once: stored as being sent before the mail server hears of it, and settled afterwards."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select, update

from lib import audit
from lib.actions.reminder_drafts import Draft
from lib.context import Context
from lib.dates import say_moment
from lib.errors import AskFirst, Refused
from lib.mirror.database import reading, writing
from lib.mirror.ours import reminders
from lib.mirror.rows import insert_once
from lib.people import Actor
from lib.queries.reminder_log import QUIET, SENDING

_AGAIN = 60


def just_sent(ctx: Context, actor: Actor, seen: Draft) -> bool:
    """A double click: the same person sent the same a moment ago, and it went out."""
    with reading(ctx.engine) as conn:
        row = conn.execute(select(reminders).where(reminders.c.id == seen.id)).first()
    return row is not None and (row.state, row.actor) == ("sent", actor.username) and row.at > ctx.now - _AGAIN


def reserve(ctx: Context, actor: Actor, now: Draft, *, despite_unknown: bool) -> int:
    """Stored as being sent, before anything is; whoever comes second is told who was first. Returns when."""
    at, row = ctx.now, _row(ctx, actor, now)
    with writing(ctx.engine) as conn:
        # The audit log lets one through at a time: nobody else looks and stores in between.
        _note(conn, actor, now, {"asked": True, "stage": now.stage, "invoices": [line.id for line in now.lines]})
        before = conn.execute(select(reminders).where(reminders.c.id == now.id)).first()
        _refuse_second(ctx, conn, now, before, despite_unknown=despite_unknown)
        if before is None:
            insert_once(conn, reminders, row)
        else:
            conn.execute(update(reminders).where(reminders.c.id == now.id).values(**row))
    return at


def _row(ctx: Context, actor: Actor, now: Draft) -> dict[str, Any]:
    return {
        "id": now.id,
        "payer": now.payer,
        "stage": now.stage,
        "email": now.email,
        "invoices": json.dumps([line.id for line in now.lines]),
        "currency": now.currency,
        "amount": now.amount,
        "state": "sending",
        "words": "",
        "actor": actor.username,
        "at": ctx.now,
    }


def _refuse_second(ctx: Context, conn: Connection, now: Draft, before: Any, *, despite_unknown: bool) -> None:
    if before is not None and _state(ctx, before) == "unknown":
        if not despite_unknown:
            raise AskFirst(f"{_told(ctx, before)} Nothing was sent now.")
        return
    recent = (reminders.c.payer == now.payer) & (reminders.c.currency == now.currency) & (reminders.c.id != now.id)
    other = conn.execute(
        select(reminders).where(recent, reminders.c.state != "refused", reminders.c.at > ctx.now - QUIET)
    ).first()
    first = before if before is not None and before.state != "refused" else other
    if first is not None:
        raise Refused(f"{_told(ctx, first)} Nothing was sent now.")


def _state(ctx: Context, row: Any) -> str:
    return "unknown" if row.state == "sending" and row.at < ctx.now - SENDING else row.state


def _told(ctx: Context, row: Any) -> str:
    when = say_moment(row.at, ctx.settings.zone)
    if _state(ctx, row) == "unknown":
        return f"{row.actor} sent this reminder on {when}, and it was not confirmed: it may have gone out."
    if row.state == "sending":
        return f"{row.actor} is sending this payer a reminder just now."
    return f"{row.actor} sent this payer a reminder on {when} (stage: {row.stage} days)."


def settle(ctx: Context, actor: Actor, now: Draft, at: int, state: str, words: str) -> None:
    """What became of it: sent, refused or unknown, with words; only of the attempt that `reserve` stored at `at`."""
    mine = (reminders.c.id == now.id) & (reminders.c.state == "sending") & (reminders.c.at == at)
    with writing(ctx.engine) as conn:
        _note(conn, actor, now, {"outcome": state})
        conn.execute(update(reminders).where(mine).values(state=state, words=words))


def _note(conn: Connection, actor: Actor, now: Draft, detail: dict[str, Any]) -> None:
    told = {**detail, "total": now.amount, "currency": now.currency}
    who = {"actor": actor.username, "role": actor.role}
    audit.record(conn, **who, verb="reminder:send", subject=now.payer, intent=now.id, detail=told)
