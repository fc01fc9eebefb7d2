"""What happened to one invoice: what Stripe says, what the balance did, and who pressed what here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Row, select, union

from lib.context import Context
from lib.mirror import store
from lib.mirror.database import reading
from lib.mirror.ours import audit, intents, remittance_lines, remittances
from lib.mirror.tables import balance_transactions, credit_notes, events, invoices
from lib.money import Money
from lib.queries._activity_words import say_verb
from lib.queries.balances import TYPES
from lib.queries.people import people

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
    "waiting": "Waits for a second person",
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
        notes = conn.execute(select(credit_notes).where(credit_notes.c.invoice == invoice)).all()
        shared = conn.execute(_shared(invoice)).all()
        tags = (store.body(conn, invoice) or {}).get("metadata") or {}
    found = [*_moments(row, tags), *map(_balance, moved), *map(_audited, done), *map(_given, shared)] if row else []
    found += [entry for note in notes for entry in _credited(note)]
    found += [_Entry(event.created, 4, _EVENTS[event.type]) for event in about]
    if not any(event.type == "invoice.sent" for event in about):
        found += [_Entry(wish.updated, 4, _EVENTS["invoice.sent"]) for wish in done if _sent(wish)]
    found.sort(key=lambda entry: (entry.at, entry.rank))
    names = people(ctx)
    told = [(entry.at, entry.what, entry.detail, names.get(entry.who, entry.who)) for entry in found]
    return pd.DataFrame(told, columns=["at", "what", "detail", "who"])


def _here(invoice: str) -> Any:
    """What was asked for here, once a wish, with what became of it."""
    wish = intents.c
    columns = (audit.c.at, audit.c.actor, audit.c.verb, wish.state, wish.body, wish.progress, wish.updated)
    asked = audit.c.detail.contains('"asked"')
    made = select(audit.c.seq).join(intents, intents.c.id == audit.c.intent).where(intents.c.result == invoice)
    mine = union(made, select(audit.c.seq).where(audit.c.subject == invoice))
    beside = select(*columns).join(intents, intents.c.id == audit.c.intent)
    return beside.where(audit.c.seq.in_(mine), asked).order_by(audit.c.seq)


def _shared(invoice: str) -> Any:
    """What remittances gave it."""
    columns = (*remittances.c, remittance_lines.c.amount.label("share"), intents.c.state)
    source = remittances.join(remittance_lines, remittance_lines.c.remittance == remittances.c.id)
    source = source.join(intents, intents.c.id == remittances.c.id)
    return select(*columns).select_from(source).where(remittance_lines.c.invoice == invoice)


def _moments(row: Row[Any], tags: Mapping[str, str]) -> list[_Entry]:
    total, paid = Money(row.total, row.currency), Money(row.amount_paid, row.currency)
    settled = _settled_by(row, paid, tags)
    found = (
        (row.created, 0, "Created", ""),
        (row.finalized_at, 2, "Finalised", f"Total {total}"),
        (row.paid_at, 5, "Paid", settled),
        (row.voided_at, 6, "Voided", ""),
        (row.uncollectible_at, 6, "Written off", ""),
    )
    return [_Entry(at, rank, what, detail) for at, rank, what, detail in found if at]


def _settled_by(row: Row[Any], paid: Money, tags: Mapping[str, str]) -> str:
    """How it came to be paid: by money, whose method and reference stand in its metadata where it was told here."""
    if paid:
        return f"{paid} received{_how(tags)}"
    asked_for = row.total + row.starting_balance - (row.ending_balance or 0)
    return "By a credit note" if asked_for > 0 else "By the balance on account"


def _how(tags: Mapping[str, Any]) -> str:
    """Method, reference and day of what was received outside Stripe."""
    parts = [tags.get("pd_method", ""), tags.get("pd_reference", "")]
    on = tags.get("pd_received_on", "")
    try:
        parts.append(f"received {date.fromisoformat(on):%-d %b %Y}")
    except ValueError:
        parts.append("")  # it may have been altered in Stripe
    return "".join(f" · {part}" for part in parts if part)


def _given(row: Row[Any]) -> _Entry:
    """Its share of a remittance."""
    share, whole = Money(row.share, row.currency), Money(row.amount, row.currency)
    tags = {"pd_method": row.method, "pd_reference": row.reference, "pd_received_on": row.received_on}
    outcome = _OUTCOMES.get(row.state, "Not yet confirmed")
    detail = f"{share} of {whole}{_how(tags)}{f' · {outcome}' if outcome else ''}"
    return _Entry(row.at, 4, "Remittance", detail, row.actor)


def _credited(row: Row[Any]) -> list[_Entry]:
    """A credit note, and its end."""
    amount = str(Money(row.amount, row.currency))
    found = [_Entry(row.created, 4, f"Credit note {row.number}", amount)]
    return [*found, _Entry(row.voided_at, 5, f"Credit note {row.number} voided", amount)] if row.voided_at else found


def _balance(row: Row[Any]) -> _Entry:
    """An entry of the payer's ledger, said from the invoice's side: Stripe's plus takes credit away."""
    credit = row.amount > 0
    what = {
        "applied_to_invoice": "Credit used" if credit else "Debit added",
        "unapplied_from_invoice": "Debit put back on account" if credit else "Credit given back to the account",
        "invoice_too_small": "Carried to the next invoice",
        "credit_note": "Kept as credit on account",
    }.get(row.type, TYPES.get(row.type, row.type))
    return _Entry(row.created, 3, what, str(Money(abs(row.amount), row.currency)))


def _audited(row: Row[Any]) -> _Entry:
    outcome = _OUTCOMES.get(row.state, "Not yet confirmed")
    if row.verb != "invoice:pay":
        return _Entry(row.at, 1, say_verb(row.verb, row.state), outcome, row.actor)
    seen = json.loads(row.body)["seen"]
    detail = f"{Money(seen['amount'], seen['currency'])}{_how(seen)}{f' · {outcome}' if outcome else ''}"
    return _Entry(row.at, 4, say_verb(row.verb, row.state), detail, row.actor)


def _sent(row: Row[Any]) -> bool:
    return bool(json.loads(row.progress).get("send", {}).get("id"))
