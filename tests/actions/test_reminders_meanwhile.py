"""What changed between the preview and the press: less may go out than was shown, never more, never elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import delete

from lib.actions import reminders
from lib.errors import Changed, Refused
from lib.mirror.database import writing
from lib.mirror.tables import sync_state
from tests.support.mail import Post
from tests.support.reminders import late, rows, shown
from tests.support.world import DAY, World


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


def test_a_payer_deleted_in_stripe_is_not_written_to(quick: World, post: Post) -> None:
    payer, _ = late(quick, 12_000)
    draft = shown(quick, payer)
    quick.sandbox.call("DELETE", f"/v1/customers/{payer}")
    with pytest.raises(Refused, match="deleted in Stripe"):
        reminders.send_reminder(quick.ctx, draft)
    assert post.heard == []
