"""Several hands at the same moment: threads that press at once, on one database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from lib.actions._intent import Outcome
from lib.actions.sharing import oldest_first
from lib.errors import PayerdeskError
from tests.support.builders import adjust
from tests.support.hands import HANDS, at_once, unhurried
from tests.support.payments import part, records
from tests.support.remitting import owing, remit, scenario
from tests.support.world import World, pounds


def test_one_form_pressed_by_many_hands_at_once_has_one_effect_and_one_outcome(world: World) -> None:
    acme, form, ctx = world.customer(), world.form(), unhurried(world)
    told = at_once([lambda: adjust(world, acme, form=form, ctx=ctx)] * HANDS)
    assert world.entries(acme) == [("adjustment", -4500, -4500)]
    assert len({outcome.result for outcome in told}) == 1
    assert len(world.intents()) == 1


@pytest.mark.parametrize("way", ["part", "remittance"])
def test_a_double_click_that_comes_while_the_first_is_looked_up_is_not_asked_about(quick: World, way: str) -> None:
    payer, invoices = scenario(quick)
    shares, told = oldest_first(owing(quick, payer), 5000), []

    def press() -> Outcome:
        if way == "remittance":
            return remit(quick, payer, 5000, shares, form="one")
        return part(quick, invoices[0], 5000, 50_000, form="one")

    def meanwhile(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM intents" in statement and not told:
            told.append("")
            told[0] = press().result

    event.listen(quick.ctx.engine, "after_cursor_execute", meanwhile)
    assert press().result == told[0]
    assert records(quick) == [5000]


def test_a_form_that_was_sent_finds_its_outcome_although_somebody_posted_the_same_since(quick: World) -> None:
    acme, form = quick.customer(), quick.form()
    first = adjust(quick, acme, form=form)
    adjust(quick, acme, seen=pounds(-4500), despite_recent=True)
    assert adjust(quick, acme, form=form).result == first.result
    assert quick.balance(acme) == -9000


def test_many_forms_for_one_customer_at_once_have_one_effect(world: World) -> None:
    acme, ctx = world.customer(), unhurried(world)
    forms = [world.form() for _ in range(HANDS)]
    told = at_once([lambda form=form: adjust(world, acme, form=form, ctx=ctx) for form in forms])
    assert world.entries(acme) == [("adjustment", -4500, -4500)]
    assert sum(not isinstance(outcome, PayerdeskError) for outcome in told) == 1


def test_different_customers_are_served_side_by_side(world: World) -> None:
    all_of_them, ctx = [world.customer(f"Payer {n}") for n in range(HANDS)], unhurried(world)
    forms = [world.form() for _ in range(HANDS)]
    pairs = zip(all_of_them, forms, strict=True)
    told = at_once([lambda c=customer, f=form: adjust(world, c, form=f, ctx=ctx) for customer, form in pairs])
    assert not [outcome for outcome in told if isinstance(outcome, PayerdeskError)]
    assert [world.balance(customer) for customer in all_of_them] == [-4500] * HANDS
