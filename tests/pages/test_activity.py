"""Who did what, on the screen: also what Stripe has not confirmed yet."""

from __future__ import annotations

import pytest

from lib.errors import NotConfirmed
from lib.people import SHELL, register
from tests.support.builders import add, adjust
from tests.support.drawn import said, table
from tests.support.signed_in import screen, sign_in
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
