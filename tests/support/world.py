"""A practice for tests of actions and queries: an empty Stripe, our database, and people who act.

`world.sandbox.call` is somebody else's hand in Stripe (Hero, the Stripe dashboard); `world.ctx` is a manager's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from lib import audit_keys
from lib.context import Context
from lib.mirror import parties as named
from lib.mirror import resolved, standing, summaries
from lib.mirror.database import open_database, reading, writing
from lib.mirror.ours import audit, intents
from lib.mirror.rows import insert_once
from lib.mirror.tables import customers, invoices, parties
from lib.money import Money
from lib.people import Actor, register, tables
from lib.sandbox import Sandbox
from lib.settings import Settings
from lib.stripe_api.client import connect
from lib.sync.follow import catch_up
from tests.support.wire import Wire

NOON = 1_794_830_400  # 16 November 2026, 12:00 in London
DAY = 86_400
PASSWORD = "four plain english words"


@dataclass
class World:
    """One practice. `ctx` is in the hands of the manager Mira; `slept` is how long the program has waited."""

    sandbox: Sandbox
    wire: Wire
    ctx: Context
    slept: list[float]
    forms: Iterator[str] = field(default_factory=lambda: (f"form-{n}" for n in itertools.count(1)))

    def form(self) -> str:
        """The key of a newly drawn form."""
        return next(self.forms)

    def person(self, username: str, role: str = "manager") -> Context:
        """Somebody more, and the context in their hands."""
        add_person(self.ctx, username, role)
        return self.ctx.as_actor(Actor(username, username.title(), role))

    def change_person(self, username: str, **values: Any) -> None:
        """An administrator elsewhere takes a role away, or disables somebody."""
        with writing(self.ctx.engine) as conn:
            conn.execute(update(tables.users).where(tables.users.c.username == username).values(**values))

    def customer(self, name: str = "Acme Ltd", *, kind: str = "organisation", **params: Any) -> str:
        """A customer that somebody made in Stripe; its id."""
        tags = {"pd_kind": kind, **params.pop("metadata", {})} if kind else params.pop("metadata", {})
        made = self.sandbox.call("POST", "/v1/customers", {"name": name, "metadata": tags, **params})
        return made["id"]

    def patient(self, name: str = "Ada Byrne", **params: Any) -> str:
        """A patient as Hero syncs them."""
        labels = {"Full name": name, **params.pop("metadata", {})}
        return self.customer(name, kind="", metadata=labels, **params)

    def draft(self, customer: str, *amounts: int, currency: str = "gbp", **params: Any) -> str:
        """A draft that somebody raised in Stripe, with a line for each amount; its id."""
        terms = {"collection_method": "send_invoice", "currency": currency}
        terms |= {} if "due_date" in params else {"days_until_due": 30}
        made = self.sandbox.call("POST", "/v1/invoices", {"customer": customer, **terms, **params})
        for start in range(0, len(amounts), 50):
            lines = [{"amount": amount, "description": "Consultation"} for amount in amounts[start : start + 50]]
            self.sandbox.call("POST", f"/v1/invoices/{made['id']}/add_lines", {"lines": lines})
        return made["id"]

    def discounted(self, customer: str, *amounts: int) -> str:
        """A draft with a discount that somebody gave it in Stripe, which no parameter of ours can give; its id."""
        made = self.draft(customer, *amounts)
        store = self.sandbox._store
        with store.transaction():
            store.save("invoice", {**store.find("invoice", made), "discounts": ["di_tenth"]})
        self.sandbox.call("POST", f"/v1/invoices/{made}", {"metadata": {"Agreed": "10 %"}})
        return made

    def invoice(self, customer: str, *amounts: int, **params: Any) -> str:
        """The same, finalised."""
        made = self.draft(customer, *amounts, **params)
        self.sandbox.call("POST", f"/v1/invoices/{made}/finalize")
        return made

    def entry(self, customer: str, amount: int, currency: str = "gbp") -> str:
        """An entry in a customer's ledger that somebody posted in Stripe: negative is credit."""
        params = {"amount": amount, "currency": currency}
        return self.sandbox.call("POST", f"/v1/customers/{customer}/balance_transactions", params)["id"]

    def in_stripe(self, kind: str, object_id: str) -> dict[str, Any]:
        """An object as Stripe has it now."""
        return self.sandbox.call("GET", f"/v1/{kind}s/{object_id}")

    def balance(self, customer: str) -> int:
        """A customer's balance as Stripe has it now."""
        return self.in_stripe("customer", customer)["balance"]

    def entries(self, customer: str) -> list[tuple[str, int, int]]:
        """A customer's ledger as Stripe has it now, oldest first: type, amount, balance after it."""
        found = self.sandbox.call("GET", f"/v1/customers/{customer}/balance_transactions", {"limit": 100})["data"]
        return [(entry["type"], entry["amount"], entry["ending_balance"]) for entry in reversed(found)]

    def sync(self) -> dict[str, int]:
        """Bring the mirror up to date."""
        return catch_up(self.ctx)

    def forget_keys(self) -> None:
        """Stripe forgets every idempotency key, as it does after a day."""
        self.sandbox._store.forget_keys(2**60)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.sandbox.clock.advance(seconds)

    def intents(self) -> list[Any]:
        """Every stored wish, oldest first."""
        return self._all(select(intents).order_by(intents.c.created, intents.c.form))

    def mark_for_review(self, states: tuple[str, ...] = ("unknown",)) -> None:
        """Every wish that is still open has been left too long."""
        with writing(self.ctx.engine) as conn:
            conn.execute(update(intents).where(intents.c.state.in_(states)).values(state="review"))

    def audited(self) -> list[Any]:
        """Every audit entry, oldest first."""
        return self._all(select(audit).order_by(audit.c.seq))

    def _all(self, statement: Any) -> list[Any]:
        with reading(self.ctx.engine) as conn:
            return list(conn.execute(statement).all())


def pounds(minor: int) -> Money:
    return Money(minor, "gbp")


def add_person(ctx: Context, username: str, role: str) -> None:
    """A person with a password that nobody needs here."""
    row = register.new_row(username, username.title(), PASSWORD, role, ctx.now)
    with writing(ctx.engine) as conn:
        insert_once(conn, tables.users, row)


def build(sandbox: Sandbox, engine: Engine, folder: Path) -> World:
    """A world on this Stripe and this database, at noon, with the manager Mira."""
    sandbox.clock.set(NOON)
    wire, slept = Wire(sandbox), []
    ctx = Context(
        settings=Settings(mode="sandbox", data=folder),
        engine=engine,
        stripe=connect("sk_test_tests", http_client=wire, sleep=slept.append),
        clock=sandbox.clock.now,
        sleep=slept.append,
    )
    audit_keys.settle(engine, ctx.settings, ctx.now)
    add_person(ctx, "mira", "manager")
    return World(sandbox, wire, ctx.as_actor(Actor("mira", "Mira", "manager")), slept)


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords hashed in a blink."""
    monkeypatch.setattr("lib.people.passwords.COST", 4)


def in_step(engine: Engine) -> None:
    """Whatever a test did: the sums are those of the rows, and what is resolved is what its customers say now."""
    with reading(engine) as conn:
        assert summaries.wrong(conn) == 0
        assert standing.wrong(conn) == []
        known = {row.id: row._mapping for row in conn.execute(select(customers))}
        wanted = select(invoices, parties.c.written, parties.c.text).outerjoin(
            parties, parties.c.id == invoices.c.party
        )
        for row in conn.execute(wanted.where(~invoices.c.deleted)).mappings():
            now, party = resolved.resolve(row, row["written"], known)
            assert now == {name: row[name] for name in now}
            assert row["text"] == party.row({who: known[who]["search"] for who in known})["text"]
        alone = {tuple(row) for row in conn.execute(select(parties.c.id, parties.c.text).where(parties.c.alone))}
        mine = [named.alone(who, row["kind"], row["search"]) for who, row in known.items()]
        assert alone == {(row["id"], row["text"]) for row in mine}


@pytest.fixture
def world(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Iterator[World]:
    """A practice, once on SQLite and once on Postgres."""
    yield build(sandbox, engine, tmp_path)
    in_step(engine)


@pytest.fixture
def quick(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    """A practice on SQLite alone, where the database makes no difference to the question."""
    engine = open_database(f"sqlite:///{tmp_path / 'payerdesk.sqlite'}")
    yield build(sandbox, engine, tmp_path)
    in_step(engine)
    engine.dispose()
