"""What a colleague does while a change is cut off, or between what a screen showed and the press: no money goes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import insert, update

from lib.actions import approvals, consolidating, drafts_copy, resolver, review
from lib.actions.consolidated import Wording
from lib.actions.sharing import Share
from lib.errors import Changed, NotConfirmed, Refused
from lib.mirror.database import writing
from lib.mirror.ours import differences
from lib.queries import remittances
from tests.support.approving import LARGER, ask
from tests.support.consolidating import part_of
from tests.support.credits import credit, standing
from tests.support.killing import killed
from tests.support.parked import cut_off_at
from tests.support.payments import TAGS, by_card, part, pay
from tests.support.rebilling import live, rebill
from tests.support.remitting import remit, scenario
from tests.support.world import World


def _new(world: World, payer: str) -> str:
    (found,) = world.sandbox.call("GET", "/v1/invoices", {"customer": payer})["data"]
    return found["id"]


def _goes_on(world: World) -> list[str]:
    world.wait(180)
    resolver.resolve(world.ctx.as_actor(None))
    return [intent.state for intent in world.intents()]


def _postage(world: World, invoice: str) -> None:
    line = {"amount": 100, "description": "Postage"}
    world.sandbox.call("POST", f"/v1/invoices/{invoice}/add_lines", {"lines": [line]})


@pytest.mark.parametrize("answered", [2, 3])
def test_an_old_invoice_stands_when_somebody_voided_the_new_one_before_it_could_go(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch, answered: int
) -> None:
    """Killed with the finalised one in hand, or just after: were both voided, nobody would be asked for £99."""
    ada, acme = parties
    old = quick.invoice(ada, 9900)
    with killed(monkeypatch, answers=2) if answered == 2 else killed(monkeypatch, sends=3):
        rebill(quick, old, acme, send=True)
    quick.sandbox.call("POST", f"/v1/invoices/{_new(quick, acme)}/void")
    assert _goes_on(quick) == ["changed"]
    assert live(quick) == [(ada, "open", 9900)]


def test_an_old_draft_stands_when_somebody_deleted_the_new_one_before_it_could_go(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, acme = parties
    old = quick.draft(ada, 7500)
    with killed(monkeypatch, sends=2):
        rebill(quick, old, acme)
    quick.sandbox.call("DELETE", f"/v1/invoices/{_new(quick, acme)}")
    assert _goes_on(quick) == ["changed"]
    assert live(quick) == [(ada, "draft", 7500)]


@pytest.mark.parametrize("status", ["draft", "open"])
def test_a_new_invoice_that_somebody_changed_is_neither_finalised_nor_takes_the_old_ones_place(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    ada, acme = parties
    old = (quick.draft if status == "draft" else quick.invoice)(ada, 7500)
    with killed(monkeypatch, sends=2):
        rebill(quick, old, acme)
    _postage(quick, _new(quick, acme))
    assert _goes_on(quick) == ["changed"]
    assert live(quick) == sorted([(acme, "draft", 7600), (ada, status, 7500)])


def test_one_that_is_paid_after_the_new_one_was_finalised_says_that_the_new_one_must_be_voided(
    quick: World, parties: tuple[str, str]
) -> None:
    ada, acme = parties
    old = quick.invoice(ada, 9900)
    quick.wire.then("/finalize", lambda: by_card(quick, old))
    with pytest.raises(Changed, match=r"It was paid.*void the new one"):
        rebill(quick, old, acme, send=True)
    assert live(quick) == sorted([(acme, "open", 9900), (ada, "paid", 9900)])
    assert not [path for path in quick.wire.writes() if path.endswith("/send")]


@pytest.mark.parametrize("sends", [2, 3, 4])
def test_drafts_that_are_not_on_the_new_one_any_more_are_not_deleted(
    quick: World, monkeypatch: pytest.MonkeyPatch, sends: int
) -> None:
    """Killed between two deletions; a colleague deletes the new draft, which holds what is gone already."""
    acme = quick.customer()
    drafts = [quick.draft(acme, minor, metadata={"pd_patient": "cus_ada"}) for minor in (100, 200, 300)]
    parts = [part_of(quick, each, "cus_ada", "Ada") for each in drafts]
    with killed(monkeypatch, sends=sends):
        consolidating.consolidate(quick.ctx, acme, parts, wording=Wording(), form=quick.form())
    left = {one["id"] for one in _drafts(quick, acme)} & {part.draft for part in parts}
    (new,) = [one["id"] for one in _drafts(quick, acme) if one["id"] not in {part.draft for part in parts}]
    quick.sandbox.call("DELETE", f"/v1/invoices/{new}")
    assert _goes_on(quick) == ["changed"]
    assert {one["id"] for one in _drafts(quick, acme)} == left
    assert len(left) == 5 - sends


def _drafts(world: World, payer: str) -> list[dict[str, Any]]:
    return world.sandbox.call("GET", "/v1/invoices", {"customer": payer, "limit": 100})["data"]


def test_a_second_credit_note_from_a_screen_that_did_not_show_the_first_is_not_issued(quick: World) -> None:
    """Two managers credit the same cancelled appointment of a paid invoice: nothing remains before and after."""
    acme = quick.customer()
    invoice = quick.invoice(acme, 20_000)
    by_card(quick, invoice)
    seen = standing(quick, invoice)
    credit(quick, invoice, 5000, 5000, seen=seen)
    with pytest.raises(Changed, match=r"£50\.00 of this invoice was credited meanwhile"):
        credit(quick, invoice, 5000, 5000, seen=seen)
    assert quick.balance(acme) == -5000


def test_a_remittance_in_yen_is_found_by_its_amount(quick: World) -> None:
    """Scenario 20: 12000 is twelve thousand yen, not a hundred and twenty pounds' worth of pence."""
    embassy = quick.customer("Embassy")
    invoice = quick.invoice(embassy, 12_000, currency="jpy")
    quick.sync()
    done = remit(quick, embassy, 12_000, [Share(invoice, "1", 12_000, 12_000)], currency="jpy")
    acme, invoices = scenario(quick)
    remit(quick, acme, 12_000, [Share(invoices[0], "1", 50_000, 12_000)])
    for text, currency in (("12000", "jpy"), ("¥12,000", "jpy"), ("120.00", "gbp")):
        assert list(remittances.table(quick.ctx, search=text).rows["currency"]) == [currency]
    assert done.result


def test_what_waits_is_not_sent_on_a_yes_while_the_books_are_in_doubt(quick: World) -> None:
    """The difference was found after the change was asked for: whoever approves days later does not know of it."""
    acme = quick.customer()
    asked = ask(quick, acme)
    ana = quick.person("ana")
    doubt = {"id": f"ledger:{acme}:gbp", "kind": "ledger", "object": acme, "detail": "{}", "found_at": 1}
    with writing(quick.ctx.engine) as conn:
        conn.execute(insert(differences).values(**doubt, agreed_by="", agreed_at=0))
    with pytest.raises(Refused, match="do not agree about this account"):
        approvals.approve(ana, asked, generation=1)
    assert (quick.entries(acme), quick.intents()[0].state) == ([], "waiting")
    with writing(quick.ctx.engine) as conn:
        conn.execute(update(differences).values(agreed_by="ada", agreed_at=2))
    approvals.approve(ana, asked, generation=1)
    assert quick.balance(acme) == -LARGER


def test_an_invoice_copied_by_hand_with_half_a_unit_is_settled_to_the_penny_that_stripe_rounds_to(
    quick: World, parties: tuple[str, str]
) -> None:
    """1.5 hours at £83.33, and half a penny that goes up: what a person says happened is held against Stripe's sum."""
    ada, acme = parties
    old = quick.draft(ada)
    hours = {"currency": "gbp", "product_data": {"name": "Hours"}, "unit_amount_decimal": "8333"}
    halves = {"currency": "gbp", "product_data": {"name": "Halves"}, "unit_amount_decimal": "100.25"}
    lines = [
        {"price_data": hours, "quantity_decimal": "1.5", "description": "Hours"},
        {"price_data": halves, "quantity": 2, "description": "Halves"},
    ]
    quick.sandbox.call("POST", f"/v1/invoices/{old}/add_lines", {"lines": lines})
    quick.wire.lose_all_from("/v1/invoices")
    with pytest.raises(NotConfirmed):
        rebill(quick, old, acme)
    quick.wire.mend()
    quick.mark_for_review()
    new = _new(quick, acme)
    quick.sandbox.call("POST", f"/v1/invoices/{new}/add_lines", {"lines": lines})
    quick.sandbox.call("DELETE", f"/v1/invoices/{old}")
    wish = quick.intents()[0]
    assert review.settle(quick.ctx, wish.id, new, generation=wish.generation).result == new


def test_a_copy_of_a_paid_invoice_does_not_say_that_it_was_paid(quick: World) -> None:
    """Its history would name a bank transfer that was another invoice's."""
    invoice = quick.invoice(quick.customer(), 9900, metadata={"Patient name": "Ada Byrne"})
    pay(quick, invoice, 9900)
    assert TAGS.items() <= quick.in_stripe("invoice", invoice)["metadata"].items()
    copy = quick.in_stripe("invoice", drafts_copy.duplicate(quick.ctx, invoice, form=quick.form()).result)
    assert not TAGS.keys() & copy["metadata"].keys()
    assert copy["metadata"]["Patient name"] == "Ada Byrne"


@pytest.mark.parametrize("meanwhile", ["pay", "void"])
def test_a_part_payment_that_came_too_late_says_that_its_record_pays_nothing(
    quick: World, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Killed with the payment's record made and not attached: nobody may read that nothing was changed."""
    invoice = quick.invoice(quick.customer(), 9900)
    with killed(monkeypatch, sends=1):
        part(quick, invoice, 5000, 9900)
    (record,) = quick.sandbox.call("GET", "/v1/payment_records")["data"]
    by_card(quick, invoice) if meanwhile == "pay" else quick.sandbox.call("POST", f"/v1/invoices/{invoice}/void")
    assert _goes_on(quick)[0] in ("changed", "refused")
    words = quick.intents()[0].words
    assert f"The payment record {record['id']} is in Stripe and pays no invoice." in words
    assert "It was given nothing. What was done before that stands." in words
    assert "Nothing was changed" not in words


def test_a_part_payment_that_the_key_may_not_finish_names_the_record_that_pays_nothing(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9900)
    quick.wire.then("report_payment", lambda: quick.wire.say("attach_payment", 403))
    with pytest.raises(Refused, match=r"The payment record \w+ is in Stripe and pays no invoice\.") as no:
        part(quick, invoice, 5000, 9900)
    assert "Nothing was changed" not in no.value.words


def test_a_part_payment_that_somebody_leaves_half_done_names_the_record_that_pays_nothing(quick: World) -> None:
    invoice = quick.invoice(quick.customer(), 9900)
    with cut_off_at(quick, "attach_payment"):
        part(quick, invoice, 5000, 9900)
    review.leave(quick.ctx, quick.intents()[0].id, generation=1)
    words = r"left it at that\. What was done before that stands\. The payment record \w+ is in Stripe"
    assert re.search(words, quick.intents()[0].words)
