"""Remittances: what a payer's payment may be shared out over, and those that were recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, CursorResult, Select, and_, case, exists, func, or_, select

from lib.context import Context
from lib.errors import NotFound, Refused
from lib.mirror.database import reading
from lib.mirror.ours import intents, remittance_lines, remittances
from lib.mirror.rows import among, those
from lib.mirror.tables import customers, invoices
from lib.money import Money
from lib.queries._paging import FIRST, SIZE, Order, Page, Place, page
from lib.queries._search import tested
from lib.queries._sql import counted, whole
from lib.text import fold, like

_STATES = {
    "done": "Recorded",
    "waiting": "Waiting for a second person",
    "review": "Needs a look",
    "refused": "Partly recorded",
    "changed": "Partly recorded",
}
_OPEN = "Not yet confirmed"
_FOREIGN = r"[^\x01-\x7f]"
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%d %B %Y")


@dataclass(frozen=True)
class Remittance:
    """One that was recorded. `amount` is what arrived, `surplus` what of it became credit; `words` say why it stopped,
    where it did.
    """

    id: str
    payer: str
    payer_name: str
    reference: str
    method: str
    received_on: str
    amount: Money
    allocated: Money
    surplus: Money
    actor: str
    at: int
    state: str
    words: str

    @property
    def missing(self) -> Money:
        """What arrived and was neither shared out nor kept as credit, because it stopped half-way."""
        return self.amount - self.allocated - self.surplus


@dataclass(frozen=True)
class Match:
    """A line of a payer's list that is one of its open invoices; amounts in minor units."""

    line: int
    invoice: str
    number: str
    remaining: int
    amount: int


def owing(ctx: Context, payer: str, currency: str) -> pd.DataFrame:
    """A payer's invoices that owe something in a currency, oldest due first: id, number, patient_name, due_at (by the
    payer's terms), created, currency, total, remaining. Amounts in minor units.
    """
    c = invoices.c
    columns = (
        c.id,
        c.number,
        c.treated_name.label("patient_name"),
        c.due_at,
        c.created,
        c.currency,
        c.total,
        c.amount_remaining.label("remaining"),
    )
    wanted = select(*columns).where(c.owed, c.customer == payer, c.currency == currency)
    return whole(ctx, wanted.order_by(c.due_at, c.created, c.id))


def currencies(ctx: Context, payer: str) -> list[str]:
    """The currencies in which a payer owes something, the practice's own first."""
    wanted = select(invoices.c.currency).where(invoices.c.owed, invoices.c.customer == payer).distinct()
    with reading(ctx.engine) as conn:
        found = sorted(conn.execute(wanted).scalars())
    return sorted(found, key=lambda code: code != ctx.settings.currency)


def matched(
    ctx: Context, payer: str, currency: str, rows: Sequence[tuple[int, str, int]]
) -> tuple[list[Match], list[tuple[int, str]]]:
    """Lines of a list (line, invoice number, minor units), each one of the payer's invoices or with the reason why not.

    Nothing is guessed: only the whole number matches, whatever the case.
    """
    known = _by_number(ctx, [number for _, number, _ in rows])
    found: dict[str, Match] = {}
    wrong: list[tuple[int, str]] = []
    for line, number, amount in rows:
        row = known.get(fold(number))
        why = _why_not(row, payer, currency, amount)
        if row is None or why:
            wrong.append((line, why))
        elif row.id in found:
            wrong.append((line, f"{row.number} stands in line {found[row.id].line} already."))
        else:
            found[row.id] = Match(line, row.id, row.number, row.amount_remaining, amount)
    return list(found.values()), wrong


def _by_number(ctx: Context, numbers: Sequence[str]) -> dict[str, Any]:
    c, keys = invoices.c, sorted({fold(number) for number in numbers} - {""})
    columns = (c.id, c.number, c.number_key, c.customer, c.currency, c.status, c.amount_remaining)
    found: dict[str, Any] = {}
    with reading(ctx.engine) as conn:
        for start in range(0, len(keys), 500):
            wanted = select(*columns).where(c.number_key.in_(keys[start : start + 500]), ~c.deleted)
            found |= {row.number_key: row for row in conn.execute(wanted)}
    return found


def _why_not(row: Any, payer: str, currency: str, amount: int) -> str:
    if row is None:
        return "No invoice has this number."
    if row.customer != payer:
        return f"{row.number} is billed to somebody else."
    if row.currency != currency:
        return f"{row.number} is in {row.currency.upper()}, this payment in {currency.upper()}."
    if row.status != "open":
        word = {"paid": "paid already", "void": "void", "draft": "a draft", "uncollectible": "written off"}
        return f"{row.number} is {word.get(row.status, row.status)}."
    if amount > row.amount_remaining:
        owes, gets = Money(row.amount_remaining, currency), Money(amount, currency)
        return f"{row.number} owes {owes}; it cannot be given {gets}."
    return ""


def table(ctx: Context, *, search: str = "", payer: str = "", place: Place = FIRST, size: int = SIZE) -> Page:
    """Remittances, newest first: id, payer, payer_name, reference, method, received_on (ISO day), currency, amount,
    allocated, surplus, invoices, actor, at, state. Amounts in minor units, `at` in seconds.

    `search` is words of the reference or of the payer's name, an amount, or the day it was received. One that was
    refused before anything was recorded is not among them.
    """
    found = _narrowed(ctx, search, payer).with_only_columns(remittances.c.id, maintain_column_froms=True)
    with reading(ctx.engine) as conn:
        total = counted(conn, found)
    return page(ctx, found, _ORDER, place, total, size=size, fill=_rows)


def _rows(conn: Connection, found: list[tuple[Any, ...]]) -> CursorResult[Any]:
    return those(conn, _selected(), remittances.c.id, [one for (one, *_) in found])


def statement(ctx: Context, *, search: str = "", payer: str = "") -> Select[Any]:
    """The rows of `table`, all of them, in order."""
    return _narrowed(ctx, search, payer).order_by(*_ORDER.by())


def get(ctx: Context, remittance: str) -> Remittance:
    """One remittance. Raises NotFound."""
    wanted = _selected().add_columns(intents.c.words.label("words")).where(remittances.c.id == remittance)
    with reading(ctx.engine) as conn:
        row = conn.execute(wanted).first()
    if row is None:
        raise NotFound("There is no such remittance here.")
    return Remittance(
        row.id,
        row.payer,
        row.payer_name,
        row.reference,
        row.method,
        row.received_on,
        Money(row.amount, row.currency),
        Money(row.allocated, row.currency),
        Money(row.surplus, row.currency),
        row.actor,
        row.at,
        row.state,
        row.words,
    )


def in_part() -> ColumnElement[bool]:
    """Those of which anything is recorded, or may yet be: what ended holds only what is really in Stripe."""
    r = remittances.c
    return (r.surplus > 0) | exists().where(remittance_lines.c.remittance == r.id).correlate(remittances)


def begun(ctx: Context, form: str) -> bool:
    """Whether anything is recorded of what this form asked for."""
    mine = select(remittances.c.id).join(intents, intents.c.id == remittances.c.id).where(intents.c.form == form)
    with reading(ctx.engine) as conn:
        return conn.execute(mine.where(in_part())).first() is not None


def lines(ctx: Context, remittance: str) -> pd.DataFrame:
    """What each invoice got: id, number, patient_name, status, currency, amount, remaining (by now), recorded (whether
    Stripe has confirmed it). Amounts in minor units.
    """
    t, c = remittance_lines.c, invoices.c
    columns = (
        t.invoice.label("id"),
        func.coalesce(c.number, "").label("number"),
        func.coalesce(c.treated_name, "").label("patient_name"),
        func.coalesce(c.status, "").label("status"),
        remittances.c.currency,
        t.amount,
        c.amount_remaining.label("remaining"),
    )
    source = remittance_lines.join(remittances, remittances.c.id == t.remittance).outerjoin(invoices, c.id == t.invoice)
    wanted = select(*columns).select_from(source).where(t.remittance == remittance)
    found = whole(ctx, wanted.order_by(c.due_at, c.created, t.invoice))
    with reading(ctx.engine) as conn:
        row = conn.execute(select(intents.c.body, intents.c.progress).where(intents.c.id == remittance)).first()
    done = _attached(row) if row else set()
    found["recorded"] = [one in done for one in found["id"]]
    return found


def _attached(row: Any) -> set[str]:
    progress = json.loads(row.progress)
    shares = json.loads(row.body)["seen"]["shares"]
    return {share[0] for at, share in enumerate(shares) if progress.get(f"attach{at}", {}).get("id")}


@cache
def _selected() -> Select[Any]:
    r, t = remittances.c, remittance_lines.c
    given, many = (
        select(each).where(t.remittance == r.id).correlate(remittances).scalar_subquery()
        for each in (func.coalesce(func.sum(t.amount), 0), func.count())
    )
    columns = (
        r.id,
        r.payer,
        func.coalesce(customers.c.name, "").label("payer_name"),
        r.reference,
        r.method,
        r.received_on,
        r.currency,
        r.amount,
        given.label("allocated"),
        r.surplus,
        many.label("invoices"),
        r.actor,
        r.at,
        case(_STATES, value=intents.c.state, else_=_OPEN).label("state"),
    )
    source = remittances.join(intents, intents.c.id == r.id).outerjoin(customers, customers.c.id == r.payer)
    return select(*columns).select_from(source)


def _narrowed(ctx: Context, search: str, payer: str) -> Select[Any]:
    nothing_done = intents.c.state.in_(("refused", "changed")) & ~intents.c.progress.contains('"id": "')
    found = _selected().where(~nothing_done)
    if payer:
        found = found.where(remittances.c.payer == payer)
    return found.where(_found_by(ctx, search)) if search.strip() else found


def _found_by(ctx: Context, search: str) -> ColumnElement[bool]:
    """By reference and payer, each word in either; or by amount or day: whatever the text can be."""
    text = search.strip()
    with reading(ctx.engine) as conn:
        folded = _folded(conn)
        ways = [and_(*(_in_reference(conn, folded, word) | tested(word).condition for word in text.split()))]
    if received := _as_day(text):
        ways.append(remittances.c.received_on == received.isoformat())
    return or_(*ways, *_as_amount(ctx, text))


def _folded(conn: Connection) -> dict[str, str]:
    """References with letters that the English alphabet lacks, by id: databases fold those each in its own way, or not
    at all. They are few: a bank has no such letters.
    """
    c = remittances.c
    found = conn.execute(select(c.id, c.reference).where(c.reference.regexp_match(_FOREIGN)))
    return {row.id: fold(row.reference) for row in found}


def _in_reference(conn: Connection, folded: dict[str, str], word: str) -> ColumnElement[bool]:
    ids = [one for one, reference in folded.items() if fold(word) in reference]
    plain = func.lower(remittances.c.reference).like(like(word), escape="\\")
    return plain | among(conn, remittances.c.id, ids) if ids else plain


def _as_amount(ctx: Context, text: str) -> Iterator[ColumnElement[bool]]:
    """In every currency that payments came in: 12000 is twelve thousand pounds, or as many yen (scenario 20)."""
    with reading(ctx.engine) as conn:
        found = list(conn.execute(select(remittances.c.currency).distinct()).scalars())
    for currency in found:
        with suppress(Refused):
            minor = Money.parse(text, currency).minor
            yield (remittances.c.currency == currency) & (remittances.c.amount == minor)


def _as_day(text: str) -> date | None:
    tidy = re.sub(r"\s+", " ", text)
    for pattern in _DAYS:
        try:
            return datetime.strptime(tidy, pattern).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


_ORDER = Order((remittances.c.at, remittances.c.id), descending=True)
