"""Who an invoice or an account is found by: the names, emails and postcodes of its payer and its patient, as an invoice
has written them and as they are now.

A practice has a hundred times more invoices than parties to them, so a word is looked for among the parties.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, delete, exists, or_, select

from lib.mirror.rows import among, in_heaps, insert_all, those, upsert
from lib.mirror.search import spaced
from lib.mirror.tables import customers, invoices, parties

Row = dict[str, Any]
# Ids of one sort lie together, so that an index gives those alone; among them they lie as chance has it.
_KINDS, _BITS = ("organisation", "patient", ""), 50
PAIRS = (4 << _BITS, 8 << _BITS)

_PLACES, _SEARCHES = select(parties.c.id), select(customers.c.id, customers.c.search)


@dataclass(frozen=True, slots=True)
class Party:
    """A payer and a patient (customer ids; the patient's is empty where nobody knows it), and what an invoice has
    written of them, folded, a line each.
    """

    payer: str
    patient: str
    written: str

    @property
    def id(self) -> int:
        """Made of what it is, so that nobody has to look it up; 53 bits are whole numbers everywhere."""
        return PAIRS[0] + _hashed(f"{self.payer}\0{self.patient}\0{self.written}", _BITS + 2)

    def row(self, searches: dict[str, str]) -> Row:
        """As it is stored; `searches` are customers' folded search texts by id."""
        now = [searches.get(self.payer, ""), searches.get(self.patient, "") if self.patient != self.payer else ""]
        return {
            "id": self.id,
            "payer": self.payer,
            "patient": self.patient,
            "written": self.written,
            "text": _text(now, self.written),
            "alone": False,
        }


def alone(customer: str, kind: str, search: str) -> Row:
    """The row that a customer itself is found by."""
    return {
        "id": _place(customer, kind), "payer": customer, "patient": "", "written": "", "text": search, "alone": True,
    }  # fmt: skip


def span(kind: str) -> tuple[int, int]:
    """Between which ids (the last not included) customers of this kind have their own rows, and nobody else's are."""
    place = _KINDS.index(kind)
    return place << _BITS, (place + 1) << _BITS


def _place(customer: str, kind: str) -> int:
    return (_KINDS.index(kind) << _BITS) + _hashed(customer, _BITS)


def _hashed(key: str, bits: int) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) >> (64 - bits)


def note(conn: Connection, found: Mapping[int, Party]) -> None:
    """Store parties (by id) that are new."""
    known = set(those(conn, _PLACES, parties.c.id, found).scalars())
    new = [party for place, party in found.items() if place not in known]
    if new:
        searches = search_texts(conn, {end for party in new for end in (party.payer, party.patient)})
        insert_all(conn, parties, [party.row(searches) for party in new])


def follow(conn: Connection, changed: Mapping[str, Mapping[str, Any]]) -> None:
    """Customers' search texts or kinds have changed (rows by id): so has what their parties are found by."""
    texts = {customer: row["search"] for customer, row in changed.items()}
    for some in in_heaps(list(texts), 500):
        theirs = or_(among(conn, parties.c.payer, some), among(conn, parties.c.patient, some))
        rows = conn.execute(select(parties).where(theirs, ~parties.c.alone)).mappings().all()
        ids = {row[end] for row in rows for end in ("payer", "patient")} - texts.keys()
        searches = texts | search_texts(conn, ids)
        found = [Party(row["payer"], row["patient"], row["written"]).row(searches) for row in rows]
        upsert(
            conn, parties, found + [alone(customer, changed[customer]["kind"], texts[customer]) for customer in some]
        )


def forget(conn: Connection, were: Iterable[Mapping[str, Any]]) -> None:
    """Customers that had another kind: their own rows lie elsewhere now."""
    if places := [_place(row["id"], row["kind"]) for row in were]:
        conn.execute(delete(parties).where(among(conn, parties.c.id, places)))


def sweep(conn: Connection) -> None:
    """Forget those whom no invoice names any more."""
    named = exists().where(invoices.c.party == parties.c.id)
    conn.execute(delete(parties).where(~parties.c.alone, ~named))


def search_texts(conn: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Customers' folded search texts by id."""
    return {row.id: row.search for row in those(conn, _SEARCHES, customers.c.id, ids)}


def _text(now: list[str], written: str) -> str:
    known = " ".join(filter(None, now))
    more = [part for part in map(spaced, written.split("\n")) if part not in known]
    return " ".join(filter(None, [known, *more]))
