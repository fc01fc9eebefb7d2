"""Who works at the made-up practice, and the ten thousand changes they made so far."""

from __future__ import annotations

import random
from collections.abc import Iterator

from sqlalchemy import Connection, Engine

from lib import audit
from lib.mirror.ours import intents
from lib.mirror.rows import insert_once, upsert
from lib.people import passwords, register, sessions, tables
from tests.bench.made import DAY, Maker, Object

PEOPLE, PASSWORD = 25, "four plain english words"
_KINDS = ("balance:adjust", "balance:adjust", "invoice:raise", "patient:payer", "people:sign_in")


def username(number: int) -> str:
    """The person of this number."""
    return f"person{number:02d}"


def open_office(conn: Connection, maker: Maker, invoices: list[str]) -> None:
    """People, and a change for every hundred invoices, each with its two entries in the audit log."""
    usual, passwords.COST = passwords.COST, 4
    for number in range(PEOPLE):
        role = "admin" if number == 0 else "manager"
        insert_once(conn, tables.users, register.new_row(username(number), f"Person {number}", PASSWORD, role, 0))
    passwords.COST = usual
    draw = random.Random(2)
    wishes = list(_wishes(maker, invoices, draw))
    upsert(conn, intents, [wish for wish, _verb, _detail in wishes if wish["target"] != "sign_in"])
    for wish, verb, detail in wishes:
        about = {"actor": wish["actor"], "role": "manager", "verb": verb}
        if verb == "people:sign_in":
            audit.record(conn, **about, subject=wish["actor"], detail={})
            continue
        about |= {"subject": wish["target"], "intent": wish["id"]}
        audit.record(conn, **about, detail={"asked": True, **detail})
        audit.record(conn, **about, detail={"outcome": "done"})


def cookies(engine: Engine, now: int) -> list[str]:
    """Everybody signs in; what their browsers hold."""
    return [sessions.begin(engine, username(number), now) for number in range(PEOPLE)]


def _wishes(maker: Maker, invoices: list[str], draw: random.Random) -> Iterator[tuple[Object, str, Object]]:
    count = max(200, maker.invoices // 100)
    for number in range(count):
        verb = _KINDS[number % len(_KINDS)]
        result = {"invoice:raise": draw.choice(invoices)}.get(verb, "")
        target = {
            "balance:adjust": draw.choice(maker.payers)["id"],
            "patient:payer": draw.choice(maker.patients)["id"],
            "people:sign_in": "sign_in",
        }.get(verb, "")
        at = maker.now - (count - number) * 1000 * DAY // count
        wish = {
            "id": f"int_{number:07d}", "form": f"bench-{number}", "kind": verb.replace(":", "_"), "target": target,
            "body": '{"steps": [], "seen": {}}', "actor": username(number % PEOPLE), "role": "manager", "state": "done",
            "attempts": 1, "generation": 0, "progress": "{}", "result": result, "words": "", "field": "",
            "request_id": "", "created": at, "updated": at, "lease_until": 0, "lease_owner": "",
        }  # fmt: skip
        yield wish, verb, {"amount": -draw.randint(1, 200) * 50, "currency": "gbp"} if verb == "balance:adjust" else {}
