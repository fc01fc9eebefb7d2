"""Credit notes, as the screen asks for them."""

from __future__ import annotations

from typing import Any

from lib.actions import credit_notes
from lib.actions._intent import Outcome
from lib.actions.credit_notes import Wanted
from lib.queries import credit_notes as queries
from lib.queries import invoices as lists
from lib.queries.credit_notes import Standing
from tests.support.world import World, pounds


def standing(world: World, invoice: str) -> Standing:
    """The invoice as the screen shows it."""
    world.sync()
    return queries.standing(world.ctx, lists.get(world.ctx, invoice))


def credit(world: World, invoice: str, minor: int, to_account: int = 0, outside: int = 0, **more: Any) -> Outcome:
    seen = more.pop("seen", None) or standing(world, invoice)
    sending = {name: more.pop(name) for name in ("form", "retyped") if name in more}
    ctx = more.pop("ctx", world.ctx)
    wanted = Wanted(pounds(minor), more.pop("reason", "order_change"), pounds(to_account), pounds(outside), **more)
    return credit_notes.create_credit_note(ctx, seen, wanted, **{"form": world.form(), **sending})
