"""What a row of an invoice says that depends on others: the names, the kind and the terms of its payer and its patient.

Kept in columns so that lists need not join, and written again when a customer changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from lib.mirror import parties, turns
from lib.mirror.parties import Party
from lib.mirror.rows import among, by_id, in_heaps, those
from lib.mirror.summaries import COUNTED, Changes
from lib.mirror.tables import NEVER, customers, invoices
from lib.text import fold

Row = Mapping[str, Any]

# Of a customer; when none of them changes, none of its invoices does.
ASKED = ("name", "kind", "terms_days", "practitioner", "default_payer")
_OWN = ("customer_name", "patient", "patient_name", "practitioner", "issued_day", "due_day")
_MADE = (
    "payer_name", "payer_order", "payer_kind", "treated", "treated_name", "practitioner_of", "due_at", "astray",
    "party",
)  # fmt: skip
_ACCOUNTS = select(customers.c.id, *(customers.c[name] for name in ASKED))
_NOBODY: dict[str, Any] = dict.fromkeys(ASKED, "") | {"terms_days": None}


def accounts(conn: Connection, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What invoices ask of customers, by id; unknown ones are left out."""
    return by_id(those(conn, _ACCOUNTS, customers.c.id, set(ids)))


def resolve(row: Row, written: str, known: Mapping[str, Row]) -> tuple[dict[str, Any], Party]:
    """The columns that depend on others, and who the invoice is found by."""
    payer = known.get(row["customer"], _NOBODY)
    treated = row["patient"] or (row["customer"] if payer["kind"] == "patient" else "")
    party = Party(row["customer"], treated, written)
    name, patient = row["customer_name"] or payer["name"], known.get(treated, _NOBODY)
    named = (patient["name"], row["patient_name"]) if row["patient"] else (row["patient_name"], patient["name"])
    return {
        "payer_name": name,
        "payer_order": fold(name),
        "payer_kind": payer["kind"],
        "treated": treated,
        "treated_name": named[0] or named[1],
        "practitioner_of": row["practitioner"] or patient["practitioner"],
        "due_at": _due(row, payer["terms_days"]),
        "astray": (
            row["status"] in ("draft", "open")
            and payer["kind"] == patient["kind"] == "patient"
            and patient["default_payer"] != ""
        ),
        "party": party.id,
    }, party


def _due(row: Row, terms: int | None) -> int:
    """Noon of the day of issue plus the payer's terms, where the payer has terms and Stripe has nothing later; Stripe's
    own day otherwise.

    Hero sets Stripe's due date to the day of issue, so that date alone would call a 30-day employer late on day one
    (scenario 29, decision 0005).
    """
    stripes = row["due_day"] or 0
    by_terms = row["issued_day"] + terms * 86_400 if terms is not None else 0
    return max(stripes, by_terms) or NEVER


_ROWS = select(
    *(invoices.c[name] for name in dict.fromkeys(("id", *_OWN, *_MADE, *COUNTED))), parties.parties.c.written
).select_from(invoices.outerjoin(parties.parties, parties.parties.c.id == invoices.c.party))


def follow(conn: Connection, changed: list[str], *, counting: bool = True) -> None:
    """Customers have changed, and with them their invoices, as payers and as patients."""
    ids: dict[str, None] = {}
    for end in (invoices.c.customer, invoices.c.treated):
        theirs = select(invoices.c.id).where(among(conn, end, changed), ~invoices.c.deleted)
        ids |= dict.fromkeys(conn.execute(theirs).scalars())
    again(conn, ids, counting=counting)


def again(conn: Connection, ids: Iterable[str], *, counting: bool = True) -> int:
    """These invoices, by what their customers say now; how many said something else. Without `counting` the sums are
    left as they are.
    """
    turns.take(conn)
    moved = 0
    for some in in_heaps(ids, 2000):
        rows = by_id(those(conn, _ROWS, invoices.c.id, some))
        moved += _rewrite(conn, list(rows.values()), Changes(counting=counting))
    return moved


def _rewrite(conn: Connection, rows: list[dict[str, Any]], changes: Changes) -> int:
    known = accounts(conn, {row[end] for row in rows for end in ("customer", "treated", "patient")})
    moved, met = [], {}
    for row in rows:
        now, party = resolve(row, row["written"] or "", known)
        if any(now[name] != row[name] for name in _MADE):
            changes.move(row, {**row, **now})
            moved.append({"its": row["id"], **now})
            met[now["party"]] = party
    if not moved:
        return 0
    parties.note(conn, met)
    conn.execute(update(invoices).where(invoices.c.id == bindparam("its")).values(dict.fromkeys(_MADE)), moved)
    changes.store(conn)
    return len(moved)
