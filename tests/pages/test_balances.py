"""The balances page: what is typed wrongly posts nothing, what is meant is posted once, and the result is seen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lib.ui.forms import Form
from tests.support.builders import adjust, pounds
from tests.support.drawn import buttons, figures, labelled, pick_rows, plain, press, said, table
from tests.support.signed_in import screen, sign_in
from tests.support.world import World

AGAIN = "Type the amount once more"


@pytest.fixture
def acme(quick: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Acme, £45.00 in credit; the manager Maud sits at the screen."""
    made = quick.customer("Acme Ltd", email="ap@acme.example")
    quick.entry(made, -4500)
    quick.sync()
    # An account's page links to Stripe's Dashboard, which has test mode and live mode only.
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, mode="test"))
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return made


def form(
    customer: str | None, amount: str, kind: str = "Credit", reason: str | None = "Paid in advance, cancelled late"
) -> AppTest:
    """The form, filled in."""
    drawn = press(screen("balances"), "Adjust balance")
    if customer:
        labelled(drawn.selectbox, "Customer").set_value(customer)
    labelled(drawn.radio, "Direction").set_value(kind)
    labelled(drawn.text_input, "Amount").set_value(amount)
    if reason:
        labelled(drawn.selectbox, "Reason").set_value(reason)
    labelled(drawn.text_input, "Note").set_value("kit, inv 1042")
    return drawn.run()


def test_a_viewer_sees_the_balances_and_no_way_to_change_them(
    quick: World, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    drawn = screen("balances")
    assert list(table(drawn)["Customer"]) == ["Acme Ltd"]
    assert buttons(drawn) == ["Download CSV"]


@pytest.mark.parametrize("typed", ["-45", "0", "1.000,00", "5e3", "forty"])
def test_an_amount_typed_wrongly_is_said_beside_it_and_nothing_is_posted(quick: World, acme: str, typed: str) -> None:
    drawn = press(form(acme, typed), "Post adjustment")
    assert [one.value for one in drawn.error]
    assert labelled(drawn.text_input, "Amount").value == typed
    assert labelled(drawn.text_input, "Note").value == "kit, inv 1042"
    assert "Yes, post it" not in buttons(drawn)
    assert quick.balance(acme) == -4500


def test_a_form_without_customer_or_amount_says_what_is_missing(acme: str) -> None:
    drawn = press(form(None, "45"), "Post adjustment")
    assert [one.value for one in drawn.error] == ["Choose a customer."]
    drawn = press(form(acme, ""), "Post adjustment")
    assert [one.value for one in drawn.error] == ["Enter an amount, for example 45.00."]


def test_a_reason_is_chosen_and_never_the_first_of_the_list_by_itself(quick: World, acme: str) -> None:
    drawn = form(acme, "45", reason=None)
    assert labelled(drawn.selectbox, "Reason").value is None
    drawn = press(drawn, "Post adjustment")
    assert [one.value for one in drawn.error] == ["Choose a reason."]
    assert labelled(drawn.text_input, "Amount").value == "45"
    assert labelled(drawn.text_input, "Note").value == "kit, inv 1042"
    assert (quick.intents(), quick.balance(acme)) == ([], -4500)
    labelled(drawn.selectbox, "Reason").set_value("Goodwill")
    drawn = press(drawn.run(), "Post adjustment")
    press(drawn, "Yes, post it")
    assert quick.balance(acme) == -9000


def test_everything_that_is_missing_is_said_at_once(acme: str) -> None:
    drawn = press(form(acme, "", reason=None), "Post adjustment")
    assert [one.value for one in drawn.error] == ["Enter an amount, for example 45.00.", "Choose a reason."]
    drawn = press(form(None, "45", reason=None), "Post adjustment")
    assert [one.value for one in drawn.error] == ["Choose a customer.", "Choose a reason."]


def test_a_first_entry_says_that_it_settles_the_currency_of_the_account(quick: World, acme: str) -> None:
    plain = quick.customer("Borrow plc")
    quick.sync()
    words = "Stripe keeps the account in GBP for good"
    assert words in figures(press(form(plain, "45"), "Post adjustment"))
    assert words not in figures(press(form(acme, "45"), "Post adjustment"))


def test_what_it_will_do_is_said_before_it_is_posted(quick: World, acme: str) -> None:
    quick.invoice(acme, 10000)
    quick.entry(acme, -4500)
    quick.sync()
    drawn = form(acme, "£60.00", "Debit")
    assert [one.value for one in drawn.info] == ["They are owed £45.00; after this, they owe £15.00."]
    assert "1 open invoice, £55.00 in all" in said(drawn)
    assert "never to one that is already open" in said(drawn)


def test_a_debit_that_uses_up_the_credit_settles_the_account(acme: str) -> None:
    drawn = press(press(form(acme, "45", "Debit"), "Post adjustment"), "Yes, post it")
    assert "The account is settled now." in said(drawn)


def test_on_an_account_the_form_is_about_that_account_and_no_other(quick: World, acme: str) -> None:
    other = quick.customer("Other Ltd")
    quick.sync()
    drawn = press(screen("customer", id=acme), "Adjust balance")
    assert labelled(drawn.selectbox, "Customer").value == acme
    drawn.query_params["id"] = other
    assert "Post adjustment" not in buttons(drawn.run())


def test_credit_is_posted_after_a_second_yes_and_seen_at_once(quick: World, acme: str) -> None:
    drawn = press(form(acme, "45"), "Post adjustment")
    assert quick.balance(acme) == -4500
    assert f"Acme Ltd · …{acme[-6:]}" in figures(drawn)
    drawn = press(drawn, "Yes, post it")
    assert quick.balance(acme) == -9000
    assert "They are owed £90.00 now." in said(drawn)
    assert list(table(drawn)["Note"]) == ["Paid in advance, cancelled late: kit, inv 1042", ""]


def test_cancelling_the_question_keeps_what_was_typed(quick: World, acme: str) -> None:
    drawn = press(press(form(acme, "45"), "Post adjustment"), "Cancel")
    assert labelled(drawn.text_input, "Amount").value == "45"
    assert "Post adjustment" in buttons(drawn)
    assert quick.balance(acme) == -4500


def test_a_double_press_posts_once_and_says_so(quick: World, acme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = press(form(acme, "45"), "Post adjustment")
    # The second press arrives while the first is carried out: Streamlit drops the first before it has said anything.
    with monkeypatch.context() as interrupted:
        interrupted.setattr(Form, "finish", lambda _form: st.stop())
        press(drawn, "Yes, post it")
    drawn = press(drawn, "Yes, post it")
    assert quick.balance(acme) == -9000
    assert "A credit of £45.00 was posted." in said(drawn)


def test_a_lost_answer_is_never_posted_twice_by_pressing_again(quick: World, acme: str) -> None:
    drawn = press(form(acme, "45"), "Post adjustment")
    quick.wire.lose("/balance_transactions")
    drawn = press(drawn, "Yes, post it")
    assert quick.balance(acme) == -9000
    assert "They are owed £90.00 now." in said(drawn)


def test_the_same_from_another_hand_a_moment_ago_asks_before_it_posts_another(
    quick: World, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(press(form(acme, "45"), "Post adjustment"), "Yes, post it")
    sign_in(monkeypatch, quick.ctx, "manager", "noor")
    drawn = press(press(form(acme, "45"), "Post adjustment"), "Yes, post it")
    assert "just now by maud" in said(drawn)
    assert quick.balance(acme) == -9000
    assert "They are owed £90.00; after this, £135.00." in said(drawn)
    drawn = press(drawn, "Post another £45.00 anyway")
    assert quick.balance(acme) == -13500


def test_two_managers_with_the_form_open_post_once_and_the_second_learns_who_was_first(quick: World, acme: str) -> None:
    """Scenario 9: both saw the same balance, and posting another is a choice of its own."""
    drawn = press(form(acme, "50"), "Post adjustment")
    adjust(quick, acme, minor=5000, seen=pounds(-4500), ctx=quick.person("noor"))
    quick.wait(40)
    drawn = press(drawn, "Yes, post it")
    assert "A credit of £50.00 was posted to this customer 40 seconds ago by noor." in said(drawn)
    assert quick.balance(acme) == -9500
    press(drawn, "Post another £50.00 anyway")
    assert quick.balance(acme) == -14_500


def test_a_balance_that_moved_meanwhile_posts_nothing_and_shows_the_new_one(quick: World, acme: str) -> None:
    drawn = press(form(acme, "45"), "Post adjustment")
    quick.entry(acme, 1000)
    drawn = press(drawn, "Yes, post it")
    assert "it is £35.00 in credit now" in said(drawn)
    assert "They are owed £35.00; after this, £80.00." in said(drawn)
    assert labelled(drawn.text_input, "Amount").value == "45"
    press(press(drawn, "Post adjustment"), "Yes, post it")
    assert quick.balance(acme) == -8000


def test_below_the_practices_own_threshold_no_amount_is_called_large(acme: str) -> None:
    drawn = press(form(acme, "1000"), "Post adjustment")
    assert "Yes, post it" in buttons(drawn)
    assert "large" not in said(drawn)
    assert not drawn.warning


def test_a_large_amount_is_typed_once_more_before_it_is_asked_about(quick: World, acme: str) -> None:
    assert AGAIN not in [one.label for one in form(acme, "1000").text_input]
    drawn = press(form(acme, "1000.01"), "Post adjustment")
    assert [plain(one.value) for one in drawn.error] == ["£1,000.01 is a large amount: type it once more."]
    labelled(drawn.text_input, AGAIN).set_value("1000.10")
    drawn = press(drawn.run(), "Post adjustment")
    assert "Yes, post it" not in buttons(drawn)
    assert "above it says £1,000.01" in said(drawn)
    labelled(drawn.text_input, AGAIN).set_value("1,000.01")
    drawn = press(drawn.run(), "Post adjustment")
    assert labelled(drawn.text_input, AGAIN).disabled
    press(drawn, "Yes, post it")
    assert quick.balance(acme) == -104_501


def test_what_waits_for_a_second_person_reads_as_stored_with_the_way_to_it_and_not_as_an_error(
    quick: World, acme: str
) -> None:
    drawn = form(acme, "10000.01")
    labelled(drawn.text_input, AGAIN).set_value("10000.01")
    drawn = press(drawn.run(), "Post adjustment")
    assert "needs a second person: it is stored now" in said(drawn)
    drawn = press(drawn, "Yes, post it")
    assert not drawn.error
    assert any("waits for a second person" in one.value for one in drawn.info)
    assert "Needs your eye" in [one.proto.label for one in drawn.main.get("page_link")]
    assert labelled(drawn.text_input, "Amount").value == ""
    assert ([wish.state for wish in quick.intents()], quick.balance(acme)) == (["waiting"], -4500)


def test_a_second_press_on_what_waits_stores_it_once(quick: World, acme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = form(acme, "10000.01")
    labelled(drawn.text_input, AGAIN).set_value("10000.01")
    drawn = press(drawn.run(), "Post adjustment")
    with monkeypatch.context() as interrupted:
        interrupted.setattr(Form, "finish", lambda _form: st.stop())
        press(drawn, "Yes, post it")
    drawn = press(drawn, "Yes, post it")
    assert any("waits for a second person" in one.value for one in drawn.info)
    assert len(quick.intents()) == 1


def test_what_stripe_refuses_is_said_and_everything_typed_is_kept(quick: World, acme: str) -> None:
    drawn = press(form(acme, "45"), "Post adjustment")
    quick.wire.say("/balance_transactions", 400, param="amount", code="amount_too_large", message="Too much.")
    drawn = press(drawn, "Yes, post it")
    assert [one.value for one in drawn.error]
    assert labelled(drawn.text_input, "Amount").value == "45"
    assert quick.balance(acme) == -4500


def test_an_embassy_in_yen_takes_no_decimals(quick: World, acme: str) -> None:
    embassy = quick.customer("Embassy")
    quick.entry(embassy, -12000, "jpy")
    quick.sync()
    assert "JPY has no decimals." in said(form(embassy, "45.50"))
    assert "They are owed ¥12,000; after this, ¥12,045." in said(form(embassy, "45"))


def test_a_customer_deleted_in_stripe_cannot_be_chosen(quick: World, acme: str) -> None:
    gone = quick.customer("Gone Ltd")
    quick.sandbox.call("DELETE", f"/v1/customers/{gone}")
    quick.sync()
    options = labelled(press(screen("balances"), "Adjust balance").selectbox, "Customer").options
    assert [label.split(" · ")[0] for label in options] == ["Acme Ltd"]


def test_the_list_is_narrowed_to_one_side_and_a_row_opens_its_account(quick: World, acme: str) -> None:
    quick.entry(quick.patient("Ada Byrne"), 1250)
    quick.sync()
    drawn = screen("balances")
    assert list(table(drawn)["On account"]) == [Decimal("-45.00"), Decimal("12.50")]
    labelled(drawn.segmented_control, "Show").set_value("Debit").run()
    assert list(table(drawn)["Customer"]) == ["Ada Byrne"]
    drawn = pick_rows(drawn, 0)
    assert [title.value for title in drawn.title] == ["Ada Byrne"]
    assert not drawn.exception
