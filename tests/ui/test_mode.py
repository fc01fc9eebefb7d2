"""Whether the money is real is said on the page and beside it, in the same words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.drawn import said
from tests.support.signed_in import screen, sign_in
from tests.support.world import World


@pytest.mark.parametrize(
    ("mode", "base", "words"),
    [
        ("sandbox", "", "Sandbox – demo data"),
        ("test", "", "Stripe test mode"),
        ("test", "http://127.0.0.1:12111", "Test server, not Stripe"),
        ("live", "", "LIVE – real money"),
    ],
)
def test_every_page_says_whose_money_it_is(
    quick: World, monkeypatch: pytest.MonkeyPatch, mode: str, base: str, words: str
) -> None:
    quick.sync()
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, mode=mode, stripe_base=base))
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    drawn = screen("organisations")
    assert words in said(drawn)
    assert any(words in banner.proto.body for banner in drawn.sidebar.get("html"))
