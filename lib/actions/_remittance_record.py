"""Our own record of a remittance: written with the wish, mended when it ends, and asked about when it comes again."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from lib.actions._earlier import ask_about, earlier
from lib.actions._intent import Intent
from lib.actions.sharing import Payment
from lib.context import Context
from lib.mirror.ours import intents, remittance_lines, remittances
from lib.queries import remittances as records


def ask_about_same(ctx: Context, wanted: Payment, form: str) -> None:
    """The same payer, reference and amount: a bank statement that was worked through twice, or a remittance that
    stopped half-way and is asked for again as a whole. Raises AskFirst.
    """
    r = remittances.c
    alike = (r.payer == wanted.payer) & (r.reference == wanted.received.reference)
    alike &= (r.amount == wanted.amount.minor) & (r.currency == wanted.amount.currency)
    if found := earlier(ctx, form, intents.c.id.in_(select(r.id).where(alike, records.in_part()))):
        missing = records.get(ctx, found.id).missing
        what = f"{wanted.amount - missing} of {wanted.amount}" if missing else str(wanted.amount)
        ask_about(ctx, found, f"{what} with this reference", "recorded")


def stored(conn: Connection, row: dict[str, Any]) -> None:
    """Our own record: in the transaction that stores the wish, so that there is never one without the other."""
    seen = json.loads(row["body"])["seen"]
    head = {
        "id": row["id"],
        "payer": row["target"],
        "reference": seen["pd_reference"],
        "method": seen["pd_method"],
        "received_on": seen["pd_received_on"],
        "currency": seen["currency"],
        "amount": seen["amount"],
        "surplus": seen["surplus"],
        "actor": row["actor"],
        "at": row["created"],
    }
    conn.execute(insert(remittances).values(head))
    shares = [{"remittance": row["id"], "invoice": one, "amount": gets} for one, _, gets in seen["shares"]]
    conn.execute(insert(remittance_lines), shares)


def settled(conn: Connection, intent: Intent, state: str) -> None:
    """One that stopped half-way says what was really shared out, and what really became credit."""
    if state not in ("refused", "changed"):
        return
    mine = remittance_lines.c.remittance == intent.id
    for number, (invoice, _, _) in enumerate(intent.seen["shares"]):
        if not intent.made(f"attach{number}"):
            conn.execute(delete(remittance_lines).where(mine, remittance_lines.c.invoice == invoice))
    if not intent.made("surplus"):
        conn.execute(update(remittances).where(remittances.c.id == intent.id).values(surplus=0))
