"""What happened to one invoice: what Stripe says, what the balance did, and who pressed what here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Row, select, union

from lib.audit import VERBS
from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.ours import audit, intents
from lib.mirror.tables import balance_transactions, events, invoices
from lib.money import Money
from lib.queries.balances import TYPES

# Stripe's events that say more than the invoice itself does.
_EVENTS = {
    "invoice.sent": "Sent to the payer",
    "invoice.payment_failed": "A payment failed",
    "invoice.will_be_due": "Due soon, by Stripe's due date",
    "invoice.overdue": "Past Stripe's due date",
}
_OUTCOMES = {
    "done": "",
    "refused": "Refused",
    "changed": "Stopped: somebody was first",
    "review": "Needs a look",
}


@dataclass(frozen=True)
class _Entry:
    at: int
    rank: int
    what: str
    detail: str = ""
    who: str = ""


def timeline(ctx: Context, invoice: str) -> pd.DataFrame:
    """An invoice's history, oldest first: at (Stripe's seconds), what, detail, who (empty where it was not done here).

    Stripe keeps events for thirty days, so that an older sending is only known when it was done here.
    """
    with reading(ctx.engine) as conn:
        row = conn.execute(select(invoices).where(invoices.c.id == invoice)).first()
        about = conn.execute(select(events).where(events.c.object == invoice, events.c.type.in_(_EVENTS))).all()
        moved = conn.execute(select(balance_transactions).where(balance_transactions.c.invoice == invoice)).all()
        done = conn.execute(_here(invoice)).all()
    found = [*_moments(row), *map(_balance, moved), *map(_audited, done)] if row else []
    found += [_Entry(event.created, 4, _EVENTS[event.type]) for event in about]
    if not any(event.type == "invoice.sent" for event in about):
        found += [_Entry(wish.updated, 4, _EVENTS["invoice.sent"]) for wish in done if _sent(wish)]
    found.sort(key=lambda entry: (entry.at, entry.rank))
    return pd.DataFrame(
        [(entry.at, entry.what, entry.detail, entry.who) for entry in found], columns=["at", "what", "detail", "who"]
    )


def _here(invoice: str) -> Any:
    """What was asked for here, once a wish, with what became of it."""
    columns = (audit.c.at, audit.c.actor, audit.c.verb, intents.c.state, intents.c.progress, intents.c.updated)
    asked = audit.c.detail.contains('"asked"')
    made = select(audit.c.seq).join(intents, intents.c.id == audit.c.intent).where(intents.c.result == invoice)
    mine = union(made, select(audit.c.seq).where(audit.c.subject == invoice))
    beside = select(*columns).join(intents, intents.c.id == audit.c.intent)
    return beside.where(audit.c.seq.in_(mine), asked).order_by(audit.c.seq)


def _moments(row: Row[Any]) -> list[_Entry]:
    total, paid = Money(row.total, row.currency), Money(row.amount_paid, row.currency)
    settled = f"{paid} received" if paid else "By the balance on account"
    found = (
        (row.created, 0, "Created", ""),
        (row.finalized_at, 2, "Finalised", f"Total {total}"),
        (row.paid_at, 5, "Paid", settled),
        (row.voided_at, 6, "Voided", ""),
        (row.uncollectible_at, 6, "Written off", ""),
    )
    return [_Entry(at, rank, what, detail) for at, rank, what, detail in found if at]


def _balance(row: Row[Any]) -> _Entry:
    """An entry of the payer's ledger, said from the invoice's side: Stripe's plus takes credit away."""
    credit = row.amount > 0
    what = {
        "applied_to_invoice": "Credit used" if credit else "Debit added",
        "unapplied_from_invoice": "Debit put back on account" if credit else "Credit given back to the account",
        "invoice_too_small": "Carried to the next invoice",
    }.get(row.type, TYPES.get(row.type, row.type))
    return _Entry(row.created, 3, what, str(Money(abs(row.amount), row.currency)))


def _audited(row: Row[Any]) -> _Entry:
    return _Entry(row.at, 1, VERBS[row.verb], _OUTCOMES.get(row.state, "Not yet confirmed"), row.actor)


def _sent(row: Row[Any]) -> bool:
    return bool(json.loads(row.progress).get("send", {}).get("id"))
