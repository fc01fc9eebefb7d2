"""Finalising a draft, and what a colleague does to it between the screen, the press and what was lost on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from lib.actions import drafts_finalise, invoice_state, invoices, resolver
from lib.errors import Changed, NotConfirmed
from lib.mirror.database import writing
from lib.mirror.ours import intents
from lib.stripe_api import reading
from tests.support.builders import line, pounds, seen, wanted
from tests.support.killing import killed
from tests.support.world import World

Hand = Callable[[World, str], object]


def _finish(world: World, draft: str, minor: int, **more: Any) -> None:
    body = reading.invoice(world.ctx.stripe, draft)
    given = {"payer": body["customer"], "total": pounds(minor), "balance": pounds(0), "form": world.form(), **more}
    given.setdefault("seen", invoice_state.signature(body))
    drafts_finalise.finish_draft(world.ctx, draft, **given)


def _raise(world: World, payer: str) -> None:
    asked = wanted(payer, line(9000, words="Consultation"), line(4500, 2, words="Blood test"), memo="Thank you")
    invoices.finalise_and_send(world.ctx, asked, seen=seen(world, asked), form=world.form())


def _only(world: World, payer: str) -> str:
    (found,) = world.sandbox.call("GET", "/v1/invoices", {"customer": payer})["data"]
    return found["id"]


def _more(world: World, draft: str) -> None:
    lines = [{"amount": 108_000, "description": "Surgery"}]
    world.sandbox.call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": lines})


def _reworded(world: World, draft: str) -> None:
    """The same price, and words that the employer was not to read."""
    (first, *_) = world.in_stripe("invoice", draft)["lines"]["data"]
    params = {"description": "Termination of pregnancy"}
    world.sandbox.call("POST", f"/v1/invoices/{draft}/lines/{first['id']}", params)


def _memo(world: World, draft: str) -> None:
    world.sandbox.call("POST", f"/v1/invoices/{draft}", {"description": "See the enclosed letter"})


def _printed(world: World, draft: str) -> None:
    fields = [{"name": "Diagnosis", "value": "F32"}]
    world.sandbox.call("POST", f"/v1/invoices/{draft}", {"custom_fields": fields})


def _credited(world: World, draft: str) -> None:
    world.entry(world.in_stripe("invoice", draft)["customer"], -5000)


def _by_card(world: World, draft: str) -> None:
    world.sandbox.call("POST", f"/v1/invoices/{draft}", {"collection_method": "charge_automatically"})


def _deleted(world: World, draft: str) -> None:
    world.sandbox.call("DELETE", f"/v1/invoices/{draft}")


TOUCHED = [_more, _reworded, _memo, _printed, _credited]


def _goes_on(world: World, hours: int = 2) -> str:
    world.wire.mend()
    world.wait(hours * 3600)
    resolver.resolve(world.ctx.as_actor(None))
    return world.intents()[-1].state


def _asked_for(world: World) -> list[str]:
    return [path.rsplit("/", 1)[1] for path in world.wire.writes() if path.endswith(("/finalize", "/send"))]


@pytest.mark.parametrize("hand", [*TOUCHED, _by_card])
def test_a_draft_that_somebody_changed_while_stripe_was_away_is_neither_finalised_nor_sent(
    quick: World, hand: Hand
) -> None:
    """Stripe breaks at nine, a colleague corrects the draft at half past nine, and at eleven it answers again."""
    draft = quick.draft(quick.customer(), 12_000)
    quick.wire.cut("/finalize", times=99)
    with pytest.raises(NotConfirmed):
        _finish(quick, draft, 12_000)
    hand(quick, draft)
    assert _goes_on(quick) in ("changed", "refused")
    assert (quick.in_stripe("invoice", draft)["status"], _asked_for(quick)) == ("draft", [])


@pytest.mark.parametrize("hand", TOUCHED)
def test_what_is_said_then_is_that_it_is_still_a_draft(quick: World, hand: Hand) -> None:
    draft = quick.draft(quick.customer(), 12_000)
    quick.wire.cut("/finalize", times=99)
    with pytest.raises(NotConfirmed):
        _finish(quick, draft, 12_000)
    hand(quick, draft)
    _goes_on(quick)
    assert "It is still a draft" in quick.intents()[0].words


def test_a_draft_that_nobody_touched_while_stripe_was_away_is_finalised_and_sent_once(quick: World) -> None:
    draft = quick.draft(quick.customer(), 12_000)
    quick.wire.cut("/finalize", times=99)
    with pytest.raises(NotConfirmed):
        _finish(quick, draft, 12_000)
    assert _goes_on(quick) == "done"
    assert (quick.in_stripe("invoice", draft)["status"], _asked_for(quick)) == ("open", ["finalize", "send"])


def test_credit_that_our_own_lost_finalising_used_up_is_not_taken_for_somebody_elses_hand(quick: World) -> None:
    """It lands between the look for it and the last look: Stripe is asked again and says that it was done."""
    acme = quick.customer()
    quick.entry(acme, -2000)
    draft = quick.draft(acme, 12_000)
    quick.wire.cut("/finalize", times=99)
    with pytest.raises(NotConfirmed):
        _finish(quick, draft, 12_000, balance=pounds(-2000))
    quick.wire.mend()
    quick.wire.then(f"/v1/customers/{acme}", lambda: _finalised(quick, draft), method="get")
    quick.wait(180)
    resolver.resolve(quick.ctx.as_actor(None))
    assert (quick.intents()[0].state, quick.in_stripe("invoice", draft)["amount_due"]) == ("done", 10_000)


def _finalised(world: World, draft: str) -> None:
    world.sandbox.call("POST", f"/v1/invoices/{draft}/finalize")


@pytest.mark.parametrize("stopped", ["before it was sent", "with no answer"])
@pytest.mark.parametrize("hand", [*TOUCHED, _by_card, _deleted])
def test_an_invoice_that_was_being_raised_and_that_somebody_changed_meanwhile_stays_a_draft(
    quick: World, monkeypatch: pytest.MonkeyPatch, hand: Hand, stopped: str
) -> None:
    acme = quick.customer()
    if stopped == "with no answer":
        quick.wire.cut("/finalize", times=99)
        with pytest.raises(NotConfirmed):
            _raise(quick, acme)
    else:
        with killed(monkeypatch, sends=2):
            _raise(quick, acme)
    hand(quick, _only(quick, acme))
    assert _goes_on(quick) in ("changed", "refused")
    assert _asked_for(quick) == []
    words = quick.intents()[0].words
    assert "nothing was finalised or sent" in words or (hand is _deleted and "not in Stripe" in words)


def test_an_invoice_that_was_being_raised_and_that_nobody_touched_is_finished(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = quick.customer()
    with killed(monkeypatch, sends=2):
        _raise(quick, acme)
    assert (_goes_on(quick), _asked_for(quick)) == ("done", ["finalize", "send"])


@pytest.mark.parametrize("hand", [_reworded, _memo, _printed])
def test_a_draft_that_reads_otherwise_than_on_the_screen_is_not_finalised(quick: World, hand: Hand) -> None:
    """At the same price: the total alone would let it through."""
    draft = quick.draft(quick.customer(), 12_000)
    shown = invoice_state.signature(reading.invoice(quick.ctx.stripe, draft))
    hand(quick, draft)
    with pytest.raises(Changed, match=r"changed this draft meanwhile.*still a draft"):
        _finish(quick, draft, 12_000, seen=shown)
    assert quick.wire.writes() == []


def test_a_wish_that_was_stored_before_drafts_were_held_against_the_screen_is_still_driven(quick: World) -> None:
    draft = quick.draft(quick.customer(), 12_000)
    quick.wire.cut("/finalize", times=99)
    with pytest.raises(NotConfirmed):
        _finish(quick, draft, 12_000)
    (wish,) = quick.intents()
    body = json.loads(wish.body)
    del body["seen"]["signature"]
    with writing(quick.ctx.engine) as conn:
        conn.execute(update(intents).where(intents.c.id == wish.id).values(body=json.dumps(body)))
    assert (_goes_on(quick), quick.in_stripe("invoice", draft)["status"]) == ("done", "open")
