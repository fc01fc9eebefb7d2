"""Reminders: each goes out once, to the right payer, at its stage, and says what it must."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import update

from lib.actions import reminder_pauses, reminders
from lib.context import Context
from lib.errors import NotAllowed, Refused
from lib.mirror.database import writing
from lib.mirror.ours import reminders as table
from lib.queries import activity
from tests.support.mail import Post, post_office, with_server
from tests.support.reminders import late, rows, second, shown
from tests.support.world import DAY, World


def test_one_message_lists_everything_overdue_with_the_statement_attached(quick: World, post: Post) -> None:
    payer, [one, two] = late(quick, 12_000, 8000)
    done = reminders.send_reminder(quick.ctx, shown(quick, payer))
    [mail] = post.kept()
    assert (mail.to, "£200.00 overdue" in mail.subject) == ("ap@acme.example", True)
    numbers = [quick.in_stripe("invoice", each)["number"] for each in (one, two)]
    assert all(number in mail.text for number in numbers)
    assert [name.rpartition(".")[2] for name in mail.attachments] == ["pdf", "csv"]
    [row] = rows(quick)
    assert (row.id, row.state, row.stage, row.amount, row.actor) == (done.result, "sent", 7, 20_000, "mira")
    assert json.loads(row.invoices) == [one, two] or set(json.loads(row.invoices)) == {one, two}
    assert [entry.verb for entry in quick.audited()] == ["reminder:send", "reminder:send"]
    assert "acme" not in "".join(entry.detail for entry in quick.audited()).lower()


def test_a_double_click_sends_once_and_says_that_it_is_done(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    first, again = (reminders.send_reminder(quick.ctx, draft) for _ in range(2))
    assert (first.again, again.again, again.result) == (False, True, first.result)
    assert (len(post.kept()), len(rows(quick))) == (1, 1)


def test_a_second_manager_is_told_who_sent_it_and_when(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    reminders.send_reminder(quick.ctx, draft)
    with pytest.raises(Refused, match=r"mira sent this payer a reminder on 27 Nov 2026, 12:00"):
        reminders.send_reminder(second(quick), draft)
    assert len(post.kept()) == 1


def test_a_second_manager_is_told_even_when_the_oldest_invoice_was_paid_in_between(quick: World, post: Post) -> None:
    payer, [oldest, _] = late(quick, 12_000, 8000)
    draft = shown(quick, payer)
    reminders.send_reminder(quick.ctx, draft)
    quick.wait(300)
    first = min(draft.lines, key=lambda line: (line.due_at, line.id)).id
    quick.sandbox.call("POST", f"/v1/invoices/{first}/pay", {"paid_out_of_band": True})
    with pytest.raises(Refused, match="mira sent this payer a reminder"):
        reminders.send_reminder(second(quick), draft)
    assert len(post.kept()) == 1
    assert oldest


def test_two_who_press_at_the_same_moment_send_one_message(world: World, tmp_path: Path) -> None:
    with post_office(tmp_path) as post:
        with_server(world, post)
        payer, _ = late(world, 12_000)
        draft, others = shown(world, payer), [world.person(f"person{n}") for n in range(4)]
        said: list[str] = []
        start = Barrier(4)

        def press(ctx: Context) -> None:
            start.wait()
            try:
                reminders.send_reminder(ctx, draft)
            except Refused as no:
                said.append(no.words)
            else:
                said.append("sent")

        threads = [Thread(target=press, args=(ctx,)) for ctx in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(post.kept()) == 1
    assert said.count("sent") == 1
    assert all("person" in words for words in said if words != "sent")
    assert [row.state for row in rows(world)] == ["sent"]


def test_a_stage_is_sent_once_and_the_next_stage_when_it_is_reached(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    reminders.send_reminder(quick.ctx, shown(quick, payer))
    quick.wait(2 * DAY)
    quick.sync()
    with pytest.raises(Refused, match="stage: 7 days"):
        reminders.send_reminder(quick.ctx, shown(quick, payer))
    quick.wait(10 * DAY)
    quick.sync()
    reminders.send_reminder(quick.ctx, shown(quick, payer))
    assert [(row.stage, row.state) for row in rows(quick)] == [(7, "sent"), (21, "sent")]
    assert [mail.subject.partition(":")[0] for mail in post.kept()] == ["Reminder", "Second reminder"]


def test_the_first_message_a_payer_gets_speaks_of_none_before_it_however_late_it_is(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000, days=200)
    draft = shown(quick, payer)
    assert (draft.stage, draft.mail.subject.partition(":")[0]) == (45, "Reminder")
    assert not any(words in draft.mail.text for words in ("reminders", "wrote before"))
    reminders.send_reminder(quick.ctx, draft)
    new = quick.invoice(payer, 500, days_until_due=1)
    quick.sandbox.call("POST", f"/v1/invoices/{draft.lines[0].id}/pay", {"paid_out_of_band": True})
    quick.wait(10 * DAY)
    quick.sync()
    other = shown(quick, payer)
    assert ([line.id for line in other.lines], other.mail.subject.partition(":")[0]) == ([new], "Reminder")


def test_before_the_first_stage_nobody_is_reminded(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000, days=6)
    with pytest.raises(Refused, match="due at 7 days overdue"):
        shown(quick, payer)


def test_who_may_only_look_sends_nothing(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    viewer = quick.person("vera", "viewer")
    with pytest.raises(NotAllowed):
        reminders.send_reminder(viewer, draft)
    with pytest.raises(NotAllowed):
        reminder_pauses.pause_reminders(viewer, payer, form=quick.form())
    assert (post.heard, rows(quick)) == ([], [])


def test_without_an_address_there_is_nothing_to_send(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000, email="")
    with pytest.raises(Refused, match="no email address"):
        shown(quick, payer)


def test_currencies_go_out_in_messages_of_their_own(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    quick.invoice(payer, 9000, currency="jpy", due_date=quick.sandbox.clock.now() + 60)
    quick.wait(9 * DAY)
    quick.sync()
    for currency in ("gbp", "jpy"):
        with writing(quick.ctx.engine) as conn:  # nothing that was sent a day ago stands in the way
            conn.execute(update(table).values(at=table.c.at - 2 * DAY))
        reminders.send_reminder(quick.ctx, shown(quick, payer, currency))
    assert [mail.subject.partition(" –")[0] for mail in post.kept()] == [
        "Reminder: £120.00 overdue",
        "Reminder: ¥9,000 overdue",
    ]


def test_a_patient_is_written_to_as_a_person(quick: World, post: Post) -> None:
    ada = quick.patient("Ada Byrne", email="ada@home.example")
    quick.invoice(ada, 4500, days_until_due=1)
    quick.wait(10 * DAY)
    quick.sync()
    reminders.send_reminder(quick.ctx, shown(quick, ada))
    [mail] = post.kept()
    assert mail.text.startswith("Dear Ada Byrne,")
    assert "organisation" not in mail.text


def test_the_activity_log_says_what_became_of_it(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    post.refuses.append("ap@acme")
    with pytest.raises(Refused):
        reminders.send_reminder(quick.ctx, shown(quick, payer))
    [row] = activity.table(quick.ctx).rows.to_dict("records")
    assert (row["what"], row["about"], row["amount"], row["outcome"]) == (
        "Send reminder", "Acme Ltd", "£120.00", "Refused",
    )  # fmt: skip
    assert "no such mailbox" in row["words"]
    post.refuses.clear()
    reminders.send_reminder(quick.ctx, shown(quick, payer))
    assert activity.table(quick.ctx).rows.iloc[0]["outcome"] == "Done"
