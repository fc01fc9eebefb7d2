"""Needs your eye: what waits is shown with its evidence, and every way out does what it says, once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from lib.errors import NotConfirmed, Waiting
from lib.ui.review_ways import AGAIN, DID, LEAVE
from tests.support.builders import add, adjust, pounds
from tests.support.drawn import buttons, figures, labelled, pick_rows, press, said, table
from tests.support.signed_in import screen, sign_in
from tests.support.sinks import HOSTILE, raw_names
from tests.support.world import World

LARGER = 1_000_001
POSTED = [("adjustment", -4500, -4500)]


@pytest.fixture
def acme(quick: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Acme; the manager Maud sits at the screen."""
    made = add(quick, "Acme Ltd").result
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, mode="test"))
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return made


def parked(world: World, customer: str, *, landed: bool = False) -> AppTest:
    """A posting nobody knows the outcome of, picked on the page."""
    if landed:
        world.wire.lose_all_from("/balance_transactions")
    else:
        world.wire.cut("/balance_transactions", times=100)
    with pytest.raises(NotConfirmed):
        adjust(world, customer)
    world.wire.mend()
    world.mark_for_review()
    return pick_rows(screen("needs_your_eye"), 0)


def waits(world: World, customer: str) -> AppTest:
    """A large amount that Mira asked for, picked on the page."""
    with pytest.raises(Waiting):
        adjust(world, customer, minor=LARGER, retyped=pounds(LARGER), note="Year's advance")
    return pick_rows(screen("needs_your_eye"), 0)


def choose(drawn: AppTest, way: str) -> AppTest:
    return labelled(drawn.radio, "What happened?").set_value(way).run()


def test_when_nothing_waits_the_page_says_so_and_the_overview_says_nothing(acme: str) -> None:
    assert "Nothing needs your eye." in said(screen("needs_your_eye"))
    assert "wait" not in said(screen("overview"))


def test_how_much_waits_is_said_on_the_overview(quick: World, acme: str) -> None:
    parked(quick, acme)
    waits(quick, acme)
    words = said(screen("overview"))
    assert "2 changes wait: 1 that nobody knows the outcome of and 1 for a second person." in words


def test_the_evidence_of_a_parked_change_is_on_the_screen(quick: World, acme: str) -> None:
    drawn = parked(quick, acme)
    [row] = table(drawn).to_dict("records")
    assert (row["Who"], row["What"], row["About"], row["Amount"]) == (
        "Mira", "Adjust balance", "Acme Ltd", "£45.00 credit",
    )  # fmt: skip
    told = figures(drawn)
    assert "Its text in Stripe Goodwill" in told
    for words in ("Asked by Mira (manager)", "Sent 5 times", "posting sent, outcome not known"):
        assert words in told
    assert "What happened?" in [one.label for one in drawn.radio]


def test_people_are_called_by_name_and_what_did_not_happen_is_said_as_a_wish(quick: World, acme: str) -> None:
    drawn = waits(quick, acme)
    [row] = table(drawn).to_dict("records")
    assert (row["Who"], row["What"], row["Amount"]) == ("Mira", "Adjust balance", "£10,000.01 credit")
    for words in ("Wanted Adjust balance", "Asked by Mira (manager)"):
        assert words in figures(drawn)
    assert next(iter(table(screen("activity"))["What"])) == "Adjust balance"


def test_a_look_in_stripe_says_what_is_there_and_fills_in_the_id(quick: World, acme: str) -> None:
    drawn = press(parked(quick, acme, landed=True), "Look in Stripe")
    assert "it did happen" in said(drawn)
    drawn = choose(drawn, DID)
    entry = labelled(drawn.text_input, "Its id in Stripe").value
    assert entry.startswith("cbtxn_")
    drawn = press(drawn, "Settle it")
    assert "Settled: it is on record as done." in said(drawn)
    assert [(wish.state, wish.result) for wish in quick.intents()[1:]] == [("done", entry)]
    assert "Nothing needs your eye." in said(drawn)


def test_a_wrong_id_is_said_beside_the_field_and_stays_typed(quick: World, acme: str) -> None:
    drawn = choose(parked(quick, acme), DID)
    labelled(drawn.text_input, "Its id in Stripe").set_value("cbtxn_nobody")
    drawn = press(drawn, "Settle it")
    assert [one.value for one in drawn.error] == ["Stripe has no such object where this change would have made one."]
    assert labelled(drawn.text_input, "Its id in Stripe").value == "cbtxn_nobody"
    assert quick.intents()[-1].state == "review"


def test_what_did_not_happen_is_tried_again_once(quick: World, acme: str) -> None:
    drawn = press(choose(parked(quick, acme), AGAIN), "Try again now")
    assert "It is done now." in said(drawn)
    assert quick.entries(acme) == POSTED
    assert "Nothing needs your eye." in said(drawn)


def test_what_stops_when_it_is_tried_again_is_said_although_it_left_the_list(quick: World, acme: str) -> None:
    drawn = choose(parked(quick, acme), AGAIN)
    quick.entry(acme, -100)
    drawn = press(drawn, "Try again now")
    assert "The balance changed meanwhile" in said(drawn)
    assert quick.balance(acme) == -100


def test_what_did_not_happen_can_be_left(quick: World, acme: str) -> None:
    drawn = press(choose(parked(quick, acme), LEAVE), "Leave it")
    assert "on record as not done" in said(drawn)
    assert quick.intents()[-1].state == "refused"


def test_when_stripe_is_away_a_look_says_so(quick: World, acme: str) -> None:
    drawn = parked(quick, acme)
    quick.wire.cut("", method="get", times=100)
    drawn = press(drawn, "Look in Stripe")
    assert any("Nothing was changed" in one.value for one in drawn.error)


def test_a_large_amount_is_approved_by_somebody_else_and_sent(quick: World, acme: str) -> None:
    drawn = waits(quick, acme)
    assert "Waiting for a second person (1)" in said(drawn)
    assert "Year's advance" in figures(drawn)
    drawn = press(drawn, "Approve and send")
    assert "Approved: it is done." in said(drawn)
    assert quick.balance(acme) == -LARGER


def test_a_large_amount_can_be_declined(quick: World, acme: str) -> None:
    drawn = press(waits(quick, acme), "Decline")
    assert "Declined: it is not sent." in said(drawn)
    assert (quick.entries(acme), quick.intents()[-1].words) == ([], "Declined by maud.")


def test_whoever_asked_sees_that_it_waits_and_may_only_withdraw_it(
    quick: World, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch, quick.ctx, "manager", "mira")
    drawn = waits(quick, acme)
    assert "You asked for this: somebody else must approve it." in said(drawn)
    assert "Approve and send" not in buttons(drawn)
    drawn = press(drawn, "Withdraw")
    assert "Withdrawn: it is not sent." in said(drawn)
    assert quick.intents()[-1].words == "Withdrawn by mira."


def test_an_approval_on_a_stale_screen_says_what_became_of_it(quick: World, acme: str) -> None:
    from lib.actions import approvals

    drawn = waits(quick, acme)
    approvals.decline(quick.ctx, quick.intents()[-1].id, generation=1)
    drawn = press(drawn, "Approve and send") if "Approve and send" in buttons(drawn.run()) else drawn
    assert "Nothing needs your eye." in said(drawn)
    assert quick.entries(acme) == []


def test_what_is_not_confirmed_yet_is_listed_too(quick: World, acme: str) -> None:
    quick.wire.lose_all_from("/balance_transactions")
    with pytest.raises(NotConfirmed):
        adjust(quick, acme)
    quick.wait(60)
    drawn = screen("needs_your_eye")
    assert "Not yet confirmed" in said(drawn)
    assert list(table(drawn)["About"]) == ["Acme Ltd"]


def test_a_viewer_sees_the_evidence_and_no_way_out(quick: World, acme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    for drawn in (parked(quick, acme), waits(quick, acme)):
        assert "A manager decides about this." in said(drawn)
        assert (buttons(drawn), list(drawn.radio)) == ([], [])


def test_a_name_never_becomes_markdown_here(quick: World, acme: str) -> None:
    drawn = parked(quick, add(quick, HOSTILE, "x@hostile.example").result)
    assert HOSTILE in list(table(drawn)["About"])
    assert raw_names(drawn) == []
