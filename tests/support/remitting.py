"""One payment over several invoices, as the screen asks for it (scenario 28)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lib.actions import remittances
from lib.actions._intent import Outcome
from lib.actions.received import Received
from lib.actions.sharing import Owing, Payment, Share, oldest_first
from lib.money import Money
from lib.queries import remittances as queries
from tests.support.payments import TODAY, figures
from tests.support.world import DAY, World

ACM = Received("Bank transfer", "ACM-7781", TODAY)


def scenario(world: World) -> tuple[str, list[str]]:
    """Acme owes 50000, 40000 and 35000, due in this order; they were not raised in it."""
    acme = world.customer()
    now = world.sandbox.clock.now()
    found = {}
    for minor, days in ((35_000, 30), (50_000, 10), (40_000, 20)):
        found[minor] = world.invoice(acme, minor, due_date=now + days * DAY)
    world.sync()
    return acme, [found[minor] for minor in (50_000, 40_000, 35_000)]


def owing(world: World, payer: str) -> list[Owing]:
    rows = queries.owing(world.ctx, payer, "gbp")
    return [Owing(row.id, row.number, row.remaining) for row in rows.itertuples()]


def remit(world: World, payer: str, minor: int, shares: Sequence[Share] | None = None, **more: Any) -> Outcome:
    """Record a remittance, oldest first unless told otherwise, typed twice."""
    if shares is None:
        shares = oldest_first(owing(world, payer), minor)
    ctx, currency = more.pop("ctx", world.ctx), more.pop("currency", "gbp")
    amount = Money(minor, currency)
    given = {"keep_surplus": False, "form": world.form(), "retyped": amount, "balance": Money(0, currency), **more}
    wanted = Payment(payer, amount, given.pop("received", ACM), tuple(shares))
    return remittances.record_remittance(ctx, wanted, **given)


def scattered(world: World, invoices: Sequence[str]) -> list[tuple[str, int, int]]:
    """What became of each invoice."""
    return [figures(world, invoice) for invoice in invoices]
