"""Who is to be reminded: by the payer's terms, at the practice's stages, the same as every other list has it."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from lib.actions import exports
from lib.actions import reminder_pauses as pausing
from lib.mirror.database import writing
from lib.mirror.ours import reminders as table
from lib.queries import invoices as lists
from lib.queries import organisations, overview, reminder_log, reminder_pauses, reminders, statements
from lib.queries.invoices import Filters
from tests.support.london import at, by_hero
from tests.support.world import DAY, World


def rows(world: World, **filters: Any) -> list[dict[str, Any]]:
    return list(reminders.table(world.ctx, **filters).rows.to_dict("records"))


def sent(world: World, payer: str, stage: int, oldest: str, **more: Any) -> None:
    """A reminder of two days ago, as it is stored."""
    row = {
        "id": reminder_log.reminder_id(payer, stage, oldest),
        "payer": payer,
        "stage": stage,
        "email": "ap@acme.example",
    }
    rest = {
        "invoices": f'["{oldest}"]',
        "currency": "gbp",
        "amount": 100,
        "state": "sent",
        "words": "",
        "actor": "mira",
    }
    with writing(world.ctx.engine) as conn:
        conn.execute(table.insert().values(**{**row, **rest, "at": world.ctx.now - 2 * DAY, **more}))


@pytest.mark.parametrize(
    ("today", "stage"),
    [
        ("2026-10-20T12:00", None),
        ("2026-11-06T23:59", 0),
        ("2026-11-07T00:00", 7),
        ("2026-11-20T23:59", 7),
        ("2026-11-21T00:00", 21),
        ("2026-12-15T00:00", 45),
    ],
)
def test_stages_are_counted_from_the_payers_terms_in_days_of_london(
    world: World, today: str, stage: int | None
) -> None:
    """Scenario 29: due 1 October in Stripe, 31 October by terms of thirty days; the clocks go back in between."""
    by_hero(world, "30", "2026-10-01T10:00")
    world.sandbox.clock.set(at(today))
    world.sync()
    assert [row["stage"] for row in rows(world)] == ([] if stage is None else [stage])
    assert [row["due"] for row in rows(world)] == ([] if stage is None else [bool(stage)])
    assert (reminders.table(world.ctx, due_only=True).total == 1) == bool(stage)


def test_lists_overview_statement_and_reminders_agree_on_what_is_overdue(world: World) -> None:
    """Scenario 29, on one practice, on each side of the day that turns."""
    for terms, issued in (("30", "2026-10-01T23:30"), ("14", "2026-10-12T00:30"), ("60", "2026-08-20T12:00")):
        by_hero(world, terms, issued, 1000 + int(terms))
    for today in ("2026-10-26T00:00", "2026-10-31T23:59", "2026-11-01T00:00", "2026-12-25T12:00"):
        world.sandbox.clock.set(at(today))
        world.sync()
        told = {row["payer"]: (row["overdue"], row["days"]) for row in rows(world)}
        by_list = {
            row["payer"]: (row["remaining"], row["overdue_days"])
            for row in lists.table(world.ctx, Filters(age="Overdue")).rows.to_dict("records")
        }
        by_statement = {
            payer: (section.overdue.minor, max(line.overdue_days for line in section.lines))
            for payer in organisations.table(world.ctx).rows["id"]
            if (section := statements.get(world.ctx, payer).section("gbp")).overdue
        }
        exported = _exported(world, "outstanding")
        by_file = {
            row["Payer ID"]: int(row["Days overdue"]) for row in exported if row["Days overdue"] not in ("", "0")
        }
        assert told == by_list == by_statement
        assert {payer: days for payer, (_, days) in told.items()} == by_file
        assert sum(amount for amount, _ in told.values()) == overview.figures(world.ctx)[0].overdue.minor
        ages = overview.by_age(world.ctx, "gbp")["outstanding"]
        assert ages.sum() == overview.figures(world.ctx)[0].outstanding.minor


def _exported(world: World, report: str) -> list[dict[str, str]]:
    text = b"".join(exports.export(world.ctx, report)).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_what_is_due_now_is_a_stage_that_was_not_sent_to_somebody_who_is_not_paused(world: World) -> None:
    names = ("new", "was sent", "was refused", "may have gone", "sent today", "paused", "deleted", "next stage")
    made = {name: world.customer(name) for name in names}
    bills = {name: world.invoice(payer, 100, days_until_due=1) for name, payer in made.items()}
    world.wait(12 * DAY)
    world.sync()
    sent(world, made["was sent"], 7, bills["was sent"])
    sent(world, made["was refused"], 7, bills["was refused"], state="refused")
    sent(world, made["may have gone"], 7, bills["may have gone"], state="unknown")
    sent(world, made["sent today"], 21, "in_another", at=world.ctx.now - 3600)
    sent(world, made["next stage"], 1, bills["next stage"])
    pausing.pause_reminders(world.ctx, made["paused"], form=world.form())
    world.sandbox.call("DELETE", f"/v1/customers/{made['deleted']}")
    world.sync()
    due = {row["name"]: row["due"] for row in rows(world, due_only=True)}
    assert due == {"new": True, "was refused": True, "next stage": True, "deleted": False}
    assert {row["name"] for row in rows(world)} == set(names)
    assert reminders.table(world.ctx, due_only=True).total == 4
    assert [row["next_due"] for row in rows(world) if row["name"] == "deleted"] == [None]


def test_a_reminder_that_was_sent_says_by_whom_and_when_the_next_is_due(world: World) -> None:
    acme = world.customer()
    bill = world.invoice(acme, 100, days_until_due=1)
    world.wait(12 * DAY)
    world.sync()
    sent(world, acme, 7, bill)
    [row] = rows(world)
    assert (row["last_by"], row["last_stage"], row["last_state"], row["last_at"]) == (
        "Mira", 7, "sent", world.ctx.now - 2 * DAY,
    )  # fmt: skip
    assert (row["next_due"] - row["oldest_due"]) // DAY == 21
    world.wait(60 * DAY)
    world.sync()
    sent(world, acme, 45, bill)
    assert rows(world)[0]["next_due"] is None


def test_one_that_says_sending_for_minutes_was_cut_off_and_may_have_gone_out(world: World) -> None:
    acme = world.customer()
    bill = world.invoice(acme, 100, days_until_due=1)
    world.wait(12 * DAY)
    world.sync()
    sent(world, acme, 7, bill, state="sending", at=world.ctx.now - 299)
    assert reminder_log.log(world.ctx).rows.iloc[0]["state"] == "sending"
    world.wait(2)
    assert reminder_log.log(world.ctx).rows.iloc[0]["state"] == "unknown"
    assert (rows(world)[0]["last_state"], rows(world)[0]["due"]) == ("unknown", False)
    assert reminder_log.state_of(world.ctx, reminder_log.reminder_id(acme, 7, bill)) == "unknown"


def test_patients_are_chased_by_choice_only(world: World) -> None:
    ada, acme = world.patient(), world.customer()
    for payer in (ada, acme):
        world.invoice(payer, 100, days_until_due=1)
    world.wait(12 * DAY)
    world.sync()
    assert [row["payer"] for row in rows(world)] == [acme]
    assert [row["payer"] for row in rows(world, whose=reminders.PATIENTS)] == [ada]


def test_currencies_are_rows_of_their_own_and_each_is_added_up_alone(world: World) -> None:
    acme = world.customer()
    for amount, currency in ((100, "gbp"), (200, "gbp"), (5000, "jpy")):
        world.invoice(acme, amount, currency=currency, days_until_due=1)
    world.wait(12 * DAY)
    world.sync()
    assert {row["id"]: (row["overdue"], row["invoices"]) for row in rows(world)} == {
        f"{acme}:gbp": (300, 2),
        f"{acme}:jpy": (5000, 1),
    }


@pytest.mark.parametrize("sort", reminders.SORTS)
@pytest.mark.parametrize("descending", [True, False])
def test_every_order_pages_through_all_of_them_once(quick: World, sort: str, descending: bool) -> None:
    for number in range(7):
        quick.invoice(quick.customer(f"Payer {number % 3}"), 100 + number % 2, days_until_due=1)
        quick.wait(DAY * (number % 2))
    quick.wait(12 * DAY)
    quick.sync()
    how = {"sort": sort, "descending": descending, "size": 3}
    page, seen = reminders.table(quick.ctx, **how), []
    while True:
        seen += list(page.rows["id"])
        if not page.after:
            break
        page = reminders.table(quick.ctx, **how, place=page.place("after"))
    assert (len(seen), len(set(seen)), page.total) == (7, 7, 7)


def test_the_practices_own_stages_count(quick: World) -> None:
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, reminder_days=(3, 10)))
    quick.invoice(quick.customer(), 100, days_until_due=1)
    quick.wait(12 * DAY)
    quick.sync()
    assert (rows(quick)[0]["stage"], rows(quick)[0]["next_due"]) == (10, quick.ctx.now)
    assert [reminders.stage_of(quick.ctx, days) for days in (0, 2, 3, 9, 10, 400)] == [0, 0, 3, 3, 10, 10]


@pytest.mark.parametrize("until", ["tomorrow", "2026-13-40", ""])
def test_a_pause_whose_end_makes_no_sense_has_none(quick: World, until: str) -> None:
    tags = {"pd_reminders": "paused", "pd_reminders_until": until}
    assert reminder_pauses.pause_of(tags, quick.ctx.today) == reminder_pauses.Pause(on=True)
    assert not reminder_pauses.pause_of(None, quick.ctx.today).on


def test_the_report_has_a_row_for_every_reminder_with_its_columns(world: World) -> None:
    acme = world.customer("Acme, Ltd")
    world.sync()
    sent(world, acme, 7, "in_1", invoices='["in_1", "in_2"]', amount=12_345)
    sent(world, acme, 21, "in_1", state="sending", at=world.ctx.now - 400)
    latest, first = _exported(world, "reminders")
    assert list(first) == [
        "Reminder ID", "Payer ID", "Payer", "Stage (days)", "Sent to", "Invoices", "Currency", "Amount", "State",
        "Sent by", "Sent at",
    ]  # fmt: skip
    assert (first["Payer"], first["Invoices"], first["Amount"], first["State"]) == (
        "Acme, Ltd", "in_1 in_2", "123.45", "sent",
    )  # fmt: skip
    assert (latest["State"], latest["Stage (days)"], first["Sent at"][:10]) == ("unknown", "21", "2026-11-14")
