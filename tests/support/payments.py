"""Money that arrives: outside Stripe, as the practice records it, or by card."""

from __future__ import annotations

from datetime import date
from typing import Any

from lib.actions import payments
from lib.actions._intent import Outcome
from lib.actions.received import Received
from lib.sandbox.resources import payments as theirs
from tests.support.world import World, pounds

TODAY = date(2026, 11, 16)
BACS = Received("Bank transfer", "ACM-7781", TODAY)
TAGS = {"pd_method": "Bank transfer", "pd_reference": "ACM-7781", "pd_received_on": "2026-11-16"}


def pay(world: World, invoice: str, minor: int, left: int | None = None, **more: Any) -> Outcome:
    """Pay in full; `left` is what remained on the screen."""
    given = {"received": BACS, "form": world.form(), "ctx": world.ctx, **more}
    ctx, remaining = given.pop("ctx"), pounds(minor if left is None else left)
    return payments.pay_in_full(ctx, invoice, amount=pounds(minor), remaining=remaining, **given)


def part(world: World, invoice: str, minor: int, left: int, **more: Any) -> Outcome:
    given = {"received": BACS, "form": world.form(), **more}
    payer = world.in_stripe("invoice", invoice)["customer"]
    return payments.pay_part(world.ctx, invoice, payer=payer, amount=pounds(minor), remaining=pounds(left), **given)


def by_card(world: World, invoice: str) -> None:
    """The payer pays on Stripe's page, or reception in Hero."""
    with world.sandbox.writing() as call:
        theirs.by_card(call, call.store.find("invoice", invoice))


def figures(world: World, invoice: str) -> tuple[str, int, int]:
    found = world.in_stripe("invoice", invoice)
    return found["status"], found["amount_paid"], found["amount_remaining"]


def records(world: World) -> list[int]:
    return [found["amount"]["value"] for found in world.sandbox.call("GET", "/v1/payment_records")["data"]]
