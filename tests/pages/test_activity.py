"""Who did what, on the screen: also what Stripe has not confirmed yet."""

from __future__ import annotations

import pytest

from lib.errors import NotConfirmed
from lib.money import Money
from lib.people import SHELL, register
from tests.support.builders import add, adjust
from tests.support.drawn import buttons, labelled, said, table
from tests.support.signed_in import screen, sign_in
from tests.support.sinks import HOSTILE, raw_names
from tests.support.world import World


def test_a_change_that_is_not_confirmed_is_listed_in_words(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = add(quick).result
    quick.wire.lose_all_from("/balance_transactions")
    with pytest.raises(NotConfirmed):
        adjust(quick, acme)
    quick.wait(60)
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = screen("activity")
    assert not drawn.exception
    assert "not confirmed by Stripe yet" in said(drawn)
    [waiting] = table(drawn).to_dict("records")
    assert (waiting["What"], waiting["About"], waiting["Who"]) == ("Balance adjusted", "Acme Ltd", "mira")


def test_what_was_done_at_the_computer_itself_says_so(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    register.add(quick.ctx.as_actor(SHELL), "ada", "four plain english words", "viewer")
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = screen("activity")
    assert list(table(drawn)["Who"])[-1] == "Command line"
    assert "Command line" in drawn.selectbox[0].options


def test_before_anybody_did_anything_it_is_said_what_will_be_here(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = screen("activity")
    drawn = labelled(drawn.selectbox, "What").set_value("balance:adjust").run()
    assert "Nothing has been done here yet." in said(drawn)
    assert not drawn.dataframe


def test_the_list_is_narrowed_to_one_person_and_one_kind_of_deed(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = add(quick).result
    adjust(quick, acme)
    adjust(quick, acme, minor=1250, seen=Money(-4500, "gbp"), ctx=quick.person("noor"))
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = labelled(screen("activity").selectbox, "What").set_value("balance:adjust").run()
    assert list(table(drawn)["Amount"]) == ["£12.50 credit", "£45.00 credit"]
    drawn = labelled(drawn.selectbox, "Who").set_value("mira").run()
    assert list(table(drawn)["Amount"]) == ["£45.00 credit"]
    assert list(table(drawn)["Outcome"]) == ["Done"]


def test_a_name_never_becomes_markdown_and_a_viewer_changes_nothing(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(quick, HOSTILE)
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = screen("activity")
    assert HOSTILE in list(table(drawn)["About"])
    assert raw_names(drawn) == []
    assert buttons(drawn) == []
