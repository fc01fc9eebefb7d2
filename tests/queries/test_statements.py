"""What stands on a payer's statement: rows and ages that add up, from the mirror (scenarios 3, 5, 7, 15, 19 and B6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from lib.errors import NotFound
from lib.money import Money
from lib.queries import overview, statements
from tests.support.world import DAY, World, pounds


def test_outstanding_credit_and_net_are_told_apart(world: World) -> None:
    """Scenario 7."""
    acme = world.customer(email="ap@acme.example", address={"line1": "1 High Street", "city": "London"})
    for amount in (12_000, 8000):
        world.invoice(acme, amount)
    world.entry(acme, -5000)
    world.sync()
    found = statements.get(world.ctx, acme)
    [section] = found.sections
    assert (section.outstanding, section.on_account, section.net) == (pounds(20_000), pounds(-5000), pounds(15_000))
    assert sorted(line.remaining for line in section.lines) == [8000, 12_000]
    assert (found.email, found.address) == ("ap@acme.example", ("1 High Street", "London"))


def test_credit_notes_credit_on_account_and_payments_are_told_apart_line_by_line(world: World) -> None:
    """Scenarios 3, 5 and 15."""
    acme = world.customer()
    world.entry(acme, -15_000)
    credited = world.invoice(acme, 20_000)  # 15000 from the account
    world.entry(acme, 1250)
    debited = world.invoice(acme, 9000)  # and 1250 more
    noted = world.invoice(acme, 20_000)
    world.sandbox.call("POST", "/v1/credit_notes", {"invoice": noted, "amount": 5000})
    world.sync()
    lines = {line.id: line for line in statements.get(world.ctx, acme).section("gbp").lines}
    told = {each: (line.total, line.used, line.credited, line.paid, line.remaining) for each, line in lines.items()}
    assert told == {
        credited: (20_000, 15_000, 0, 0, 5000),
        debited: (9000, -1250, 0, 0, 10_250),
        noted: (20_000, 0, 5000, 0, 15_000),
    }


def test_the_ages_add_up_to_what_is_outstanding_and_agree_with_the_overview(world: World) -> None:
    acme = world.customer(metadata={"pd_terms_days": "14"})
    for number in range(9):
        world.invoice(acme, 1000 + number, due_date=world.sandbox.clock.now() + 60)
        world.wait(13 * DAY)
    world.sync()
    section = statements.get(world.ctx, acme).section("gbp")
    assert sum(section.ages) == sum(line.remaining for line in section.lines) == section.outstanding.minor
    assert list(section.ages) == list(overview.by_age(world.ctx, "gbp")["outstanding"])
    assert sum(line.remaining for line in section.lines if line.overdue_days) == section.overdue.minor
    assert sum(1 for amount in section.ages if amount) >= 4


def test_currencies_have_sections_of_their_own(world: World) -> None:
    """Scenario 19."""
    acme = world.customer()
    world.invoice(acme, 8000)
    world.invoice(acme, 12_000, currency="jpy")
    world.entry(acme, -5000, "eur")
    world.sync()
    found = statements.get(world.ctx, acme)
    assert [(each.currency, each.net.minor) for each in found.sections] == [
        ("gbp", 8000),
        ("eur", -5000),
        ("jpy", 12_000),
    ]
    assert found.section("usd").net == Money(0, "usd")


def test_drafts_voids_and_write_offs_stand_on_no_statement(world: World) -> None:
    acme = world.customer()
    world.draft(acme, 100)
    for verb in ("void", "mark_uncollectible"):
        world.sandbox.call("POST", f"/v1/invoices/{world.invoice(acme, 200)}/{verb}")
    kept = world.invoice(acme, 12_000)
    world.sync()
    for found in (statements.get(world.ctx, acme), statements.get(world.ctx, acme, **_november())):
        assert [line.id for line in found.section("gbp").lines] == [kept]


def _november() -> dict[str, date]:
    return {"first": date(2026, 11, 1), "last": date(2026, 11, 30)}


def test_a_period_tells_what_was_billed_then_paid_or_not_and_what_is_open_in_all(world: World) -> None:
    acme = world.customer()
    paid = world.invoice(acme, 3000)
    world.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    world.sandbox.clock.set(1_796_083_200)  # 1 December 2026, 00:00 in London
    later = world.invoice(acme, 4000)
    world.sync()
    november = statements.get(world.ctx, acme, **_november()).section("gbp")
    assert [(line.id, line.paid, line.remaining) for line in november.lines] == [(paid, 3000, 0)]
    assert november.outstanding == pounds(4000)
    december = statements.get(world.ctx, acme, first=date(2026, 12, 1), last=date(2026, 12, 1))
    assert [line.id for line in december.section("gbp").lines] == [later]


def test_another_payers_invoices_never_stand_on_it(world: World) -> None:
    acme, other = world.customer(), world.customer("Other Ltd")
    mine, _ = world.invoice(acme, 100), world.invoice(other, 200)
    world.sync()
    assert [line.id for line in statements.get(world.ctx, acme).section("gbp").lines] == [mine]


def test_the_practices_neutral_words_stand_where_the_patient_would(world: World) -> None:
    """Scenario B6: the amount is unchanged."""
    ada = world.patient("Ada Byrne", metadata={"Hero reference": "P-1042"})
    acme = world.customer(metadata={"pd_neutral_text": "Medical services"})
    plain = world.customer("Plain Ltd")
    for payer in (acme, plain):
        world.invoice(payer, 7000, metadata={"pd_patient": ada, "Patient name": "Ada Byrne"})
    world.sync()
    [hidden] = statements.get(world.ctx, acme).section("gbp").lines
    [shown] = statements.get(world.ctx, plain).section("gbp").lines
    assert (hidden.about, hidden.remaining) == ("Medical services – ref P-1042", 7000)
    assert (shown.about, shown.remaining) == ("Ada Byrne", 7000)


def test_nobodys_statement_is_not_found(quick: World) -> None:
    with pytest.raises(NotFound):
        statements.get(quick.ctx, "cus_nobody")


def test_balance_lines_and_ages_speak_of_one_moment_whoever_writes_meanwhile(world: World) -> None:
    """Credit is used by an invoice that arrives between two questions: it counts once, on one side or on the other."""
    acme = world.customer()
    world.invoice(acme, 12_000)
    world.sync()
    for question in range(1, 7):
        before = statements.get(world.ctx, acme).sections
        with _after_question(world, question, lambda: _news(world, acme)):
            found = statements.get(world.ctx, acme).sections
        assert found in (before, statements.get(world.ctx, acme).sections), f"after question {question}"


@contextmanager
def _after_question(world: World, question: int, news: Callable[[], None]) -> Iterator[None]:
    """Something is written when the database has answered so many questions."""
    asked: list[str] = []

    def hear(_conn: Any, _cursor: Any, told: str, *_rest: Any) -> None:
        if told.startswith("SELECT"):
            asked.append(told)
            if len(asked) == question:
                news()

    event.listen(world.ctx.engine, "after_cursor_execute", hear)
    yield
    event.remove(world.ctx.engine, "after_cursor_execute", hear)
    assert len(asked) > question


def _news(world: World, payer: str) -> None:
    world.invoice(payer, 9000)
    world.entry(payer, -5000)
    world.sync()
