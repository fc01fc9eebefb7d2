"""Reversing an entry beside it in the ledger: what it will do is said first, it happens once, and both say so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.builders import add, adjust, pounds
from tests.support.drawn import buttons, labelled, plain, press, said
from tests.support.signed_in import screen, sign_in
from tests.support.world import World

BACK = [("adjustment", -4500, -4500), ("adjustment", 4500, 0)]


@pytest.fixture
def acme(quick: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Acme, £45.00 in credit by an entry of ours; the manager Maud sits at the screen."""
    made = add(quick, "Acme Ltd").result
    adjust(quick, made)
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, mode="test"))
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return made


def picked(customer: str, row: int = 0) -> AppTest:
    """An account's page with a row of its ledger ticked."""
    drawn = screen("customer", id=customer)
    at = next(one for one in drawn.dataframe if "Balance after" in one.value)
    drawn.session_state[at.proto.id.rpartition("-")[2]] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return drawn.run()


def ledger(drawn: AppTest) -> list[str]:
    return list(next(one.value for one in drawn.dataframe if "Balance after" in one.value)["What"])


def open_tab(drawn: AppTest) -> str:
    [tabs] = drawn.main.get("tab_container")
    return drawn.tabs[tabs.proto.tab_container.default_tab_index].label


def test_what_reversing_does_is_said_first_and_after_one_yes_it_is_done_and_both_entries_say_so(
    quick: World, acme: str
) -> None:
    drawn = press(picked(acme), "Reverse")
    assert "They are owed £45.00; after this, the account is settled." in said(drawn)
    assert quick.entries(acme) == BACK[:1]
    drawn = press(drawn, "Yes, reverse it")
    assert "The entry was reversed: a £45.00 debit was posted." in said(drawn)
    assert quick.entries(acme) == BACK
    assert ledger(drawn) == ["Reverses the entry of 16 Nov 2026, 12:00", "Adjustment, reversed on 16 Nov 2026"]


def test_the_ledger_stays_open_when_an_entry_was_reversed(acme: str) -> None:
    drawn = press(picked(acme), "Reverse")
    drawn.session_state[f"account.tab.{acme}"] = "Ledger"
    assert open_tab(drawn.run()) == "Ledger"
    assert open_tab(press(drawn, "Yes, reverse it")) == "Ledger"


@pytest.mark.parametrize(("row", "why"), [(0, "It reverses another entry."), (1, "It was reversed before.")])
def test_neither_of_the_two_can_be_reversed_again(quick: World, acme: str, row: int, why: str) -> None:
    press(press(picked(acme), "Reverse"), "Yes, reverse it")
    drawn = picked(acme, row)
    assert f"This entry cannot be reversed. {why}" in said(drawn)
    assert "Reverse" not in buttons(drawn)


def test_what_an_invoice_used_says_why_it_cannot_be_reversed(quick: World, acme: str) -> None:
    quick.invoice(acme, 10_000)
    quick.sync()
    drawn = picked(acme)
    assert "An invoice used it: it comes back when that invoice is voided." in said(drawn)
    assert "Reverse" not in buttons(drawn)


def test_a_balance_that_moved_meanwhile_stops_it_and_the_next_preview_is_of_what_is_there_now(
    quick: World, acme: str
) -> None:
    drawn = press(picked(acme), "Reverse")
    quick.entry(acme, -100)
    drawn = press(drawn, "Yes, reverse it")
    assert "The balance changed meanwhile" in said(drawn)
    assert quick.balance(acme) == -4600
    assert "They are owed £46.00; after this, £1.00." in said(drawn)
    press(drawn, "Yes, reverse it")
    assert quick.balance(acme) == -100


def test_cancelling_reverses_nothing(quick: World, acme: str) -> None:
    drawn = press(press(picked(acme), "Reverse"), "Cancel")
    assert "Reverse" in buttons(drawn)
    assert quick.entries(acme) == BACK[:1]


def test_a_lost_answer_is_not_posted_twice_by_pressing_again(quick: World, acme: str) -> None:
    drawn = press(picked(acme), "Reverse")
    quick.wire.lose_all_from("/balance_transactions")
    drawn = press(drawn, "Yes, reverse it")
    assert "not confirmed" in said(drawn)
    quick.wire.mend()
    drawn = press(drawn, "Yes, reverse it")
    assert "The entry was reversed" in said(drawn)
    assert quick.entries(acme) == BACK


def test_a_large_entry_is_typed_once_more(quick: World, acme: str) -> None:
    adjust(quick, acme, minor=200_000, seen=pounds(-4500), retyped=pounds(200_000))
    drawn = press(press(picked(acme), "Reverse"), "Yes, reverse it")
    assert [plain(one.value) for one in drawn.error] == ["£2,000.00 is a large amount: type it once more."]
    labelled(drawn.text_input, "Type the amount once more").set_value("2000")
    drawn = press(drawn.run(), "Yes, reverse it")
    assert quick.balance(acme) == -4500


def test_a_viewer_cannot_pick_an_entry(quick: World, acme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = picked(acme)
    assert "Pick an entry" not in said(drawn)
    assert "Reverse" not in buttons(drawn)
