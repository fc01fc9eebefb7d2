"""One customer's account, its ledger, and choosing one from many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from lib.context import Context
from lib.errors import NotFound
from lib.mirror import store
from lib.mirror.database import reading
from lib.mirror.rows import those
from lib.mirror.tables import balance_transactions, covered, customers, invoices, ledger_reads, sync_state
from lib.money import Money
from lib.queries import _accounts
from lib.queries._search import customers_found
from lib.queries._sql import counted, today_of, whole
from lib.text import shown

KINDS = ("organisation", "patient", "")


# What a choice is made of, and in what order they stand.
_CHOICES = select(
    *(customers.c[name] for name in ("id", "name", "email", "postcode", "reference", "kind", "order_name"))
)


@dataclass(frozen=True)
class Account:
    """A customer as the mirror has it. `balances` are signed as Stripe signs them (negative is credit), one a
    currency.
    """

    id: str
    name: str
    email: str
    phone: str
    kind: str
    deleted: bool
    currency: str
    terms_days: int | None
    payer: str
    payer_name: str
    payer_deleted: bool
    postcode: str
    practitioner: str
    reference: str
    balances: tuple[Money, ...]
    outstanding: tuple[Money, ...]
    overdue: tuple[Money, ...]
    covers: int
    object: dict[str, Any]

    def balance(self, currency: str) -> Money:
        """The balance in one currency; zero where there is none."""
        return next((money for money in self.balances if money.currency == currency), Money(0, currency))


@dataclass(frozen=True)
class Choice:
    """A customer to pick from a list: the label tells two of the same name apart by email, postcode or the end of the
    id.
    """

    id: str
    label: str
    kind: str


def get(ctx: Context, customer: str) -> Account:
    """One account. Raises NotFound when the mirror does not have it (yet)."""
    with reading(ctx.engine) as conn:
        return found(ctx, conn, customer)


def found(ctx: Context, conn: Connection, customer: str) -> Account:
    """The same, of the moment that a connection sees: for whoever reads more of that moment."""
    payer = customers.alias("payer")
    wanted = select(customers, payer.c.name.label("payer_name"), payer.c.deleted.label("payer_deleted"))
    beside = customers.outerjoin(payer, payer.c.id == customers.c.default_payer)
    row = conn.execute(wanted.select_from(beside).where(customers.c.id == customer)).first()
    if row is None:
        raise NotFound("This customer is not here. It may not have arrived from Stripe yet.")
    covers = conn.execute(select(covered.c.patients).where(covered.c.payer == customer)).scalar() or 0
    sums = _accounts.rows(today_of(ctx), lambda column: column == customer)
    owing = conn.execute(select(sums).order_by(sums.c.currency)).all()
    body = store.body(conn, customer) or {}
    return Account(
        id=row.id,
        name=row.name,
        email=row.email,
        phone=row.phone,
        kind=row.kind,
        deleted=row.deleted,
        currency=row.currency or ctx.settings.currency,
        terms_days=row.terms_days,
        payer=row.default_payer or row.id,
        payer_name=row.payer_name or row.name,
        payer_deleted=bool(row.payer_deleted),
        postcode=row.postcode,
        practitioner=row.practitioner,
        reference=row.reference,
        balances=tuple(Money(o.balance, o.currency) for o in owing if o.balance),
        outstanding=tuple(Money(o.outstanding, o.currency) for o in owing if o.outstanding),
        overdue=tuple(Money(o.overdue, o.currency) for o in owing if o.overdue),
        covers=covers,
        object=body,
    )


def ledger(ctx: Context, customer: str) -> pd.DataFrame:
    """A customer's balance transactions, newest first: id, created, type, amount, currency, running, description,
    invoice, number, corrects (the id of the entry that it reverses).

    Amounts in minor units, signed as Stripe signs them; `running` is the balance after the entry, in its own currency.
    """
    t = balance_transactions
    columns = (
        t.c.id,
        t.c.created,
        t.c.type,
        t.c.amount,
        t.c.currency,
        t.c.ending_balance.label("running"),
        t.c.description,
        t.c.invoice,
        func.coalesce(invoices.c.number, "").label("number"),
        t.c.corrects,
    )
    source = t.outerjoin(invoices, invoices.c.id == t.c.invoice)
    return whole(
        ctx, select(*columns).select_from(source).where(t.c.customer == customer).order_by(t.c.position.desc())
    )


def ledger_to_come(ctx: Context, customer: str) -> bool:
    """Whether a copy is still on its way to this customer's ledger: that it is empty here says nothing then."""
    owed = select(sync_state.c.key).where(sync_state.c.key == "ledgers_owed", sync_state.c.value != "")
    read = select(ledger_reads.c.customer).where(ledger_reads.c.customer == customer)
    with reading(ctx.engine) as conn:
        return bool(conn.execute(select(owed.exists() & ~read.exists())).scalar())


def choices(ctx: Context, *, kinds: tuple[str, ...] = (), text: str = "", limit: int = 100) -> list[Choice]:
    """Living customers to pick from: organisations first, then by name. `kinds` narrows to organisation or patient."""
    asked = [kind for kind in KINDS if kind in (kinds or KINDS)]
    with reading(ctx.engine) as conn:
        ids = _first(conn, asked[0], text, limit)
        if asked[0] != "organisation" or len(ids) < limit:
            ids += [one for kind in asked[1:] for one in _first(conn, kind, text, limit)]
        rows = those(conn, _CHOICES, customers.c.id, ids).all()
    rows = sorted(rows, key=lambda row: (row.kind != "organisation", row.order_name, row.id))
    return [_choice(row) for row in rows[:limit]]


def _first(conn: Connection, kind: str, text: str, limit: int) -> list[str]:
    """The ids of those of one kind that come first: an index gives each kind in order of name."""
    wanted = select(customers.c.id).where(customers.c.kind == kind, ~customers.c.deleted)
    if text.strip():
        found = customers_found(conn, text, (kind,))
        index = _accounts.BY_ID if found.few else "customers_by_words"
        wanted = _accounts.by_index(conn, wanted.where(found.condition), index)
    return list(conn.execute(wanted.order_by(customers.c.order_name, customers.c.id).limit(limit)).scalars())


def chosen(ctx: Context, ids: list[str]) -> list[Choice]:
    """These customers, as far as Stripe still has them."""
    with reading(ctx.engine) as conn:
        return [
            _choice(row) for row in conn.execute(select(customers).where(customers.c.id.in_(ids), ~customers.c.deleted))
        ]


def more_than(ctx: Context, most: int, kinds: tuple[str, ...] = ()) -> bool:
    """Whether there are more living customers of these kinds than that."""
    wanted = select(customers.c.id).where(customers.c.kind.in_(kinds or KINDS), ~customers.c.deleted)
    with reading(ctx.engine) as conn:
        return counted(conn, wanted, most) > most


def name_of(ctx: Context, customer: str) -> str:
    """A customer's name for the screen, with "deleted in Stripe" where that is so; the id where no name is known."""
    with reading(ctx.engine) as conn:
        row = conn.execute(select(customers.c.name, customers.c.deleted).where(customers.c.id == customer)).first()
    name = shown(row.name) if row else ""
    return f"{name or customer}{' (deleted in Stripe)' if row and row.deleted else ''}"


def _choice(row: Any) -> Choice:
    parts = (shown(row.name) or "No name", row.email, row.postcode, row.reference, f"…{row.id[-6:]}")
    return Choice(row.id, " · ".join(part for part in parts if part), row.kind)
