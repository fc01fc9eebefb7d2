"""The room Chasing, and the statement on an account: seen before it is sent, sent once, said what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.actions.reminder_drafts import draft
from lib.mail import capture
from lib.ui import reminder_send
from tests.support.drawn import buttons, figures, labelled, pick_rows, plain, press, said, table
from tests.support.mail import Post, post_office, with_server
from tests.support.signed_in import screen, sign_in
from tests.support.sinks import HOSTILE, raw_names
from tests.support.world import DAY, World


def owing(world: World, *names: str) -> dict[str, str]:
    """Payers with £120.00 ten days overdue."""
    made = {name: world.customer(name, email=f"ap{n}@payer.example") for n, name in enumerate(names)}
    for payer in made.values():
        world.invoice(payer, 12_000, days_until_due=1)
    world.wait(11 * DAY)
    world.sync()
    return made


@pytest.fixture
def post(quick: World, tmp_path: Path) -> Iterator[Post]:
    with post_office(tmp_path) as opened:
        with_server(quick, opened)
        yield opened


def at_the_desk(world: World, monkeypatch: pytest.MonkeyPatch, role: str = "manager") -> AppTest:
    """The room Chasing, as somebody of this role finds it."""
    world.ctx = replace(world.ctx, settings=replace(world.ctx.settings, mode="test"))
    sign_in(monkeypatch, world.ctx, role, "maud")
    return screen("reminders")


def test_who_is_due_is_listed_with_what_is_overdue_and_when_something_was_sent(
    quick: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    owing(quick, "Acme Ltd")
    drawn = at_the_desk(quick, monkeypatch)
    [row] = table(drawn).to_dict("records")
    assert (row["Payer"], row["Days overdue"], row["Stage now due"], row["Last reminder"], row["Next due"]) == (
        "Acme Ltd", 10, "7 days", "Never", "Now",
    )  # fmt: skip
    assert "£120.00" in str(table(drawn)["Overdue"].iloc[0]) or row["Overdue"] == 120


def test_a_payer_deleted_in_stripe_is_listed_and_said_to_be_beyond_reach(
    quick: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = owing(quick, "Acme Ltd", "Gone Ltd")
    assert "deleted in Stripe" not in said(at_the_desk(quick, monkeypatch))
    quick.sandbox.call("DELETE", f"/v1/customers/{made['Gone Ltd']}")
    quick.sync()
    drawn = screen("reminders")
    assert dict(zip(table(drawn)["Payer"], table(drawn)["Next due"], strict=True)) == {
        "Acme Ltd": "Now",
        "Gone Ltd (deleted in Stripe)": "Not from here",
    }
    assert "Who was deleted in Stripe cannot be written to from here. What they owe stays payable." in said(drawn)
    assert "Preview all 1 due on this page" in buttons(drawn)


def test_the_exact_message_is_shown_before_it_is_sent_and_then_what_became_of_it(
    quick: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    owing(quick, "Acme Ltd")
    drawn = press(at_the_desk(quick, monkeypatch), "Preview all 1 due on this page")
    told = said(drawn)
    assert "Send this reminder?" in told
    assert "To: ap0@payer.example" in told
    assert (post.heard, post.kept()) == ([], [])
    drawn = press(drawn, "Yes, send it")
    [mail] = post.kept()
    assert f"Subject: {mail.subject}" in told
    assert mail.text.replace("\r\n", "\n").strip() in told
    assert "Acme Ltd: sent. To ap0@payer.example, £120.00." in said(drawn)
    drawn = press(drawn, "Back to the list")
    assert "Nobody is to be reminded now." in said(drawn)
    assert list(table(drawn)["State"]) == ["Sent"]


def test_several_are_sent_one_after_the_other_with_a_result_for_each(
    quick: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    owing(quick, "Acme Ltd", "Borrow plc", "Corvane")
    post.refuses.append("ap1@")
    drawn = press(press(at_the_desk(quick, monkeypatch), "Preview all 3 due on this page"), "Yes, send 3")
    told = said(drawn)
    assert "Acme Ltd: sent." in told
    assert "Corvane: sent." in told
    assert "Borrow plc: not sent. The mail server refuses the address ap1@payer.example: 550" in told
    assert {mail.to for mail in post.kept()} == {"ap0@payer.example", "ap2@payer.example"}


def test_a_second_press_while_one_is_on_its_way_sends_each_once_and_passes_nobody_over(
    quick: World, post: Post
) -> None:
    made = owing(quick, "Acme Ltd", "Borrow plc", "Corvane")
    job = reminder_send.Job([draft(quick.ctx, payer, "gbp") for payer in made.values()])
    post.waits = 0.3
    with ThreadPoolExecutor() as presses:
        for _ in range(2):
            presses.submit(reminder_send.carry_out, quick.ctx, job, [])
    assert [how for _, _, how, _ in job.done] == ["sent", "sent", "sent"]
    assert sorted(mail.to for mail in post.kept()) == ["ap0@payer.example", "ap1@payer.example", "ap2@payer.example"]


def test_only_those_who_are_ticked_are_written_to(quick: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    owing(quick, "Acme Ltd", "Borrow plc")
    drawn = at_the_desk(quick, monkeypatch)
    name = table(drawn)["Payer"].iloc[1]
    drawn = press(press(pick_rows(drawn, 1), "Preview 1 of those ticked"), "Yes, send it")
    assert f"{name}: sent." in said(drawn)
    assert len(post.kept()) == 1


def test_who_cannot_be_written_to_is_left_out_with_the_reason(
    quick: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = owing(quick, "Acme Ltd", "Borrow plc")
    quick.sandbox.call("POST", f"/v1/customers/{made['Borrow plc']}", {"email": ""})
    quick.sync()
    drawn = press(at_the_desk(quick, monkeypatch), "Preview all 2 due on this page")
    assert "Borrow plc: left out. This payer has no email address" in said(drawn)
    assert "Send this reminder?" in said(drawn)


def test_cancelled_is_not_sent(quick: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    owing(quick, "Acme Ltd")
    drawn = press(press(at_the_desk(quick, monkeypatch), "Preview all 1 due on this page"), "Cancel")
    assert "Preview all 1 due on this page" in buttons(drawn)
    assert post.heard == []


def test_one_that_may_have_gone_out_is_sent_again_only_when_somebody_says_so(
    quick: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    owing(quick, "Acme Ltd")
    post.dies_at = "answer"
    drawn = press(press(at_the_desk(quick, monkeypatch), "Preview all 1 due on this page"), "Yes, send it")
    assert "Acme Ltd: may have gone out." in said(drawn)
    post.dies_at = ""
    drawn = press(drawn, "Back to the list")
    assert "Nobody is to be reminded now." in said(drawn)
    labelled(drawn.segmented_control, "Show").set_value("Everything overdue")
    drawn = press(pick_rows(drawn.run(), 0), "Preview 1 of those ticked")
    assert "this reminder may have gone out" in said(drawn)
    refused = press(drawn, "Yes, send it")
    assert "Acme Ltd: not sent." in said(refused)
    assert len(post.kept()) == 1
    drawn = press(pick_rows(press(refused, "Back to the list"), 0), "Preview 1 of those ticked")
    labelled(drawn.checkbox, "Send it once more all the same").check()
    assert "Acme Ltd: sent." in said(press(drawn.run(), "Yes, send it"))
    assert len(post.kept()) == 2


def test_a_viewer_reads_the_list_and_sends_nothing(quick: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    owing(quick, "Acme Ltd")
    drawn = at_the_desk(quick, monkeypatch, "viewer")
    assert list(table(drawn)["Payer"]) == ["Acme Ltd"]
    assert [label for label in buttons(drawn) if "Preview" in label] == []


def test_without_a_mail_server_the_list_says_that_nothing_can_be_sent(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owing(quick, "Acme Ltd")
    drawn = at_the_desk(quick, monkeypatch)
    assert "No mail server is set" in said(drawn)
    assert [label for label in buttons(drawn) if "Preview" in label] == []


def test_patients_are_listed_when_they_are_asked_for(quick: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = quick.patient("Ada Byrne", email="ada@home.example")
    quick.invoice(ada, 4500, days_until_due=1)
    quick.wait(11 * DAY)
    quick.sync()
    drawn = at_the_desk(quick, monkeypatch)
    assert "Nobody is to be reminded now." in said(drawn)
    labelled(drawn.segmented_control, "Whom").set_value("Patients who pay themselves")
    assert list(table(drawn.run())["Payer"]) == ["Ada Byrne"]


def test_in_the_demo_messages_are_shown_and_marked_as_sent_to_nobody(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owing(quick, "Acme Ltd")
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    drawn = press(press(screen("reminders"), "Preview all 1 due on this page"), "Yes, send it")
    drawn = press(drawn, "Back to the list")
    assert len(capture.latest(quick.ctx.settings.data)) == 1
    assert "sent to nobody" in said(drawn)
    [label] = [one.label for one in drawn.expander if "Not sent to anybody" in one.label]
    assert "ap0@payer.example" in plain(label)


def test_a_hostile_name_stays_letters_everywhere(quick: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    made = owing(quick, HOSTILE)
    drawn = at_the_desk(quick, monkeypatch)
    shown = press(drawn, "Preview all 1 due on this page")
    assert raw_names(shown) == []
    sent = press(shown, "Yes, send it")
    assert raw_names(sent) == []
    assert raw_names(press(sent, "Back to the list")) == []
    assert raw_names(screen("customer", id=made[HOSTILE])) == []


def test_the_accounts_statement_adds_up_and_can_be_taken_away(
    quick: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = owing(quick, "Acme Ltd")
    quick.entry(made["Acme Ltd"], -5000)
    quick.sync()
    at_the_desk(quick, monkeypatch)
    drawn = screen("customer", id=made["Acme Ltd"])
    assert "1-30 days £120.00" in figures(drawn)
    assert "Outstanding £120.00 On account £50.00 in credit Net £70.00 to pay" in figures(drawn)
    assert {"Download statement (PDF)", "Download statement (CSV)"} <= set(buttons(drawn))


def test_a_period_that_ends_before_it_begins_is_said_beside_it(
    quick: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = owing(quick, "Acme Ltd")
    at_the_desk(quick, monkeypatch)
    drawn = screen("customer", id=made["Acme Ltd"])
    labelled(drawn.segmented_control, "Statement").set_value("Billed in a period")
    drawn = drawn.run()
    labelled(drawn.date_input, "To").set_value(labelled(drawn.date_input, "From").value.replace(year=2020))
    assert "The first day lies after the last one." in said(drawn.run())


def test_a_payer_is_paused_from_the_account_and_resumed(
    quick: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = owing(quick, "Acme Ltd")
    at_the_desk(quick, monkeypatch)
    drawn = press(screen("customer", id=made["Acme Ltd"]), "Pause")
    assert "Paused: no reminder goes to this payer." in said(drawn)
    assert quick.in_stripe("customer", made["Acme Ltd"])["metadata"]["pd_reminders"] == "paused"
    assert "Nobody is to be reminded now." in said(screen("reminders"))
    drawn = press(screen("customer", id=made["Acme Ltd"]), "Resume reminders")
    assert "Resume reminders" not in buttons(drawn)
    assert "pd_reminders" not in quick.in_stripe("customer", made["Acme Ltd"])["metadata"]
