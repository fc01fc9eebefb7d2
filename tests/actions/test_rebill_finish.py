"""A re-billing that was cut off anywhere is taken to its end, and no third invoice is made (scenario 25)."""

from __future__ import annotations

import pytest

from lib.actions import rebilling, resolver
from lib.errors import Changed, NotConfirmed, Refused
from lib.queries import rebills
from tests.support.killing import killed
from tests.support.rebilling import every, finish, left_by_a_colleague, lines_of, live, rebill, seen_of
from tests.support.world import World


@pytest.mark.parametrize(("status", "answered"), [("draft", n) for n in range(4)] + [("open", n) for n in range(6)])
def test_killed_after_any_answer_it_is_finished_and_there_is_no_third_invoice(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch, status: str, answered: int
) -> None:
    """Scenario 25."""
    ada, acme = parties
    old = (quick.draft if status == "draft" else quick.invoice)(ada, *[100] * 60)
    form, seen = quick.form(), seen_of(quick, old)
    with killed(monkeypatch, answers=answered):
        rebill(quick, old, acme, seen=seen, send=True, form=form)
    quick.wait(180)
    assert resolver.resolve(quick.ctx.as_actor(None)) == 1
    assert [intent.state for intent in quick.intents()] == ["done"]
    assert live(quick) == [(acme, status, 6000)]
    assert len(every(quick)) == (1 if status == "draft" else 2)
    assert rebilling.rebill(quick.ctx, old, acme, seen=seen, send=True, form=form).again
    assert live(quick) == [(acme, status, 6000)]


@pytest.mark.parametrize("sent", range(1, 4))
def test_killed_before_any_request_no_line_is_lost(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch, sent: int
) -> None:
    ada, acme = parties
    old = quick.draft(ada, *[100] * 60)
    with killed(monkeypatch, sends=sent):
        rebill(quick, old, acme)
    assert len(lines_of(quick, old)) == 60
    quick.wait(180)
    resolver.resolve(quick.ctx)
    assert [intent.state for intent in quick.intents()] == ["done"]
    (left,) = every(quick)
    assert (left["customer"], left["total"], len(lines_of(quick, left["id"]))) == (acme, 6000, 60)


@pytest.mark.parametrize("ending", ["/v1/invoices", "/add_lines", "/finalize", "/void", "/send"])
def test_a_lost_answer_at_any_step_changes_nothing(quick: World, parties: tuple[str, str], ending: str) -> None:
    ada, acme = parties
    old = quick.invoice(ada, 9900)
    seen = seen_of(quick, old)
    quick.wire.lose(ending)
    new = rebill(quick, old, acme, seen=seen, send=True).result
    assert live(quick) == [(acme, "open", 9900)]
    assert quick.in_stripe("invoice", new)["metadata"]["pd_rebilled_from"] == old


def test_a_draft_that_somebody_changed_while_we_were_away_is_not_deleted(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, acme = parties
    old = quick.draft(ada, 7500)
    with killed(monkeypatch, answers=1):
        rebill(quick, old, acme)
    more = {"lines": [{"amount": 100, "description": "Postage"}]}
    quick.sandbox.call("POST", f"/v1/invoices/{old}/add_lines", more)
    quick.wait(180)
    resolver.resolve(quick.ctx)
    assert [intent.state for intent in quick.intents()] == ["changed"]
    assert (ada, "draft", 7600) in live(quick)


@pytest.mark.parametrize("status", ["draft", "open"])
def test_a_pair_that_a_colleague_left_is_found_and_finished(
    quick: World, parties: tuple[str, str], status: str
) -> None:
    """Scenario 25."""
    ada, acme = parties
    old, new = left_by_a_colleague(quick, ada, acme, status)
    for side in (old, new):
        pair = rebills.pair_of(quick.ctx, side)
        assert pair is not None
        assert (pair.old, pair.new, pair.payer) == (old, new, acme)
    assert [pair.new for pair in rebills.unfinished(quick.ctx)] == [new]
    with pytest.raises(Refused, match="Finish that re-billing"):
        rebill(quick, old, acme)
    other = quick.customer("Corvane")
    with pytest.raises(Refused, match="Finish that re-billing"):
        rebill(quick, old, other)
    assert finish(quick, new).result == new
    assert live(quick) == [(acme, status, 7500)]
    assert (rebills.pair_of(quick.ctx, new), rebills.unfinished(quick.ctx)) == (None, [])


def test_finishing_adds_the_lines_that_are_missing_and_no_others(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, acme = parties
    old = quick.draft(ada, *[100] * 60)
    with killed(monkeypatch, answers=1):
        rebill(quick, old, acme)
    quick.mark_for_review(("planned", "sent", "unknown"))
    quick.sync()
    (pair,) = rebills.unfinished(quick.ctx)
    assert (pair.old, pair.new_total.minor) == (old, 5000)
    finish(quick, pair.new)
    assert live(quick) == [(acme, "draft", 6000)]
    assert len(lines_of(quick, pair.new)) == 60


def test_finishing_stops_where_the_two_do_not_come_to_the_same(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    old = quick.draft(ada, 7500)
    new = quick.draft(acme, 7400, metadata={"pd_rebilled_from": old})
    with pytest.raises(Changed, match=r"£74\.00, not £75\.00"):
        finish(quick, new)
    assert live(quick) == sorted([(acme, "draft", 7400), (ada, "draft", 7500)])


def test_it_is_not_confirmed_while_stripe_is_away_and_ends_well(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    old = quick.draft(ada, 7500)
    quick.wire.lose_all_from("/add_lines")
    with pytest.raises(NotConfirmed):
        rebill(quick, old, acme)
    quick.wire.mend()
    quick.wait(180)
    resolver.resolve(quick.ctx)
    assert live(quick) == [(acme, "draft", 7500)]
