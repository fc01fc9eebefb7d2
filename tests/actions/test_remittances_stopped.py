"""A remittance that is cut off, overtaken or stopped half-way: what is recorded, what is said, and what is asked."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest
import stripe

from lib.actions import resolver
from lib.actions.sharing import oldest_first
from lib.errors import AskFirst, Changed, NotConfirmed, Refused
from lib.queries import remittances as queries
from tests.support.payments import by_card, figures, records
from tests.support.remitting import owing, remit, scattered, scenario
from tests.support.world import World, pounds

_STEPS = [f"{step}{number}" for number in range(3) for step in ("record", "attach", "note")] + ["surplus"]


@pytest.mark.parametrize("fault", ["lose", "cut"])
@pytest.mark.parametrize("at", range(len(_STEPS)), ids=_STEPS)
def test_killed_between_any_two_steps_it_ends_with_every_penny_in_its_place(quick: World, at: int, fault: str) -> None:
    """Stripe does a step and nobody hears of it, or it never arrives; and then nobody can reach it any more. A day
    later Stripe has forgotten every key.
    """
    acme, invoices = scenario(quick)
    _break_at(quick, at, fault)
    with pytest.raises(NotConfirmed):
        remit(quick, acme, 130_000, keep_surplus=True)
    quick.wire.mend()
    quick.forget_keys()
    quick.wait(300)
    resolver.resolve(quick.ctx)
    assert quick.intents()[0].state == "done"
    assert set(json.loads(quick.intents()[0].progress)) == set(_STEPS)
    assert [status for status, _, _ in scattered(quick, invoices)] == ["paid"] * 3
    assert (sorted(records(quick)), quick.entries(acme)) == (
        [35_000, 40_000, 50_000], [("adjustment", -5000, -5000)],
    )  # fmt: skip
    assert sum(paid for _, paid, _ in scattered(quick, invoices)) == 125_000


def _break_at(world: World, at: int, fault: str) -> None:
    """The line breaks at the change number `at`, and stays broken."""
    inner, seen = world.wire._inner, {"writes": 0}
    whole = inner.request

    def request(method: str, url: str, *rest: Any) -> Any:
        if method != "post" or "preview" in url:
            return whole(method, url, *rest)
        seen["writes"] += 1
        if seen["writes"] == at + 1:
            world.wire.cut("", times=10_000)
            world.wire.cut("", method="get", times=10_000)
            if fault == "lose":
                whole(method, url, *rest)
            raise stripe.APIConnectionError("the line broke", should_retry=False)
        return whole(method, url, *rest)

    inner.request = request  # type: ignore[method-assign]


def test_an_invoice_that_is_paid_while_it_runs_is_not_paid_twice_and_the_rest_is_named(quick: World) -> None:
    acme, invoices = scenario(quick)
    quick.wire.then("attach_payment", lambda: by_card(quick, invoices[1]))
    with pytest.raises(Changed, match=r"by card\. It was given nothing\. What was done before that stands\."):
        remit(quick, acme, 130_000, keep_surplus=True)
    assert scattered(quick, invoices) == [("paid", 50_000, 0), ("paid", 40_000, 0), ("open", 0, 35_000)]
    assert (records(quick), quick.entries(acme)) == ([50_000], [])
    found = queries.get(quick.ctx, quick.intents()[0].id)
    assert (found.state, found.allocated, found.surplus) == ("Partly recorded", pounds(50_000), pounds(0))
    assert found.missing == pounds(80_000)
    assert list(queries.lines(quick.ctx, found.id)["id"]) == [invoices[0]]


def test_one_that_stopped_half_way_is_asked_about_when_the_whole_comes_again(quick: World) -> None:
    """The first £500 would be counted twice: once on its invoice, once as credit."""
    acme, invoices = scenario(quick)
    quick.wire.then("attach_payment", lambda: by_card(quick, invoices[1]))
    with pytest.raises(Changed):
        remit(quick, acme, 120_000)
    assert [(one.invoice, one.remaining) for one in owing(quick, acme)] == [(invoices[2], 35_000)]
    with pytest.raises(AskFirst, match=r"£500\.00 of £1,200\.00 with this reference was recorded just now by mira"):
        remit(quick, acme, 120_000, keep_surplus=True)
    assert (records(quick), quick.entries(acme)) == ([50_000], [])
    remit(quick, acme, 35_000)
    assert sorted(records(quick)) == [35_000, 50_000]


def test_one_that_ended_before_anything_was_recorded_is_not_asked_about(quick: World) -> None:
    acme, invoices = scenario(quick)
    quick.wire.then("report_payment", lambda: by_card(quick, invoices[0]))
    with pytest.raises(Changed):
        remit(quick, acme, 75_000)
    remit(quick, acme, 75_000)
    assert scattered(quick, invoices)[1:] == [("paid", 40_000, 0), ("paid", 35_000, 0)]


@pytest.mark.parametrize("state", ["waiting", "unknown"])
def test_the_same_that_nobody_knows_the_end_of_is_not_said_to_be_recorded(quick: World, state: str) -> None:
    acme, _ = scenario(quick)
    limit = Decimal(100) if state == "waiting" else None
    strict = dataclasses.replace(quick.ctx.settings, second_person_above=limit)
    if state == "unknown":
        quick.wire.lose_all_from("report_payment")
    with pytest.raises(NotConfirmed):
        remit(quick, acme, 20_000, ctx=dataclasses.replace(quick.ctx, settings=strict))
    quick.wire.mend()
    said = "waits for a second person" if state == "waiting" else "has not confirmed whether it happened"
    with pytest.raises(AskFirst, match=f"was asked for just now by mira.* {said}"):
        remit(quick, acme, 20_000)


def test_whatever_moved_is_brought_into_the_mirror_at_once(quick: World) -> None:
    """Also where nothing was sent: the next form shows what is owed now."""
    acme, invoices = scenario(quick)
    shares = oldest_first(owing(quick, acme), 120_000)
    by_card(quick, invoices[1])
    with pytest.raises(Changed):
        remit(quick, acme, 120_000, shares)
    assert [one.invoice for one in owing(quick, acme)] == [invoices[0], invoices[2]]


def test_an_invoice_that_is_voided_while_it_runs_stops_it_and_nobody_reads_that_nothing_was_changed(
    quick: World,
) -> None:
    acme, invoices = scenario(quick)
    voiding = ("POST", f"/v1/invoices/{invoices[1]}/void")
    quick.wire.then("attach_payment", lambda: quick.sandbox.call(*voiding))
    with pytest.raises(Refused, match=r"is void now\. It was given nothing\. What was done before that stands\.") as no:
        remit(quick, acme, 120_000)
    assert "Nothing was changed" not in no.value.words
    assert no.value.words.endswith("£500.00 of the £1,200.00 is recorded.")


def test_a_key_that_may_not_go_on_does_not_say_that_nothing_was_changed(quick: World) -> None:
    acme, _ = scenario(quick)
    quick.wire.then("report_payment", lambda: quick.wire.say("attach_payment", 403))
    with pytest.raises(Refused, match="lacks a permission") as no:
        remit(quick, acme, 120_000)
    assert "Nothing was changed" not in no.value.words
    assert no.value.words.endswith(f"Nothing of the £1,200.00 is recorded. {_loose(quick)}")


def test_one_that_is_stopped_between_the_record_and_its_invoice_names_the_record(quick: World) -> None:
    acme, invoices = scenario(quick)
    quick.wire.then("report_payment", lambda: by_card(quick, invoices[0]))
    with pytest.raises(Changed) as no:
        remit(quick, acme, 120_000)
    assert no.value.words.endswith(f"Nothing of the £1,200.00 is recorded. {_loose(quick)}")


def _loose(world: World) -> str:
    (record,) = world.sandbox.call("GET", "/v1/payment_records")["data"]
    return f"The payment record {record['id']} is in Stripe and pays no invoice."


def test_forty_invoices_take_their_time_and_are_finished_by_the_resolver(quick: World) -> None:
    acme = quick.customer()
    invoices = [quick.invoice(acme, 1000) for _ in range(12)]
    quick.sync()
    quick.wire.then("attach_payment", lambda: quick.wait(20))
    with pytest.raises(NotConfirmed, match="of 36 steps are done"):
        remit(quick, acme, 12_000)
    quick.wait(300)
    resolver.resolve(quick.ctx)
    assert {figures(quick, invoice) for invoice in invoices} == {("paid", 1000, 0)}
