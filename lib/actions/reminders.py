"""Reminders: one message to a payer about everything overdue, with the statement attached, sent once.

A reminder is stored as "sending", with its audit entry, before the mail server hears of it. One that was cut off in
the middle may have gone out: it says so, and is never sent again by itself. Who pays how much is read from Stripe just
before: what was paid meanwhile is left out, and what nobody was shown is not sent.
"""

from __future__ import annotations

from sqlalchemy import select

from lib import mail
from lib.actions._compare import beforehand, living_customer
from lib.actions._intent import Outcome
from lib.actions._reminder_once import just_sent, reserve, settle
from lib.actions.reminder_drafts import Draft, draft
from lib.context import Context
from lib.errors import Changed, NotConfirmed, PayerdeskError, Refused
from lib.mirror import store
from lib.mirror.database import reading, writing
from lib.mirror.tables import invoices
from lib.people import need
from lib.queries import freshness
from lib.queries.reminder_pauses import pause_of
from lib.stripe_api import reading as stripe_reading

# Figures older than this chase nobody.
STALE = 600


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
    if just_sent(ctx, actor, seen):
        return Outcome(seen.id, again=True)
    _be_fresh(ctx)
    with beforehand():
        _read_again(ctx, seen)
    now = draft(ctx, seen.payer, seen.currency)
    _compare(now, seen)
    at = reserve(ctx, actor, now, despite_unknown=despite_unknown)
    try:
        mail.send(ctx.settings, now.mail, key=f"{now.id}:{at}", now=at)
    except NotConfirmed as lost:
        settle(ctx, actor, now, at, "unknown", lost.words)
        raise
    except PayerdeskError as no:
        settle(ctx, actor, now, at, "refused", no.words)
        raise
    settle(ctx, actor, now, at, "sent", "")
    return Outcome(now.id)


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
