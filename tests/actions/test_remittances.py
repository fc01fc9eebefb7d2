"""One payment over several invoices (scenario 28): every penny allocated once, whatever breaks in between."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from lib.actions.sharing import Share, oldest_first
from lib.errors import AskFirst, Changed, NotAllowed, Refused, Waiting
from lib.queries import remittances as queries
from lib.queries import timeline
from tests.support.payments import by_card, figures, records
from tests.support.remitting import owing, remit, scattered, scenario
from tests.support.world import World, pounds


def test_more_than_arrived_is_not_shared_out(quick: World) -> None:
    acme, invoices = scenario(quick)
    shares = [Share(invoices[0], "1", 50_000, 50_000), Share(invoices[1], "2", 40_000, 40_000)]
    with pytest.raises(Refused, match=r"£900\.00 together, and only £899\.99 arrived") as no:
        remit(quick, acme, 89_999, shares)
    assert (no.value.field, quick.intents()) == ("shares", [])


@pytest.mark.parametrize("gets", [50_001, -1])
def test_no_invoice_gets_more_than_it_owes_or_less_than_nothing(quick: World, gets: int) -> None:
    acme, invoices = scenario(quick)
    with pytest.raises(Refused, match=r"A-1 owes £500\.00; it cannot be given"):
        remit(quick, acme, 60_000, [Share(invoices[0], "A-1", 50_000, gets)], keep_surplus=True)
    assert quick.wire.writes() == []


def test_an_invoice_stands_in_it_once(quick: World) -> None:
    acme, invoices = scenario(quick)
    with pytest.raises(Refused, match="twice"):
        remit(quick, acme, 20_000, [Share(invoices[0], "A-1", 50_000, 10_000)] * 2)


def test_what_is_left_over_becomes_credit_only_when_that_was_agreed(quick: World) -> None:
    """Scenario 28."""
    acme, invoices = scenario(quick)
    with pytest.raises(Refused, match=r"£50\.00 is left over") as no:
        remit(quick, acme, 130_000)
    assert no.value.field == "surplus"
    assert (scattered(quick, invoices)[0], quick.balance(acme)) == (("open", 0, 50_000), 0)


@pytest.mark.parametrize("shares", [(), [Share("in_1", "A-1", 100, 0)]])
def test_a_payment_for_nothing_is_an_adjustment_and_no_remittance(quick: World, shares: list[Share]) -> None:
    acme, _ = scenario(quick)
    with pytest.raises(Refused, match="use Adjust balance"):
        remit(quick, acme, 10_000, shares, keep_surplus=True)


def test_somebody_elses_invoice_gets_nothing(quick: World) -> None:
    acme, invoices = scenario(quick)
    other = quick.invoice(quick.customer("Other Ltd"), 9000)
    shares = [Share(invoices[0], "A-1", 50_000, 50_000), Share(other, "B-1", 9000, 9000)]
    with pytest.raises(Refused, match="is billed to somebody else"):
        remit(quick, acme, 59_000, shares)
    assert (quick.wire.writes(), figures(quick, other)) == ([], ("open", 0, 9000))


def test_an_invoice_in_another_currency_gets_nothing(quick: World) -> None:
    acme, _ = scenario(quick)
    euro = quick.invoice(acme, 9000, currency="eur")
    with pytest.raises(Changed, match="owes €90.00 now".replace(".", r"\.")):
        remit(quick, acme, 9000, [Share(euro, "A-9", 9000, 9000)])
    assert quick.wire.writes() == []


def test_surplus_in_a_currency_that_the_account_is_not_kept_in_is_refused(quick: World) -> None:
    """Scenario 19."""
    acme, _ = scenario(quick)
    euro = quick.invoice(acme, 9000, currency="eur")
    shares = [Share(euro, "A-9", 9000, 9000)]
    with pytest.raises(Refused, match="kept in GBP"):
        remit(quick, acme, 10_000, shares, currency="eur", keep_surplus=True)
    remit(quick, acme, 9000, shares, currency="eur")
    assert figures(quick, euro) == ("paid", 9000, 0)


@pytest.mark.parametrize("how", ["paid", "credited", "voided"])
def test_an_invoice_that_moved_meanwhile_stops_it_before_anything_is_sent(quick: World, how: str) -> None:
    """Scenario 27."""
    acme, invoices = scenario(quick)
    shares = oldest_first(owing(quick, acme), 120_000)
    if how == "paid":
        by_card(quick, invoices[1])
    elif how == "credited":
        note = {"invoice": invoices[1], "amount": 100, "email_type": "none"}
        quick.sandbox.call("POST", "/v1/credit_notes", note)
    else:
        quick.sandbox.call("POST", f"/v1/invoices/{invoices[1]}/void")
    with pytest.raises((Changed, Refused)):
        remit(quick, acme, 120_000, shares)
    assert (quick.wire.writes(), records(quick)) == ([], [])
    assert queries.table(quick.ctx).total == 0


def test_a_balance_that_moved_meanwhile_stops_a_surplus(quick: World) -> None:
    acme, _ = scenario(quick)
    quick.entry(acme, -100)
    with pytest.raises(Changed, match="The balance changed meanwhile"):
        remit(quick, acme, 130_000, keep_surplus=True)
    assert quick.wire.writes() == []


def test_somebody_who_only_looks_records_nothing(quick: World) -> None:
    acme, _ = scenario(quick)
    with pytest.raises(NotAllowed):
        remit(quick, acme, 50_000, ctx=quick.person("vera", "viewer"))
    assert quick.wire.writes() == []


def test_thresholds_are_held_against_the_whole_amount(quick: World) -> None:
    """Three small invoices make one large payment."""
    acme, invoices = scenario(quick)
    limits = dataclasses.replace(quick.ctx.settings, second_person_above=Decimal(1000))
    ctx = dataclasses.replace(quick.ctx, settings=limits)
    with pytest.raises(Refused) as no:
        remit(quick, acme, 120_000, ctx=ctx, retyped=pounds(12_000))
    assert no.value.field == "retyped"
    with pytest.raises(Waiting):
        remit(quick, acme, 120_000, ctx=ctx)
    assert scattered(quick, invoices)[0] == ("open", 0, 50_000)
    assert list(queries.table(quick.ctx).rows["state"]) == ["Waiting for a second person"]


def test_the_same_reference_and_amount_is_asked_about(quick: World) -> None:
    """A bank statement that was worked through twice."""
    acme, invoices = scenario(quick)
    remit(quick, acme, 20_000)
    with pytest.raises(AskFirst, match=r"£200\.00 with this reference was recorded .* by mira"):
        remit(quick, acme, 20_000)
    assert figures(quick, invoices[0]) == ("open", 20_000, 30_000)
    remit(quick, acme, 20_000, despite_same=True)
    assert figures(quick, invoices[0]) == ("open", 40_000, 10_000)


def test_the_same_form_twice_is_one_remittance(quick: World) -> None:
    acme, invoices = scenario(quick)
    shares = oldest_first(owing(quick, acme), 120_000)
    first = remit(quick, acme, 120_000, shares, form="one")
    again = remit(quick, acme, 120_000, shares, form="one")
    assert (again.again, again.result, len(records(quick))) == (True, first.result, 3)
    assert figures(quick, invoices[2]) == ("open", 30_000, 5000)


def test_oldest_due_first_settles_two_and_a_part_of_the_third(world: World) -> None:
    """Scenario 28."""
    acme, invoices = scenario(world)
    remit(world, acme, 120_000)
    assert scattered(world, invoices) == [("paid", 50_000, 0), ("paid", 40_000, 0), ("open", 30_000, 5000)]
    for invoice in invoices:
        tags = world.in_stripe("invoice", invoice)["metadata"]
        assert (tags["pd_reference"], tags["pd_received_on"]) == ("ACM-7781", "2026-11-16")
        assert tags["pd_remittance"] == world.intents()[0].id
    assert world.balance(acme) == 0
    row = queries.table(world.ctx).rows.iloc[0]
    assert [row[name] for name in ("amount", "allocated", "surplus", "invoices", "state", "reference")] == [
        120_000, 120_000, 0, 3, "Recorded", "ACM-7781",
    ]  # fmt: skip


def test_what_is_left_over_becomes_credit_once_it_was_agreed(world: World) -> None:
    """Scenario 28: 130000."""
    acme, invoices = scenario(world)
    remit(world, acme, 130_000, keep_surplus=True)
    assert [status for status, _, _ in scattered(world, invoices)] == ["paid"] * 3
    assert world.entries(acme) == [("adjustment", -5000, -5000)]
    found = queries.get(world.ctx, world.intents()[0].id)
    assert (found.allocated, found.surplus, found.missing) == (pounds(125_000), pounds(5000), pounds(0))
    told = timeline.timeline(world.ctx, invoices[2])
    assert list(told[told["what"] == "Remittance"]["detail"]) == [
        "£350.00 of £1,300.00 · Bank transfer · ACM-7781 · received 16 Nov 2026"
    ]


def test_shares_by_hand_leave_the_others_open(quick: World) -> None:
    acme, invoices = scenario(quick)
    shares = [Share(invoices[0], "A", 50_000, 0), Share(invoices[1], "B", 40_000, 12_345)]
    remit(quick, acme, 12_345, [*shares, Share(invoices[2], "C", 35_000, 0)])
    assert [left for _, _, left in scattered(quick, invoices)] == [50_000, 27_655, 35_000]
    assert list(queries.lines(quick.ctx, quick.intents()[0].id)["id"]) == [invoices[1]]


def test_a_list_is_matched_by_whole_numbers_and_every_other_line_is_named(quick: World) -> None:
    acme, invoices = scenario(quick)
    numbers = [quick.in_stripe("invoice", invoice)["number"] for invoice in invoices]
    other = quick.in_stripe("invoice", quick.invoice(quick.customer("Other Ltd"), 9000))["number"]
    euro = quick.in_stripe("invoice", quick.invoice(acme, 9000, currency="eur"))["number"]
    paid = quick.invoice(acme, 7000)
    by_card(quick, paid)
    quick.sync()
    settled = quick.in_stripe("invoice", paid)["number"]
    rows = [
        (1, numbers[0].lower(), 50_000),
        (2, numbers[1], 40_001),
        (3, numbers[0], 100),
        (4, numbers[2][:-1], 100),
        (5, other, 9000),
        (6, euro, 9000),
        (7, settled, 7000),
    ]
    found, wrong = queries.matched(quick.ctx, acme, "gbp", rows)
    assert [(match.line, match.invoice, match.amount) for match in found] == [(1, invoices[0], 50_000)]
    told = dict(wrong)
    assert list(told) == [2, 3, 4, 5, 6, 7]
    assert "owes £400.00; it cannot be given £400.01" in told[2]
    assert told[3].endswith("stands in line 1 already.")
    assert told[4] == "No invoice has this number."
    assert told[5].endswith("is billed to somebody else.")
    assert "is in EUR, this payment in GBP" in told[6]
    assert told[7].endswith("is paid already.")
