"""A payer who is left alone: until a day, or until somebody says otherwise."""

from __future__ import annotations

from datetime import date

import pytest

from lib.actions import reminder_pauses, reminders
from lib.actions.resolver import resolve
from lib.errors import NotConfirmed, Refused
from lib.queries import reminders as queries
from tests.support.mail import Post
from tests.support.reminders import late, shown
from tests.support.world import DAY, World


def test_a_paused_payer_is_left_alone_until_the_day_has_come(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    reminder_pauses.pause_reminders(quick.ctx, payer, until=date(2026, 11, 29), form=quick.form())
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
    reminder_pauses.pause_reminders(quick.ctx, payer, form=quick.form())
    [row] = queries.table(quick.ctx).rows.to_dict("records")
    assert (row["paused"], row["due"]) == (True, False)
    reminder_pauses.resume_reminders(quick.ctx, payer, form=quick.form())
    [row] = queries.table(quick.ctx).rows.to_dict("records")
    assert (row["paused"], row["due"]) == (False, True)
    assert "pd_reminders" not in quick.in_stripe("customer", payer)["metadata"]


def test_a_pause_whose_answer_is_lost_is_found_and_not_sent_twice(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    quick.wire.lose_all_from(payer)
    with pytest.raises(NotConfirmed):
        reminder_pauses.pause_reminders(quick.ctx, payer, form=quick.form())
    quick.wire.mend()
    quick.wait(300)
    resolve(quick.ctx)
    assert [wish.state for wish in quick.intents()] == ["done"]
    assert quick.in_stripe("customer", payer)["metadata"]["pd_reminders"] == "paused"


def test_a_pause_until_today_is_refused_beside_its_field(quick: World) -> None:
    payer, _ = late(quick, 12_000)
    with pytest.raises(Refused, match="after today") as no:
        reminder_pauses.pause_reminders(quick.ctx, payer, until=quick.ctx.today, form=quick.form())
    assert no.value.field == "until"
