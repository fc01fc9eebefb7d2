"""Reminders: sent once, to the right payer, on fresh figures, or not at all and with words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import delete, select, update

from lib.actions import reminders
from lib.actions.resolver import resolve
from lib.context import Context
from lib.errors import AskFirst, Changed, NotAllowed, NotConfirmed, Refused, Unavailable
from lib.mail import capture
from lib.mirror.database import reading, writing
from lib.mirror.ours import reminders as table
from lib.mirror.tables import sync_state
from lib.queries import activity
from lib.queries import reminders as queries
from tests.support.mail import Post, post_office, with_server
from tests.support.world import DAY, World


@pytest.fixture
def post(quick: World, tmp_path: Path) -> Iterator[Post]:
    """The practice's mail server."""
    with post_office(tmp_path) as opened:
        with_server(quick, opened)
        yield opened


def late(world: World, *amounts: int, name: str = "Acme Ltd", days: int = 10, **params: Any) -> tuple[str, list[str]]:
    """A payer at no days' terms whose invoices are so many days overdue, and their ids."""
    payer = world.customer(name, **{"email": "ap@acme.example", **params})
    made = [world.invoice(payer, amount, days_until_due=1) for amount in amounts]
    world.wait((days + 1) * DAY)
    world.sync()
    return payer, made


def shown(world: World, payer: str, currency: str = "gbp") -> reminders.Draft:
    """What the preview shows."""
    return reminders.draft(world.ctx, payer, currency)


def rows(world: World) -> list[Any]:
    """Every reminder, oldest first."""
    with reading(world.ctx.engine) as conn:
        return list(conn.execute(select(table).order_by(table.c.at, table.c.id)).all())


def second(world: World) -> Context:
    """Another manager."""
    return world.person("nia")


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


def test_an_invoice_paid_meanwhile_is_left_out_of_the_message_and_the_statement(quick: World, post: Post) -> None:
    payer, [paid, still] = late(quick, 12_000, 8000)
    draft = shown(quick, payer)
    quick.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    reminders.send_reminder(quick.ctx, draft)
    [mail], number = post.kept(), quick.in_stripe("invoice", paid)["number"]
    assert number not in mail.text
    assert "£80.00 overdue" in mail.subject
    assert json.loads(rows(quick)[0].invoices) == [still]
    now = shown(quick, payer)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(now.mail.attachments[0].body)).pages)
    assert number not in text


def test_when_all_was_paid_meanwhile_nothing_is_sent(quick: World, post: Post) -> None:
    payer, [paid] = late(quick, 12_000)
    draft = shown(quick, payer)
    quick.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    with pytest.raises(Refused, match="overdue any more"):
        reminders.send_reminder(quick.ctx, draft)
    assert (post.heard, rows(quick)) == ([], [])


def test_more_than_was_shown_is_never_sent(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    quick.invoice(payer, 9000, due_date=quick.sandbox.clock.now() + 60)
    quick.wait(2 * DAY)
    quick.sync()
    with pytest.raises(Changed, match="changed after this was shown"):
        reminders.send_reminder(quick.ctx, draft)
    assert post.heard == []


def test_an_address_changed_in_stripe_meanwhile_stops_it(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    quick.sandbox.call("POST", f"/v1/customers/{payer}", {"email": "elsewhere@other.example"})
    with pytest.raises(Changed):
        reminders.send_reminder(quick.ctx, draft)
    assert post.heard == []


def test_longer_terms_given_meanwhile_stop_it(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    quick.sandbox.call("POST", f"/v1/customers/{payer}", {"metadata": {"pd_terms_days": "60"}})
    with pytest.raises(Refused, match="overdue any more"):
        reminders.send_reminder(quick.ctx, draft)
    assert post.heard == []


def test_a_draft_of_one_payer_never_reaches_another(quick: World, post: Post) -> None:
    acme, _ = late(quick, 12_000)
    other, _ = late(quick, 5000, name="Other Ltd", email="ap@other.example")
    forged = replace(shown(quick, acme), payer=other)
    with pytest.raises(Changed):
        reminders.send_reminder(quick.ctx, forged)
    reminders.send_reminder(quick.ctx, shown(quick, other))
    [mail] = post.kept()
    assert (mail.to, "£50.00" in mail.subject, "£120.00" in mail.text) == ("ap@other.example", True, False)


def test_nobody_is_chased_on_stale_figures(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    quick.wait(11 * 60)
    with pytest.raises(Refused, match="11 minutes old"):
        reminders.send_reminder(quick.ctx, draft)
    assert (post.heard, rows(quick), quick.audited()) == ([], [], [])


def test_nobody_is_chased_before_the_first_copy_is_complete(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    with writing(quick.ctx.engine) as conn:
        conn.execute(delete(sync_state).where(sync_state.c.key == "fresh_at"))
    with pytest.raises(Refused, match="before it is complete"):
        reminders.send_reminder(quick.ctx, draft)
    assert (post.heard, rows(quick)) == ([], [])


def test_when_stripe_is_away_nobody_is_chased(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    quick.wire.cut("", method="get", times=50)
    with pytest.raises(Refused, match="Nothing was changed"):
        reminders.send_reminder(quick.ctx, draft)
    assert (post.heard, rows(quick)) == ([], [])


def test_a_paused_payer_is_left_alone_until_the_day_has_come(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    reminders.pause_reminders(quick.ctx, payer, until=date(2026, 11, 29), form=quick.form())
    tags = quick.in_stripe("customer", payer)["metadata"]
    assert (tags["pd_reminders"], tags["pd_reminders_until"]) == ("paused", "2026-11-29")
    with pytest.raises(Refused, match="paused"):
        reminders.send_reminder(quick.ctx, draft)
    quick.wait(2 * DAY)
    quick.sync()
    reminders.send_reminder(quick.ctx, shown(quick, payer))
    assert len(post.kept()) == 1


def test_a_pause_is_put_in_stripe_and_taken_out_again(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    reminders.pause_reminders(quick.ctx, payer, form=quick.form())
    [row] = queries.table(quick.ctx).rows.to_dict("records")
    assert (row["paused"], row["due"]) == (True, False)
    reminders.resume_reminders(quick.ctx, payer, form=quick.form())
    [row] = queries.table(quick.ctx).rows.to_dict("records")
    assert (row["paused"], row["due"]) == (False, True)
    assert "pd_reminders" not in quick.in_stripe("customer", payer)["metadata"]


def test_a_pause_whose_answer_is_lost_is_found_and_not_sent_twice(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    quick.wire.lose_all_from(payer)
    with pytest.raises(NotConfirmed):
        reminders.pause_reminders(quick.ctx, payer, form=quick.form())
    quick.wire.mend()
    quick.wait(300)
    resolve(quick.ctx)
    assert [wish.state for wish in quick.intents()] == ["done"]
    assert quick.in_stripe("customer", payer)["metadata"]["pd_reminders"] == "paused"


def test_a_pause_until_today_is_refused_beside_its_field(quick: World) -> None:
    payer, _ = late(quick, 12_000)
    with pytest.raises(Refused, match="after today") as no:
        reminders.pause_reminders(quick.ctx, payer, until=quick.ctx.today, form=quick.form())
    assert no.value.field == "until"


def test_a_mail_server_that_is_away_is_said_and_can_be_tried_again(quick: World, tmp_path: Path) -> None:
    payer, _ = late(quick, 12_000)
    with post_office(tmp_path) as gone:
        with_server(quick, gone)
    with pytest.raises(Unavailable, match="cannot be reached"):
        reminders.send_reminder(quick.ctx, shown(quick, payer))
    [row] = rows(quick)
    assert (row.state, "cannot be reached" in row.words) == ("refused", True)
    with post_office(tmp_path) as back:
        with_server(quick, back)
        reminders.send_reminder(quick.ctx, shown(quick, payer))
        assert len(back.kept()) == 1
    assert [row.state for row in rows(quick)] == ["sent"]


def test_an_address_the_server_refuses_is_said_with_the_servers_reason(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    post.refuses.append("ap@acme")
    with pytest.raises(Refused, match=r"refuses the address ap@acme.example: 550 5.1.1 no such mailbox here"):
        reminders.send_reminder(quick.ctx, shown(quick, payer))
    assert ([row.state for row in rows(quick)], post.kept()) == (["refused"], [])
    post.refuses.clear()
    reminders.send_reminder(quick.ctx, shown(quick, payer))
    assert len(post.kept()) == 1


@pytest.mark.parametrize("where", ["message", "answer"])
def test_a_line_that_breaks_in_mid_message_leaves_it_unknown_and_it_is_not_sent_again(
    quick: World, post: Post, where: str
) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    post.dies_at = where
    with pytest.raises(NotConfirmed, match="may have gone out"):
        reminders.send_reminder(quick.ctx, draft)
    post.dies_at, before = "", len(post.kept())
    with pytest.raises(AskFirst, match="may have gone out"):
        reminders.send_reminder(quick.ctx, draft)
    assert resolve(quick.ctx) == 0
    assert ([row.state for row in rows(quick)], len(post.kept())) == (["unknown"], before)
    [row] = queries.table(quick.ctx).rows.to_dict("records")
    assert (row["last_state"], row["due"]) == ("unknown", False)
    reminders.send_reminder(quick.ctx, draft, despite_unknown=True)
    assert ([row.state for row in rows(quick)], len(post.kept())) == (["sent"], before + 1)


def test_a_process_killed_in_mid_conversation_leaves_what_may_have_gone_out(
    quick: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(reminders.mail, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            reminders.send_reminder(quick.ctx, draft)
    with pytest.raises(Refused, match="mira is sending this payer a reminder just now"):
        reminders.send_reminder(second(quick), draft)
    quick.wait(301)
    assert queries.log(quick.ctx).rows.iloc[0]["state"] == "unknown"
    with pytest.raises(AskFirst, match="may have gone out"):
        reminders.send_reminder(quick.ctx, draft)
    assert post.kept() == []


def test_who_may_only_look_sends_nothing(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    viewer = quick.person("vera", "viewer")
    with pytest.raises(NotAllowed):
        reminders.send_reminder(viewer, draft)
    with pytest.raises(NotAllowed):
        reminders.pause_reminders(viewer, payer, form=quick.form())
    assert (post.heard, rows(quick)) == ([], [])


def test_without_an_address_there_is_nothing_to_send(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000, email="")
    with pytest.raises(Refused, match="no email address"):
        shown(quick, payer)


def test_a_payer_deleted_in_stripe_is_not_written_to(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    quick.sandbox.call("DELETE", f"/v1/customers/{payer}")
    with pytest.raises(Refused, match="deleted in Stripe"):
        reminders.send_reminder(quick.ctx, draft)
    assert post.heard == []


def test_without_a_mail_server_a_practice_with_real_money_sends_nothing(quick: World) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, mode="test"))
    with pytest.raises(Refused, match="No mail server is set"):
        reminders.send_reminder(quick.ctx, draft)
    assert rows(quick) == []


def test_in_the_demo_a_message_is_kept_on_this_machine_and_goes_to_nobody(quick: World) -> None:
    payer, _ = late(quick, 12_000)
    reminders.send_reminder(quick.ctx, shown(quick, payer))
    [kept] = capture.latest(quick.ctx.settings.data)
    assert (kept.to, "£120.00 overdue" in kept.subject) == ("ap@acme.example", True)


HOSTILE = "Acme\r\nBcc: thief@evil.example\r\n\r\n<script>alert(1)</script> <b>x</b>"


def test_a_hostile_name_adds_no_header_no_recipient_and_no_markup(quick: World, post: Post) -> None:
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, practice="Surgery\r\nBcc: me@evil.example"))
    payer, _ = late(quick, 12_000, name=HOSTILE)
    draft = shown(quick, payer)
    reminders.send_reminder(quick.ctx, draft)
    assert [word for word in post.heard if word.startswith("RCPT")] == ["RCPT TO:<ap@acme.example>"]
    raw = next((post.folder).glob("*.eml")).read_bytes()
    head = raw.partition(b"\r\n\r\n")[0].decode()
    assert "\nBcc" not in head
    assert "<script>" not in draft.mail.html
    assert "&lt;script&gt;" in draft.mail.html


def test_an_address_with_letters_no_mail_server_must_take_is_refused_before_it_hears_of_it(
    quick: World, post: Post
) -> None:
    payer, _ = late(quick, 12_000, email="josé@x.example")
    with pytest.raises(Refused, match="not an address that mail can be sent to"):
        reminders.send_reminder(quick.ctx, shown(quick, payer))
    assert (post.heard, [row.state for row in rows(quick)]) == ([], ["refused"])


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
        "Reminder sent", "Acme Ltd", "£120.00", "Refused",
    )  # fmt: skip
    assert "no such mailbox" in row["words"]
    post.refuses.clear()
    reminders.send_reminder(quick.ctx, shown(quick, payer))
    assert activity.table(quick.ctx).rows.iloc[0]["outcome"] == "Done"
