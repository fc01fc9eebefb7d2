"""Figure 3: how soon a change in Stripe shows, and how many questions following takes.

`python -m tests.bench.follow [--changes 1000] [--minutes 10] [--invoices 7000] [--large 100000]`, against the sandbox
in a process of its own, 150 ms away and no faster than 100 requests a second. The loop runs as it does in the
dashboard while somebody has a page open. A change is in the mirror when the row it belongs to says so. An entry in a
ledger changes what Stripe shows in two places, the customer and the ledger, and a customer's drafts where there are any
change with it, as with its name; everything else changes one. What an idle look costs is measured at two sizes. Writes
docs/bench/follow-DATE-COMMIT.json.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import stripe
from sqlalchemy import ColumnElement, exists, select

from lib.context import Context, open_context
from lib.mirror.database import reading
from lib.mirror.tables import balance_transactions, customers, invoices
from lib.settings import load_settings
from lib.sync import loop, presence
from lib.sync.follow import catch_up
from tests.bench import account
from tests.bench.copy import Server
from tests.bench.results import save, spread, where

SMALL, IDLE_LOOKS = 1_000, 5
_PATIENCE = 60  # seconds after the last change


@dataclass(frozen=True)
class Change:
    """One call to Stripe: when it was answered, when its row must say what, and how many things it changed."""

    at: float
    shows: ColumnElement[bool]
    things: int


class Asked:
    """What is asked of Stripe, by what for."""

    def __init__(self, ctx: Context) -> None:
        self.counts: Counter[str] = Counter()
        self._ask = ctx.stripe.bulk.ask
        ctx.stripe.bulk.ask = self  # type: ignore[method-assign, assignment]

    def __call__(self, path: str, **params: Any) -> bytes:
        events = path == "/v1/events"
        self.counts["more pages of events" if "starting_after" in params else "looks" if events else "things"] += 1
        return self._ask(path, **params)


class Hands:
    """Other people's hands in Stripe."""

    def __init__(self, url: str, seed: int) -> None:
        self._stripe = stripe.StripeClient("sk_test_bench", base_addresses={"api": url}).v1
        self._draw = random.Random(seed)
        self._bills = self._some(self._stripe.invoices, status="open")
        self._tagged = self._some(self._stripe.invoices, status="paid")
        self._people = self._some(self._stripe.customers)
        self._payers = [person.id for person in self._people if person.currency]
        self._with_drafts: set[str] = set()

    def _some(self, service: Any, **which: Any) -> list[Any]:
        found = service.list({"limit": 100, **which}).auto_paging_iter()
        return [each for each, _ in zip(found, range(1500), strict=False)]

    def _next(self, things: list[Any]) -> Any:
        """Each in turn: one that is changed twice within a look shows only the second."""
        things.insert(0, found := things.pop())
        return found

    def change(self, number: int) -> Change:
        """Something that happens in a practice."""
        often = (self._rename, self._pay, self._tag, self._pay, self._write_off)
        does = (*often, self._draft, *often, *often, self._enter)
        shows, things = does[number % len(does)](number)
        return Change(time.monotonic(), shows, things)

    def _rename(self, number: int) -> tuple[ColumnElement[bool], int]:
        person, name = self._next(self._people).id, f"Ada Byrne {number} again"
        self._stripe.customers.update(person, {"name": name})
        return exists().where(
            customers.c.id == person, customers.c.name == name
        ), 2 if person in self._with_drafts else 1

    def _pay(self, _number: int) -> tuple[ColumnElement[bool], int]:
        bill = self._bills.pop().id
        self._stripe.invoices.pay(bill, {"paid_out_of_band": True})
        return exists().where(invoices.c.id == bill, invoices.c.status == "paid"), 1

    def _write_off(self, _number: int) -> tuple[ColumnElement[bool], int]:
        bill = self._bills.pop().id
        self._stripe.invoices.mark_uncollectible(bill)
        return exists().where(invoices.c.id == bill, invoices.c.status == "uncollectible"), 1

    def _tag(self, number: int) -> tuple[ColumnElement[bool], int]:
        bill = self._next(self._tagged).id
        self._stripe.invoices.update(bill, {"metadata": {"Appointment location": f"Room {number}"}})
        return exists().where(invoices.c.id == bill, invoices.c.location == f"Room {number}"), 1

    def _draft(self, _number: int) -> tuple[ColumnElement[bool], int]:
        payer = self._draw.choice(self._payers)
        terms = {"collection_method": "send_invoice", "days_until_due": 30}
        made = self._stripe.invoices.create({"customer": payer, **terms})
        self._with_drafts.add(payer)
        return exists().where(invoices.c.id == made.id), 1

    def _enter(self, number: int) -> tuple[ColumnElement[bool], int]:
        payer = self._draw.choice(self._payers)
        entry = {"amount": -100 - number, "currency": "gbp"}
        made = self._stripe.customers.balance_transactions.create(payer, entry)
        return exists().where(balance_transactions.c.id == made.id), 3 if payer in self._with_drafts else 2


def followed(server: Server, ctx: Context, changes: int, seconds: float, seed: int) -> dict[str, Any]:
    """So many changes spread over so many seconds: how long each took to show, and what was asked meanwhile."""
    hands, asked, waiting, took, made = Hands(server.url, seed), Asked(ctx), list[Change](), list[float](), [0, 0]
    done = threading.Event()

    def happen() -> None:
        began = time.monotonic()
        for number in range(changes):
            time.sleep(max(0.0, began + number * seconds / changes - time.monotonic()))
            change = hands.change(number)
            waiting.append(change)
            made[0], made[1] = made[0] + 1, made[1] + change.things
        done.set()

    presence.somebody_is_here()
    halt = loop.start(ctx)
    threading.Thread(target=happen, daemon=True).start()
    until = time.monotonic() + seconds + _PATIENCE
    while (not done.is_set() or waiting) and time.monotonic() < until:
        presence.somebody_is_here()
        took += _shown(ctx, waiting)
        time.sleep(0.2)
    halt()
    around = asked.counts["looks"] + asked.counts["more pages of events"]
    return {
        "changes": made[0],
        "things changed": made[1],
        "seconds": seconds,
        "until it shows, ms": spread(took),
        "never shown": len(waiting),
        "within 15 s": sum(each <= 15 for each in took),
        **asked.counts,
        "requests": asked.counts.total(),
        "requests / (calls + looks + pages)": round(asked.counts.total() / (made[0] + around), 3),
        "requests / (things changed + looks + pages)": round(asked.counts.total() / (made[1] + around), 3),
    }


def _shown(ctx: Context, waiting: list[Change]) -> list[float]:
    """How long those took that show now; they are no longer waited for."""
    with reading(ctx.engine) as conn:
        found = [change for change in list(waiting) if conn.execute(select(change.shows)).scalar()]
    for change in found:
        waiting.remove(change)
    return [time.monotonic() - change.at for change in found]


def idle(ctx: Context) -> dict[str, Any]:
    """What a look costs where nothing has happened."""
    asked, began, worked = Asked(ctx), time.perf_counter(), time.process_time()
    for _ in range(IDLE_LOOKS):
        catch_up(ctx)
    wall, cpu = time.perf_counter() - began, time.process_time() - worked
    return {
        "requests a look": asked.counts.total() / IDLE_LOOKS,
        "ms a look": round(wall / IDLE_LOOKS * 1000),
        "ms of CPU a look": round(cpu / IDLE_LOOKS * 1000, 1),
    }


def measured(size: int, port: int, then: Callable[[Server, Context], dict[str, Any]] | None = None) -> dict[str, Any]:
    """A practice of this size, copied; an idle look at it, and then more."""
    with ExitStack() as over:
        folder = Path(over.enter_context(tempfile.TemporaryDirectory()))
        account.build(folder / "stripe.sqlite", invoices=size, customers=size // 5, now=int(time.time())).close()
        server = Server(folder / "stripe.sqlite", "--port", str(port))
        over.callback(server.stop)
        env = {"STRIPE_API_KEY": "sk_test_bench", "STRIPE_API_BASE": server.url, "PAYERDESK_DATA": str(folder)}
        ctx = open_context(load_settings(env))
        over.callback(ctx.engine.dispose)
        catch_up(ctx)
        return {"idle": idle(ctx), **(then(server, replace(ctx)) if then else {})}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=1_000, help="0 leaves them out")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--invoices", type=int, default=7_000, help="a tenth of them open")
    parser.add_argument("--port", type=int, default=12_790)
    parser.add_argument("--large", type=int, default=100_000, help="invoices for the cost of an idle look; 0 leaves it")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    told = {**where(), "seed": options.seed}
    if options.changes:
        told["figure 3"] = measured(
            options.invoices,
            options.port,
            lambda server, ctx: followed(server, ctx, options.changes, options.minutes * 60, options.seed),
        )
    sizes = (SMALL, options.large) if options.large else ()
    told["idle looks"] = {str(size): measured(size, options.port)["idle"] for size in sizes}
    save("follow", told)


if __name__ == "__main__":
    main()
