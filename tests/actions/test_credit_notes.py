"""Credit notes: what they lower and where the rest goes, to the penny (scenarios 13, 15-17), and silent (B4)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from lib.actions import credit_notes, resolver
from lib.actions._intent import Outcome
from lib.errors import Changed, NotAllowed, NotConfirmed, Refused
from lib.queries import credit_notes as queries
from lib.queries import timeline
from tests.support.credits import credit, standing
from tests.support.payments import by_card, figures, part
from tests.support.world import World, pounds


def void(world: World, note: str, invoice: str, minor: int) -> Outcome:
    payer = world.in_stripe("invoice", invoice)["customer"]
    return credit_notes.void_credit_note(
        world.ctx, note, invoice=invoice, payer=payer, amount=pounds(minor), form=world.form()
    )


def sums(world: World, invoice: str) -> dict[str, Any]:
    names = ("status", "total", "amount_due", "amount_remaining", "pre_payment_credit_notes_amount",
             "post_payment_credit_notes_amount")  # fmt: skip
    found = world.in_stripe("invoice", invoice)
    return {name.removesuffix("_payment_credit_notes_amount"): found[name] for name in names}


def mixed(world: World) -> tuple[str, str]:
    """Of 20000, 12000 were received."""
    acme = world.customer()
    invoice = world.invoice(acme, 20_000)
    part(world, invoice, 12_000, 20_000)
    return acme, invoice


@pytest.mark.parametrize("kept", [0, 1999, 2001, 10_000])
def test_what_had_been_paid_goes_somewhere_to_the_penny_or_nothing_is_sent(quick: World, kept: int) -> None:
    """Scenario 17: 1999 and 2001 are refused before any call."""
    _, invoice = mixed(quick)
    seen, before = standing(quick, invoice), len(quick.wire.asked)
    with pytest.raises(Refused, match=r"£20\.00 of this credit note had been paid already") as no:
        credit(quick, invoice, 10_000, kept, seen=seen)
    assert no.value.field == "to_account"
    assert (len(quick.wire.asked), sums(quick, invoice)["post"]) == (before, 0)


def test_a_negative_way_out_does_not_balance_the_other(quick: World) -> None:
    _, invoice = mixed(quick)
    with pytest.raises(Refused):
        credit(quick, invoice, 10_000, 3000, -1000)


def test_a_debit_that_came_over_from_the_account_cannot_be_credited(world: World) -> None:
    """Scenario 16: 10500 is blocked at 10000, and 500 stay owed."""
    acme = world.customer()
    world.entry(acme, 500)
    invoice = world.invoice(acme, 10_000)
    seen, before = standing(world, invoice), len(world.wire.asked)
    with pytest.raises(Refused, match=r"At most £100\.00 .* £5\.00 was carried over from the account") as no:
        credit(world, invoice, 10_500, seen=seen)
    assert (no.value.field, len(world.wire.asked)) == ("amount", before)
    credit(world, invoice, 10_000)
    assert (sums(world, invoice)["status"], sums(world, invoice)["amount_remaining"]) == ("open", 500)


@pytest.mark.parametrize(("more", "field"), [({"reason": ""}, "reason"), ({"memo": "x" * 501}, "memo")])
def test_a_reason_is_asked_for_and_a_memo_has_an_end(quick: World, more: dict[str, str], field: str) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    with pytest.raises(Refused) as no:
        credit(quick, invoice, 1000, **more)
    assert no.value.field == field


def test_nothing_is_credited_by_somebody_who_only_looks(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    with pytest.raises(NotAllowed):
        credit(quick, invoice, 1000, ctx=quick.person("vera", "viewer"))


def test_a_draft_has_nothing_to_credit(quick: World) -> None:
    with pytest.raises(Refused, match="finalised and not voided"):
        credit(quick, quick.draft(quick.customer(), 9000), 1000)


def test_an_invoice_that_was_paid_meanwhile_is_not_credited_as_if_it_were_open(quick: World) -> None:
    """Scenario 27: the rest would have to go somewhere that nobody chose."""
    invoice = quick.invoice(quick.customer(), 9000)
    seen = standing(quick, invoice)
    by_card(quick, invoice)
    with pytest.raises(Changed, match="was paid at 12:00 by card"):
        credit(quick, invoice, 1000, seen=seen)
    assert quick.wire.writes() == []


def test_what_stripe_would_not_come_to_is_not_issued(quick: World) -> None:
    """Its own preview is asked first."""
    invoice = quick.invoice(quick.customer(), 9000, 1000)
    seen = standing(quick, invoice)
    line = quick.in_stripe("invoice", invoice)["lines"]["data"][0]
    other = {9000: 1000, 1000: 9000}[line["amount"]]
    with pytest.raises(Changed, match="Stripe comes to a credit note of"):
        credit(quick, invoice, other, seen=seen, lines=((line["id"], 1),))
    assert quick.wire.writes() == []


@pytest.mark.parametrize("fault", ["lose", "cut", "garble"])
def test_a_note_whose_answer_is_lost_is_issued_once(quick: World, fault: str) -> None:
    invoice = quick.invoice(quick.customer(), 20_000)
    seen = standing(quick, invoice)
    getattr(quick.wire, fault)("/v1/credit_notes")
    credit(quick, invoice, 5000, seen=seen)
    assert sums(quick, invoice)["amount_remaining"] == 15_000


def test_a_note_that_was_cut_off_is_found_again_by_its_tag(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 20_000)
    seen = standing(quick, invoice)
    quick.wire.lose_all_from("/v1/credit_notes")
    with pytest.raises(NotConfirmed):
        credit(quick, invoice, 5000, seen=seen)
    quick.wire.mend()
    quick.forget_keys()
    quick.wait(300)
    resolver.resolve(quick.ctx)
    assert (quick.intents()[0].state, sums(quick, invoice)["pre"]) == ("done", 5000)


def test_a_part_of_an_open_invoice_is_credited_and_its_void_restores_it(world: World) -> None:
    """Scenario 15."""
    invoice = world.invoice(world.customer(), 20_000)
    note = credit(world, invoice, 5000).result
    after = {"status": "open", "total": 20_000, "amount_due": 15_000, "amount_remaining": 15_000, "pre": 5000}
    assert sums(world, invoice) == {**after, "post": 0}
    known = queries.of_invoice(world.ctx, invoice).iloc[0]
    assert (known["id"], known["amount"], known["status"], known["can_void"]) == (note, 5000, "issued", True)
    void(world, note, invoice, 5000)
    assert sums(world, invoice)["amount_remaining"] == 20_000
    known = queries.of_invoice(world.ctx, invoice).iloc[0]
    assert (known["status"], known["can_void"]) == ("void", False)
    told = timeline.timeline(world.ctx, invoice)
    assert {f"Credit note {known['number']}", f"Credit note {known['number']} voided"} <= set(told["what"])


def test_paid_by_credit_is_undone_by_a_note_to_the_balance(world: World) -> None:
    """Scenarios 4 and 13: silent, and the invoice stays paid."""
    acme = world.customer()
    world.entry(acme, -25_000)
    invoice = world.invoice(acme, 18_000)
    assert world.balance(acme) == -7000
    credit(world, invoice, 18_000, 18_000)
    assert world.balance(acme) == -25_000
    assert (sums(world, invoice)["status"], sums(world, invoice)["post"]) == ("paid", 18_000)
    assert world.entries(acme)[-1] == ("credit_note", -18_000, -25_000)


def test_a_mixed_note_lowers_what_is_owed_and_keeps_the_rest_as_credit(world: World) -> None:
    """Scenario 17."""
    acme, invoice = mixed(world)
    seen = standing(world, invoice)
    assert seen.split(pounds(10_000)) == (pounds(8000), pounds(2000))
    credit(world, invoice, 10_000, 2000)
    assert (sums(world, invoice)["status"], world.balance(acme)) == ("paid", -2000)
    assert (sums(world, invoice)["pre"], sums(world, invoice)["post"]) == (8000, 2000)


def test_the_rest_can_go_back_outside_stripe_or_both_ways(quick: World) -> None:
    acme, invoice = mixed(quick)
    credit(quick, invoice, 10_000, 500, 1500)
    assert (sums(quick, invoice)["status"], quick.balance(acme)) == ("paid", -500)
    assert queries.of_invoice(quick.ctx, invoice).iloc[0]["outside"] == 1500


def test_whole_lines_are_credited_with_their_vat(quick: World) -> None:
    """Scenario 21's invoice: the medical with its VAT, not the consultation."""
    acme = quick.customer()
    rate = quick.sandbox.call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})
    draft = quick.draft(acme, 18_000)
    taxed = {"amount": 25_000, "description": "Employment medical", "tax_rates": [rate["id"]]}
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": [taxed]})
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/finalize")
    quick.sync()
    lines = queries.lines(quick.ctx, draft)
    medical = lines[lines["description"] == "Employment medical"].iloc[0]
    assert medical["whole"] == 30_000
    credit(quick, draft, 30_000, lines=((medical["id"], medical["quantity"]),))
    assert sums(quick, draft)["amount_remaining"] == 18_000


@pytest.mark.parametrize(("email", "kind"), [(False, "none"), (True, "credit_note")])
def test_nobody_is_written_to_unless_it_was_ticked(quick: World, email: bool, kind: str) -> None:
    """B4."""
    invoice = quick.invoice(quick.customer(), 9000)
    credit(quick, invoice, 1000, email=email)
    assert f'"email_type": "{kind}"' in quick.intents()[0].body


def test_a_note_of_a_paid_invoice_cannot_be_voided(quick: World) -> None:
    acme, invoice = mixed(quick)
    note = credit(quick, invoice, 10_000, 2000).result
    assert not queries.of_invoice(quick.ctx, invoice).iloc[0]["can_void"]
    with pytest.raises(Refused, match="only while its invoice is open"):
        void(quick, note, invoice, 10_000)
    assert quick.balance(acme) == -2000


def test_a_note_that_a_colleague_voided_is_not_voided_again(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    note = credit(quick, invoice, 1000).result
    quick.sandbox.call("POST", f"/v1/credit_notes/{note}/void")
    with pytest.raises(Changed, match="voided meanwhile"):
        void(quick, note, invoice, 1000)


def test_notes_that_somebody_else_issued_are_seen_too(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    quick.sync()
    quick.sandbox.call("POST", "/v1/credit_notes", {"invoice": invoice, "amount": 900, "email_type": "none"})
    quick.sync()
    assert list(queries.of_invoice(quick.ctx, invoice)["amount"]) == [900]


def test_a_first_copy_brings_the_notes_along(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    quick.sandbox.call("POST", "/v1/credit_notes", {"invoice": invoice, "amount": 900, "email_type": "none"})
    quick.sync()
    assert list(queries.of_invoice(quick.ctx, invoice)["amount"]) == [900]


def test_several_notes_together_never_exceed_the_invoice(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9000)
    credit(quick, invoice, 6000)
    with pytest.raises(Refused, match=r"At most £30\.00"):
        credit(quick, invoice, 3001)
    credit(quick, invoice, 3000)
    assert figures(quick, invoice)[0] == "paid"


def test_a_large_note_is_typed_twice(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 300_000)
    with pytest.raises(Refused) as no:
        credit(quick, invoice, 200_000, retyped=pounds(20_000))
    assert no.value.field == "retyped"
    credit(quick, invoice, 200_000, retyped=pounds(200_000))
    assert dataclasses.astuple(standing(quick, invoice))[5] == 100_000
