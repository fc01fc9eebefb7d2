"""Reminders and the mail server: away, refusing, cut off in the middle; and what no name can put into a message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lib.actions import reminders
from lib.actions.resolver import resolve
from lib.errors import AskFirst, NotConfirmed, Refused, Unavailable
from lib.mail import capture
from lib.queries import reminder_log
from lib.queries import reminders as queries
from tests.support.mail import Post, post_office, with_server
from tests.support.reminders import late, rows, second, shown
from tests.support.world import World


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
    assert reminder_log.log(quick.ctx).rows.iloc[0]["state"] == "unknown"
    with pytest.raises(AskFirst, match="may have gone out"):
        reminders.send_reminder(quick.ctx, draft)
    assert post.kept() == []


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
