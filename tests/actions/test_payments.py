"""Money received outside Stripe: whole (scenario 14), or a part, each penny once, with how it came kept beside it."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest

from lib.actions import payments, resolver, voiding
from lib.actions.received import Received
from lib.errors import AskFirst, Changed, NotAllowed, NotConfirmed, Refused, Waiting
from lib.money import Money
from lib.queries import invoices as lists
from lib.queries import timeline
from tests.support.payments import BACS, TAGS, TODAY, by_card, figures, part, pay, records
from tests.support.world import World, pounds


@pytest.mark.parametrize("minor", [5000, 49_999, 50_001])
def test_another_amount_than_what_remains_is_no_payment_in_full(quick: World, minor: int) -> None:
    """Fifty pounds in cash on an invoice of five hundred must not mark all of it paid."""
    invoice = quick.invoice(quick.customer(), 50_000)
    with pytest.raises(Refused) as no:
        pay(quick, invoice, minor, 50_000)
    assert no.value.field == "amount"
    assert (quick.wire.writes(), figures(quick, invoice)) == ([], ("open", 0, 50_000))


@pytest.mark.parametrize(
    ("received", "field"),
    [
        (Received("", "x", TODAY), "method"),
        (Received("Bitcoin", "x", TODAY), "method"),
        (Received("Cash", " ", TODAY), "reference"),
        (Received("Cash", "x" * 141, TODAY), "reference"),
        (Received("Cash", "x", None), "received_on"),
        (Received("Cash", "x", date(2026, 11, 17)), "received_on"),
        (Received("Cash", "x", date(2016, 11, 17)), "received_on"),
    ],
)
def test_method_reference_and_a_day_that_was_are_asked_for(quick: World, received: Received, field: str) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    for take in (pay, part):
        left = 9000 if take is pay else 9001
        with pytest.raises(Refused) as no:
            take(quick, invoice, 9000, left, received=received)
        assert no.value.field == field
    assert quick.intents() == []


def test_whoever_may_only_look_records_nothing(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    with pytest.raises(NotAllowed):
        pay(quick, invoice, 9000, ctx=quick.person("vera", "viewer"))
    assert figures(quick, invoice) == ("open", 0, 9000)


def test_an_invoice_that_was_paid_by_card_meanwhile_is_not_paid_again(quick: World) -> None:
    """Scenario 27: it says when and how."""
    invoice = quick.invoice(quick.customer(), 9900)
    by_card(quick, invoice)
    with pytest.raises(Changed, match=r"was paid at 12:00 by card\. Nothing was changed"):
        pay(quick, invoice, 9900)
    assert quick.wire.writes() == []


def test_an_invoice_that_was_credited_meanwhile_is_not_paid_for_the_old_amount(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9900)
    note = {"invoice": invoice, "amount": 900, "email_type": "none"}
    quick.sandbox.call("POST", "/v1/credit_notes", note)
    with pytest.raises(Changed, match=r"owes £90\.00 now, and owed £99\.00 on your screen"):
        pay(quick, invoice, 9900)
    assert figures(quick, invoice) == ("open", 0, 9000)


@pytest.mark.parametrize("fault", ["lose", "cut", "garble"])
@pytest.mark.parametrize("where", ["/pay", "note"])
def test_an_answer_that_is_lost_pays_once_and_keeps_how(quick: World, fault: str, where: str) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    getattr(quick.wire, fault)(where if where == "/pay" else invoice)
    pay(quick, invoice, 9000)
    assert figures(quick, invoice) == ("paid", 9000, 0)
    assert TAGS.items() <= quick.in_stripe("invoice", invoice)["metadata"].items()
    assert records(quick) == [9000]


def test_a_payment_that_stripe_cannot_confirm_is_finished_later_and_counts_once(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    quick.wire.lose_all_from("/pay")
    with pytest.raises(NotConfirmed):
        pay(quick, invoice, 9000, form="one")
    quick.wire.mend()
    quick.forget_keys()
    quick.wait(300)
    assert resolver.resolve(quick.ctx) == 1
    assert pay(quick, invoice, 9000, form="one").again
    assert (records(quick), quick.intents()[0].state) == ([9000], "done")
    assert quick.in_stripe("invoice", invoice)["metadata"]["pd_reference"] == "ACM-7781"


def test_a_payment_that_never_arrived_is_not_sent_later_for_a_smaller_amount(quick: World) -> None:
    """`pay` would settle whatever is left by then."""
    invoice = quick.invoice(quick.customer(), 9000)
    quick.wire.cut("/pay", times=10_000)
    with pytest.raises(NotConfirmed):
        pay(quick, invoice, 9000)
    quick.sandbox.call("POST", "/v1/credit_notes", {"invoice": invoice, "amount": 900, "email_type": "none"})
    quick.wire.mend()
    quick.wait(300)
    resolver.resolve(quick.ctx)
    assert (quick.intents()[0].state, figures(quick, invoice)) == ("changed", ("open", 0, 8100))


def test_a_card_payment_is_not_taken_for_ours(quick: World) -> None:
    """Our request never arrived, and meanwhile the payer paid by card: nothing says that cash came."""
    invoice = quick.invoice(quick.customer(), 9000)
    quick.wire.cut("/pay", times=10_000)
    with pytest.raises(NotConfirmed):
        pay(quick, invoice, 9000)
    by_card(quick, invoice)
    quick.wire.mend()
    quick.wait(300)
    resolver.resolve(quick.ctx)
    assert quick.intents()[0].state == "refused"
    assert "pd_method" not in quick.in_stripe("invoice", invoice)["metadata"]


def test_a_large_payment_is_typed_twice_and_waits_for_a_second_person(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 300_000)
    limits = dataclasses.replace(quick.ctx.settings, type_twice_above=Decimal(1000), second_person_above=Decimal(2000))
    ctx = dataclasses.replace(quick.ctx, settings=limits)
    with pytest.raises(Refused) as no:
        pay(quick, invoice, 300_000, ctx=ctx)
    assert no.value.field == "retyped"
    with pytest.raises(Waiting):
        pay(quick, invoice, 300_000, ctx=ctx, retyped=pounds(300_000))
    assert figures(quick, invoice) == ("open", 0, 300_000)


def test_paid_in_full_is_paid_with_its_method_beside_what_hero_wrote(world: World) -> None:
    invoice = world.invoice(world.customer(), 9000, metadata={"Patient name": "Ada Byrne"})
    done = pay(world, invoice, 9000)
    assert (done.result, figures(world, invoice)) == (invoice, ("paid", 9000, 0))
    assert world.in_stripe("invoice", invoice)["metadata"] == {"Patient name": "Ada Byrne", **TAGS}
    assert lists.get(world.ctx, invoice).status == "paid"
    told = timeline.timeline(world.ctx, invoice)
    paid = told[told["what"] == "Paid"].iloc[0]["detail"]
    assert paid == "£90.00 received · Bank transfer · ACM-7781 · received 16 Nov 2026"
    assert [row.verb for row in world.audited()] == ["invoice:pay", "invoice:pay"]


def test_an_invoice_in_yen_is_paid_in_whole_yen(quick: World) -> None:
    """Scenario 20."""
    invoice = quick.invoice(quick.customer("Embassy"), 12_000, currency="jpy")
    yen = Money(12_000, "jpy")
    payments.pay_in_full(quick.ctx, invoice, amount=yen, remaining=yen, received=BACS, form=quick.form(), retyped=yen)
    assert figures(quick, invoice) == ("paid", 12_000, 0)


def test_what_was_written_off_can_still_be_paid(world: World) -> None:
    """Scenario 14."""
    acme = world.customer()
    world.entry(acme, -2000)
    invoice = world.invoice(acme, 12_000)
    voiding.write_off(world.ctx, invoice, payer=acme, remaining=pounds(10_000), reason="Insolvent", form=world.form())
    assert figures(world, invoice) == ("uncollectible", 0, 10_000)
    pay(world, invoice, 10_000)
    assert (figures(world, invoice), world.balance(acme)) == (("paid", 10_000, 0), 0)
    assert lists.get(world.ctx, invoice).status == "paid"


@pytest.mark.parametrize("minor", [9000, 9001])
def test_a_part_is_less_than_what_remains(quick: World, minor: int) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    with pytest.raises(Refused) as no:
        part(quick, invoice, minor, 9000)
    assert (no.value.field, quick.wire.writes()) == ("amount", [])


@pytest.mark.parametrize("fault", ["lose", "cut", "garble"])
@pytest.mark.parametrize("where", ["report_payment", "attach_payment", "note"])
def test_a_part_payment_whose_answer_is_lost_counts_once(quick: World, fault: str, where: str) -> None:
    invoice = quick.invoice(quick.customer(), 50_000)
    getattr(quick.wire, fault)(invoice if where == "note" else where)
    part(quick, invoice, 5000, 50_000)
    assert (figures(quick, invoice), records(quick)) == (("open", 5000, 45_000), [5000])


def test_a_part_that_was_cut_off_before_it_was_attached_goes_on_where_it_was(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 50_000)
    quick.wire.lose_all_from("report_payment")
    with pytest.raises(NotConfirmed):
        part(quick, invoice, 5000, 50_000)
    quick.wire.mend()
    quick.forget_keys()
    quick.wait(300)
    resolver.resolve(quick.ctx)
    assert (figures(quick, invoice), records(quick)) == (("open", 5000, 45_000), [5000])


def test_a_part_is_not_put_on_an_invoice_that_was_paid_in_between(quick: World) -> None:
    """What would be too much would silently become credit."""
    acme = quick.customer()
    invoice = quick.invoice(acme, 9000)
    quick.wire.then("report_payment", lambda: by_card(quick, invoice))
    with pytest.raises(Changed, match="by card"):
        part(quick, invoice, 5000, 9000)
    assert (figures(quick, invoice), quick.balance(acme)) == (("paid", 9000, 0), 0)


def test_the_same_part_a_moment_later_is_asked_about(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 50_000)
    part(quick, invoice, 5000, 50_000)
    with pytest.raises(AskFirst, match=r"£50\.00 was recorded on this invoice .* by mira"):
        part(quick, invoice, 5000, 45_000)
    part(quick, invoice, 5000, 45_000, despite_recent=True)
    assert figures(quick, invoice) == ("open", 10_000, 40_000)


def test_the_same_form_twice_records_one_part(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 50_000)
    first = part(quick, invoice, 5000, 50_000, form="one")
    again = part(quick, invoice, 5000, 50_000, form="one")
    assert (again.result, again.again, records(quick)) == (first.result, True, [5000])


def test_several_parts_each_keep_their_own_reference_and_pay_the_invoice(world: World) -> None:
    invoice = world.invoice(world.customer(), 9000, metadata={"Patient name": "Ada Byrne"})
    part(world, invoice, 4000, 9000, received=Received("Cheque", "100231", date(2026, 11, 2)))
    pay(world, invoice, 5000)
    found = world.sandbox.call("GET", "/v1/payment_records")["data"]
    first = next(record for record in found if record["amount"]["value"] == 4000)
    assert first["processor_details"]["custom"]["payment_reference"] == "100231"
    assert first["payment_method_details"]["custom"]["display_name"] == "Cheque"
    assert first["metadata"]["pd_received_on"] == "2026-11-02"
    assert figures(world, invoice) == ("paid", 9000, 0)
    told = timeline.timeline(world.ctx, invoice)
    details = list(told[told["what"] == "Payment recorded"]["detail"])
    assert details == [
        "£40.00 · Cheque · 100231 · received 2 Nov 2026",
        "£50.00 · Bank transfer · ACM-7781 · received 16 Nov 2026",
    ]
    assert world.in_stripe("invoice", invoice)["metadata"]["pd_reference"] == "ACM-7781"
