"""No list walks through every invoice: SQLite's own plans of what the pages ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from lib import audit
from lib.actions import views
from lib.context import Context
from lib.mirror.database import writing
from lib.queries import activity, drafts, misdirected, rebills, reminders, remittances, statements
from lib.queries.activity import Filters
from tests.support.world import DAY, NOON, World

ASKED: dict[str, Callable[[Context, str], Any]] = {
    "what was done on some days": lambda ctx, _: activity.table(ctx, filters=Filters(since="2026-01-01")),
    "what was done with an account": lambda ctx, payer: activity.table(ctx, filters=Filters(customer=payer)),
    "what went astray": lambda ctx, _: misdirected.sums(ctx),
    "drafts": lambda ctx, _: drafts.table(ctx),
    "what a payer owes": lambda ctx, payer: remittances.owing(ctx, payer, "gbp"),
    "who is to be reminded": lambda ctx, _: reminders.table(ctx, due_only=True),
    "a statement": lambda ctx, payer: statements.get(ctx, payer),
    "work of a patient": lambda ctx, payer: rebills.work(ctx, [payer], ""),
}


@pytest.mark.parametrize("asked", ASKED)
def test_no_question_looks_at_every_invoice(quick: World, asked: str) -> None:
    acme = quick.customer()
    quick.invoice(acme, 9900)
    quick.sync()
    heard: list[tuple[str, Any]] = []

    def hear(_conn: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        heard.append((statement, values))

    event.listen(quick.ctx.engine, "before_cursor_execute", hear)
    ASKED[asked](quick.ctx, acme)
    event.remove(quick.ctx.engine, "before_cursor_execute", hear)
    with quick.ctx.engine.connect() as conn:
        plans = [
            str(row[-1])
            for statement, values in heard
            if statement.startswith(("SELECT", "WITH"))
            for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert plans
    # What is owed, and what may have gone astray, have indexes of their own, which hold nothing else.
    few = ("invoices_owed", "invoices_astray", "invoices_due_before")
    walked = [plan for plan in plans if plan.startswith("SCAN invoices") and not any(name in plan for name in few)]
    assert walked == []


def test_what_was_done_with_a_draft_that_is_gone_is_still_found_by_its_payer(quick: World) -> None:
    acme = quick.customer()
    draft = quick.draft(acme, 7500)
    quick.sync()
    views.invoice(quick.ctx, draft)
    quick.sandbox.call("DELETE", f"/v1/invoices/{draft}")
    quick.sync()
    found = activity.table(quick.ctx, filters=Filters(customer=acme))
    assert list(found.rows["subject"]) == [draft]


def test_the_log_of_some_days_is_read_from_there_and_not_from_its_end(quick: World) -> None:
    """Two hundred thousand entries of other days are not looked at; nor is one lost when a clock was set back."""
    acme = quick.customer()
    for back in (0, 3, 1):
        with writing(quick.ctx.engine) as conn, pytest.MonkeyPatch.context() as clock:
            clock.setattr(time, "time", lambda back=back: NOON - back * DAY)
            audit.record(conn, actor="mira", role="manager", verb="account:view", subject=acme, detail={"back": back})

    def days(since: str, until: str) -> list[int]:
        found = activity.table(quick.ctx, filters=Filters(since=since, until=until)).rows
        return [int((NOON - at) / DAY) for at in found["at"]]

    assert days("2026-11-16", "") == [0]
    assert days("2026-11-15", "") == [1, 0]
    assert days("", "2026-11-15") == [1, 3]
    assert days("2026-11-13", "2026-11-14") == [3]
    assert days("2026-11-17", "") == days("", "2026-11-01") == []
