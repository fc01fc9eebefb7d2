"""Who did what, on the screen: also what Stripe has not confirmed yet."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, date, datetime

import pytest

from lib.errors import NotConfirmed
from lib.money import Money
from lib.people import SHELL, register
from lib.queries.activity import Filters
from tests.support.builders import add, adjust, bill, line
from tests.support.drawn import buttons, labelled, press, said, table
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
    assert (waiting["What"], waiting["About"], waiting["Who"]) == ("Adjust balance", "Acme Ltd", "Mira")


def test_what_was_done_at_the_computer_itself_says_so(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    register.add(quick.ctx.as_actor(SHELL), "ada", "four plain english words", "viewer")
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = screen("activity")
    assert list(table(drawn)["Who"])[-1] == "Command line"
    assert "Command line" in drawn.selectbox[0].options


def test_when_nothing_fits_the_filters_that_is_said(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    add(quick)
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = labelled(screen("activity").selectbox, "What").set_value("balance:adjust").run()
    assert "No entry matches." in said(drawn)
    assert not drawn.dataframe


def test_the_log_is_narrowed_to_one_customer_and_all_that_is_theirs(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, other = add(quick).result, add(quick, "Bexley", "ap@bexley.example").result
    adjust(quick, acme)
    adjust(quick, other, minor=1250)
    made = bill(quick, other, line(9000)).result
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = labelled(screen("activity").selectbox, "About").set_value(other).run()
    number = quick.in_stripe("invoice", made)["number"]
    assert list(table(drawn)["About"]) == [number, "Bexley", "Bexley"]
    assert list(table(drawn)["What"]) == ["Invoice raised", "Balance adjusted", "Organisation added"]


def test_the_log_is_narrowed_to_days_of_the_practice(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = add(quick).result
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # half past midnight on 2 July in London
    with monkeypatch.context() as then:
        then.setattr("lib.audit.time.time", late.timestamp)
        adjust(quick, acme)
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = screen("activity")
    found = []
    for first, last in (("2026-07-02", "2026-07-02"), ("2026-07-01", "2026-07-01"), ("2026-07-03", "2036-07-03")):
        labelled(drawn.date_input, "From").set_value(date.fromisoformat(first))
        drawn = labelled(drawn.date_input, "To").set_value(date.fromisoformat(last)).run()
        found.append(list(table(drawn)["What"]) if drawn.dataframe else [])
    assert found == [["Balance adjusted"], [], ["Signed in", "Organisation added"]]


def test_what_was_looked_at_is_on_record_once_and_shown_when_asked_for(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = add(quick).result
    made = bill(quick, acme, line(9000)).result
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, mode="test"))
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    for _ in range(2):
        assert not screen("customer", id=acme).run().exception
        assert not screen("invoice", id=made).run().exception
    drawn = screen("activity")
    assert not {"Account looked at", "Invoice looked at"} & set(table(drawn)["What"])
    drawn = labelled(drawn.toggle, "Also what was looked at").set_value(True).run()
    looks = table(drawn)[["Who", "What", "About"]].values.tolist()
    number = quick.in_stripe("invoice", made)["number"]
    assert looks[:2] == [["Vic", "Invoice looked at", number], ["Vic", "Account looked at", "Acme Ltd"]]
    assert [what for _, what, _ in looks[2:]] == ["Signed in", "Invoice raised", "Organisation added"]


def test_the_log_is_offered_as_csv_as_it_is_narrowed(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = add(quick).result
    adjust(quick, acme)
    told: list[dict[str, object]] = []
    monkeypatch.setattr("lib.actions.exports.ticket", lambda _ctx, report, **filters: told.append(filters) or report)
    sign_in(monkeypatch, quick.ctx, "viewer", "vic")
    drawn = labelled(screen("activity").selectbox, "Who").set_value("mira").run()
    press(drawn, "Download CSV")
    assert told == [asdict(Filters(actor="mira", without_views=True))]


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
    assert buttons(drawn) == ["Download CSV"]
