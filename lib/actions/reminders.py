"""Reminders: one message to a payer about everything overdue, with the statement attached, sent once.

A reminder is stored as "sending", with its audit entry, before the mail server hears of it. One that was cut off in
the middle may have gone out: it says so, and is never sent again by itself. Who pays how much is read from Stripe just
before: what was paid meanwhile is left out, and what nobody was shown is not sent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, update

from lib import audit, mail
from lib.actions._compare import beforehand, living_customer
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._submit import submit
from lib.context import Context
from lib.dates import say_moment
from lib.documents.statement import Line, Statement, as_csv, say
from lib.documents.statement_pdf import as_pdf
from lib.documents.statement_reminder import compose, overdue
from lib.errors import AskFirst, Changed, NotConfirmed, PayerdeskError, Refused
from lib.mail import Attachment, Mail
from lib.mirror import store
from lib.mirror.database import insert_once, reading, writing
from lib.mirror.ours import reminders
from lib.mirror.tables import invoices
from lib.people import Actor, need
from lib.queries import freshness, statements
from lib.queries.reminders import PAUSED, QUIET, SENDING, UNTIL, pause_of, reminder_id, sent_about, stage_of
from lib.stripe_api import reading as stripe_reading

# Figures older than this chase nobody.
STALE = 600
_AGAIN = 60


@dataclass(frozen=True)
class Draft:
    """A reminder as it would go out now, from the mirror. `lines` are what it lists, the oldest first; `amount` in
    minor units.
    """

    payer: str
    name: str
    kind: str
    currency: str
    stage: int
    email: str
    lines: tuple[Line, ...]
    mail: Mail

    @property
    def id(self) -> str:
        """What makes it the only one of its kind."""
        return reminder_id(self.payer, self.stage, self.lines[0].id)

    @property
    def amount(self) -> int:
        """Everything it lists, added up."""
        return sum(line.remaining for line in self.lines)


def draft(ctx: Context, payer: str, currency: str) -> Draft:
    """The exact message that would be sent to this payer about this currency.

    Raises Refused where there is none to send: nothing overdue, not late enough, no address. NotFound for nobody.
    """
    found = statements.get(ctx, payer)
    lines = overdue(found.section(currency))
    if not lines:
        raise Refused("Nothing of this payer's is overdue any more. Nothing was sent.")
    stage = stage_of(ctx, lines[0].overdue_days)
    if not stage:
        first = ctx.settings.reminder_days[0]
        raise Refused(f"The first reminder is due at {first} days overdue. Nothing was sent.")
    if not found.email:
        raise Refused("This payer has no email address: add one on the account. Nothing was sent.")
    words = compose(found, currency, sent_about(ctx, payer, {line.id for line in lines}))
    told = Mail((found.email,), words.subject, words.text, words.html, attachments(ctx, found))
    return Draft(payer, found.name, found.kind, currency, stage, found.email, lines, told)


def attachments(ctx: Context, found: Statement) -> tuple[Attachment, ...]:
    """The statement as PDF, and as CSV, in which every name stands."""
    name = f"statement-{ctx.today.isoformat()}"
    pdf, csv = as_pdf(found), b"".join(as_csv(found))
    return Attachment(f"{name}.pdf", "application/pdf", pdf), Attachment(f"{name}.csv", "text/csv", csv)


def send_reminder(ctx: Context, seen: Draft, *, despite_unknown: bool = False) -> Outcome:
    """Send what the person saw; the outcome's result is the reminder's id.

    What was paid meanwhile is left out. Raises NotAllowed; Refused when nothing went out for certain (figures older
    than ten minutes, paused, sent already, refused by the mail server); Changed when more or something else would go
    out than was seen; AskFirst when an earlier attempt may have gone out, unless `despite_unknown`; Unavailable when
    the mail server is away; NotConfirmed when it may have gone out.
    """
    actor = need(ctx, "money")
    if not mail.can_send(ctx.settings):
        raise Refused("No mail server is set: PAYERDESK_SMTP and PAYERDESK_MAIL_FROM say which one sends reminders.")
    if _just_sent(ctx, actor, seen):
        return Outcome(seen.id, again=True)
    _be_fresh(ctx)
    with beforehand():
        _read_again(ctx, seen)
    now = draft(ctx, seen.payer, seen.currency)
    _compare(now, seen)
    at = _reserve(ctx, actor, now, despite_unknown=despite_unknown)
    try:
        mail.send(ctx.settings, now.mail, key=f"{now.id}:{at}", now=at)
    except NotConfirmed as lost:
        _settle(ctx, actor, now, at, "unknown", lost.words)
        raise
    except PayerdeskError as no:
        _settle(ctx, actor, now, at, "refused", no.words)
        raise
    _settle(ctx, actor, now, at, "sent", "")
    return Outcome(now.id)


def pause_reminders(ctx: Context, payer: str, *, until: date | None = None, form: str) -> Outcome:
    """Leave a payer alone, until a day (not included) or until somebody says otherwise. Kept in Stripe's metadata."""
    if until is not None and until <= ctx.today:
        raise Refused("Choose a day after today.", field="until")
    return _mark(ctx, PAUSE, payer, {PAUSED: "paused", UNTIL: until.isoformat() if until else ""}, form)


def resume_reminders(ctx: Context, payer: str, *, form: str) -> Outcome:
    """The payer may be reminded again."""
    return _mark(ctx, RESUME, payer, {PAUSED: "", UNTIL: ""}, form)


def _be_fresh(ctx: Context) -> None:
    fresh = freshness.get(ctx)
    if fresh.as_of is None:
        raise Refused("The first copy from Stripe is under way: nobody is reminded before it is complete.")
    if fresh.age > STALE:
        raise Refused(
            f"These figures are {fresh.age // 60} minutes old: nobody is reminded on figures older than ten minutes. "
            "Nothing was sent; try again when they are fresh."
        )


def _read_again(ctx: Context, seen: Draft) -> None:
    """The payer and everything of theirs that is open, from Stripe into the mirror. Raises Refused when paused."""
    read_at = ctx.clock()
    customer = living_customer(ctx, seen.payer)
    if pause_of(customer.get("metadata"), ctx.today).on:
        raise Refused("Reminders to this payer are paused. Nothing was sent.")
    found = ctx.stripe.every("/v1/invoices", customer=seen.payer, status="open")
    whole = [stripe_reading.with_all_lines(ctx.stripe, each) for each in found]
    elsewhere = _owed(ctx, seen.payer) - {each["id"] for each in found}
    whole += [stripe_reading.invoice(ctx.stripe, each) for each in sorted(elsewhere)]
    with writing(ctx.engine) as conn:
        store.put(conn, [customer, *whole], read_at, ctx.settings)


def _owed(ctx: Context, payer: str) -> set[str]:
    with reading(ctx.engine) as conn:
        return set(conn.execute(select(invoices.c.id).where(invoices.c.customer == payer, invoices.c.owed)).scalars())


def _compare(now: Draft, seen: Draft) -> None:
    """Less than was seen may go out, never more and never elsewhere."""
    shown = {line.id: line.remaining for line in seen.lines}
    more = [line for line in now.lines if line.remaining > shown.get(line.id, 0)]
    if more or now.email != seen.email or now.stage > seen.stage:
        raise Changed(
            "What is overdue, the stage or the address changed after this was shown. Nothing was sent; "
            "look at the message again."
        )


def _just_sent(ctx: Context, actor: Actor, seen: Draft) -> bool:
    """A double click: the same person sent the same a moment ago, and it went out."""
    with reading(ctx.engine) as conn:
        row = conn.execute(select(reminders).where(reminders.c.id == seen.id)).first()
    return row is not None and (row.state, row.actor) == ("sent", actor.username) and row.at > ctx.now - _AGAIN


def _reserve(ctx: Context, actor: Actor, now: Draft, *, despite_unknown: bool) -> int:
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


def _settle(ctx: Context, actor: Actor, now: Draft, at: int, state: str, words: str) -> None:
    mine = (reminders.c.id == now.id) & (reminders.c.state == "sending") & (reminders.c.at == at)
    with writing(ctx.engine) as conn:
        _note(conn, actor, now, {"outcome": state})
        conn.execute(update(reminders).where(mine).values(state=state, words=words))


def _note(conn: Connection, actor: Actor, now: Draft, detail: dict[str, Any]) -> None:
    told = {**detail, "total": now.amount, "currency": now.currency}
    who = {"actor": actor.username, "role": actor.role}
    audit.record(conn, **who, verb="reminder:send", subject=now.payer, intent=now.id, detail=told)


def _mark(ctx: Context, kind: Kind, payer: str, tags: dict[str, str], form: str) -> Outcome:
    need(ctx, "money")
    step = Step("customer", f"/v1/customers/{payer}", {"metadata": tags})
    detail = {"until": tags[UNTIL]} if tags[UNTIL] else {}
    return submit(ctx, kind, form=form, target=payer, steps=lambda _intent: [step], seen={}, detail=detail)


def _look(ctx: Context, intent: Intent) -> None:
    living_customer(ctx, intent.target)


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    fresh = living_customer(ctx, intent.target)
    tags = fresh.get("metadata") or {}
    return fresh if all(tags.get(key, "") == value for key, value in step.params["metadata"].items()) else None


def _affected(intent: Intent) -> list[tuple[str, str]]:
    return [("customer", intent.target)]


def say_pause(until: date | None) -> str:
    """For the screen: until when nobody writes."""
    return f"Paused until {say(until)}" if until else "Paused"


PAUSE = register(Kind("reminder.pause", "reminder:pause", _look, _landed, _affected))
RESUME = register(Kind("reminder.resume", "reminder:resume", _look, _landed, _affected))
