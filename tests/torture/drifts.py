"""Eight kinds of drift, slipped in one by one and by the eight together, and looked for by the comparison of the books.

What only our copy has wrong must be read again; what our records and Stripe disagree about must wait for a person,
under the object it is about. A practice at work that nobody meddled with must be compared in silence.
"""

from __future__ import annotations

import json
import random
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update

from lib.mirror.database import open_database, reading, writing
from lib.mirror.ours import differences, intents
from lib.mirror.tables import balance_transactions, customer_balances, invoices
from lib.sandbox import Sandbox
from lib.sync import reconcile
from tests.support.builders import adjust
from tests.support.world import World, build, pounds

Probe = Callable[[], bool]
CLEAN = 50
EACH = 60


def practice(folder: Path, seed: int, customers: int = 16) -> World:
    """A practice with ledgers, invoices and changes of ours in them."""
    world = build(Sandbox(seed=seed), open_database(f"sqlite:///{folder / 'payerdesk.sqlite'}"), folder)
    for number in range(customers):
        customer = world.customer(f"Practice {number}")
        world.entry(customer, -1000 - number)
        world.invoice(customer, 4000 + number)
    world.sync()
    for row in everybody(world):
        credit(world, row, 700)
    world.sync()
    return world


def everybody(world: World) -> list[str]:
    with reading(world.ctx.engine) as conn:
        return list(conn.execute(select(balance_transactions.c.customer).distinct().order_by("customer")).scalars())


def credit(world: World, customer: str, minor: int) -> str:
    """A credit that a manager posts; the entry's id."""
    world.wait(1)
    told = adjust(world, customer, minor=minor, seen=pounds(world.balance(customer)), despite_recent=True)
    return told.result


def compare(world: World) -> reconcile.Compared:
    return reconcile.run(world.ctx, threading.Event())


def _do(world: World, statement: Any) -> None:
    with writing(world.ctx.engine) as conn:
        conn.execute(statement)


def _value(world: World, statement: Any) -> Any:
    with reading(world.ctx.engine) as conn:
        return conn.execute(statement).scalar()


def _entry_altered(world: World, who: str, draw: random.Random) -> Probe:
    row = balance_transactions.c
    one = draw.choice(_rows(world, who))
    by = draw.choice((-100, 1, 5000))
    changed = draw.choice(({"amount": one.amount + by}, {"ending_balance": one.ending_balance + by}))
    _do(world, update(balance_transactions).where(row.id == one.id).values(**changed))
    return lambda: _rows(world, who)[one.position] == one


def _entry_lost(world: World, who: str, draw: random.Random) -> Probe:
    one = draw.choice(_rows(world, who))
    _do(world, delete(balance_transactions).where(balance_transactions.c.id == one.id))
    return lambda: one in _rows(world, who)


def _balance_altered(world: World, who: str, draw: random.Random) -> Probe:
    held = customer_balances.c
    right = _value(world, select(held.balance).where(held.customer == who))
    _do(world, update(customer_balances).where(held.customer == who).values(balance=right + draw.choice((-1, 5000))))
    return lambda: _value(world, select(held.balance).where(held.customer == who)) == right


def _invoice_altered(world: World, who: str, draw: random.Random) -> Probe:
    row = invoices.c
    change = draw.choice(({"total": 1}, {"status": "void"}, {"amount_remaining": 0}, {"customer": "cus_other"}))
    one = _value(world, select(row.id).where(row.customer == who))
    column = row[next(iter(change))]
    right = _value(world, select(column).where(row.id == one))
    _do(world, update(invoices).where(row.id == one).values(**change))
    return lambda: _value(world, select(column).where(row.id == one)) == right


def _invoice_lost(world: World, who: str, draw: random.Random) -> Probe:
    row = invoices.c
    one = _value(world, select(row.id).where(row.customer == who))
    _do(world, delete(invoices).where(row.id == one))
    return lambda: _value(world, select(row.id).where(row.id == one)) == one


def _record_lost(world: World, who: str, draw: random.Random) -> Probe:
    """Stripe has what a change of ours did, and the change is gone from our records."""
    thing = credit(world, who, draw.randrange(1, 900))
    _do(world, delete(intents).where(intents.c.result == thing))
    return lambda: ("tag", who) in waiting(world)


def _record_made_up(world: World, who: str, draw: random.Random) -> Probe:
    """A change is said to be done, and Stripe has never seen it."""
    thing, intent = f"cbtxn_{draw.getrandbits(60):x}", f"{draw.getrandbits(128):032x}"
    step = {"name": "posting", "path": f"/v1/customers/{who}/balance_transactions", "method": "post"}
    body = {"steps": [{**step, "params": {"amount": -500, "currency": "gbp"}}], "seen": {}, "content": None}
    row = {
        **{column.name: "" for column in intents.c},
        **dict.fromkeys(("attempts", "generation", "created", "updated", "lease_until"), world.ctx.now),
        "id": intent,
        "form": intent,
        "kind": "balance.adjust",
        "target": who,
        "state": "done",
        "result": thing,
        "body": json.dumps(body),
        "progress": json.dumps({"posting": {"id": thing}}),
    }
    _do(world, insert(intents).values(row))
    return lambda: ("missing", who) in waiting(world)


def _posted_twice(world: World, who: str, draw: random.Random) -> Probe:
    """The same change has had its effect a second time."""
    thing = credit(world, who, 300)
    tag = _value(world, select(intents.c.id).where(intents.c.result == thing))
    path = f"/v1/customers/{who}/balance_transactions"
    world.sandbox.call("POST", path, {"amount": -300, "currency": "gbp", "metadata": {"pd_intent": tag}})
    return lambda: ("twice", who) in waiting(world)


KINDS: dict[str, Callable[[World, str, random.Random], Probe]] = {
    "entry altered": _entry_altered,
    "entry lost": _entry_lost,
    "balance altered": _balance_altered,
    "invoice altered": _invoice_altered,
    "invoice lost": _invoice_lost,
    "record lost": _record_lost,
    "record made up": _record_made_up,
    "posted twice": _posted_twice,
}


def _rows(world: World, who: str) -> list[Any]:
    row = balance_transactions.c
    with reading(world.ctx.engine) as conn:
        return list(conn.execute(select(balance_transactions).where(row.customer == who).order_by(row.position)).all())


def waiting(world: World) -> set[tuple[str, str]]:
    """The kinds of difference that wait for a person, and about whom."""
    with reading(world.ctx.engine) as conn:
        wanted = select(differences.c.kind, differences.c.object).where(differences.c.agreed_at == 0)
        return {(row.kind, row.object) for row in conn.execute(wanted)}


def run(seed: int = 1, scale: float = 1.0) -> dict[str, Any]:
    """Figures: `drifts`, `drifts_found` (by kind where one was missed), `clean_runs`, `false_alarms`."""
    draw, found, alarms = random.Random(seed), Counter[str](), 0
    rounds, clean = max(1, round(EACH * scale)), max(1, round(CLEAN * scale))
    with tempfile.TemporaryDirectory() as folder:
        world = practice(Path(folder), seed)
        for _ in range(clean):
            _work(world, draw)
            told = compare(world)
            alarms += bool(told.waiting or told.healed)
        for _ in range(rounds):
            found.update(_one_round(world, draw))
        world.ctx.engine.dispose()
        world.sandbox.close()
    missed = {kind: rounds - found[kind] for kind in KINDS if found[kind] < rounds}
    told = {"seed": seed, "drifts": rounds * len(KINDS), "drifts_found": found.total(), "missed": missed}
    wrong = told["drifts"] - told["drifts_found"] + alarms
    return {**told, "clean_runs": clean, "false_alarms": alarms, "wrong": wrong}


def _work(world: World, draw: random.Random) -> None:
    """An ordinary day: changes of ours, and of others."""
    who = everybody(world)
    for _ in range(draw.randrange(1, 4)):
        credit(world, draw.choice(who), draw.randrange(1, 900))
    world.entry(draw.choice(who), draw.choice((-50, 75)))
    paid = draw.choice(world.sandbox.call("GET", "/v1/invoices", {"status": "open", "limit": 5})["data"] or [None])
    if paid and draw.random() < 0.2:
        world.sandbox.call("POST", f"/v1/invoices/{paid['id']}/void")
    world.invoice(draw.choice(who), draw.randrange(100, 9000))


def _one_round(world: World, draw: random.Random) -> list[str]:
    """Each kind slipped in, about somebody of its own; which of them the comparison found."""
    victims = draw.sample(
        [who for who in everybody(world) if who not in {who for _, who in waiting(world)}], len(KINDS)
    )
    world.sync()
    probes = {kind: KINDS[kind](world, who, draw) for who, kind in zip(victims, KINDS, strict=True)}
    world.sync()
    compare(world)
    found = [kind for kind, probe in probes.items() if probe()]
    _agree(world)
    for _ in victims[:3]:  # those that stay wrong in Stripe are nobody's victims any more
        fresh = world.customer("New")
        world.entry(fresh, -1000)
        world.invoice(fresh, 4000)
    world.sync()
    return found


def _agree(world: World) -> None:
    _do(world, update(differences).values(agreed_by="noor", agreed_at=world.ctx.now))


def main() -> None:
    """`python -m tests.torture.drifts [seed]`"""
    import sys

    print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1)))  # noqa: T201


if __name__ == "__main__":
    main()
