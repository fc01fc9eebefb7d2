"""The books against Stripe: what our copy has wrong is read again, what nobody can explain waits for a person."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest
from sqlalchemy import Boolean, ColumnElement, delete, insert, select, true, update

from lib.actions import balances, books
from lib.errors import NotAllowed, NotFound, Refused, Unavailable
from lib.mirror.database import reading, writing
from lib.mirror.ours import comparisons, differences, intents
from lib.mirror.tables import (
    account_sums,
    balance_transactions,
    covered,
    customer_balances,
    customer_sums,
    customers,
    invoice_sums,
    invoices,
    owed_days,
    paid_days,
)
from lib.queries import books as shown
from lib.sync import loop, nightly, reconcile, state
from tests.support.world import DAY, World, pounds
from tests.torture import drifts


def compare(world: World) -> reconcile.Compared:
    return reconcile.run(world.ctx, threading.Event())


def adjust(world: World, customer: str, minor: int = 500) -> str:
    return drifts.credit(world, customer, minor)


def admin(world: World) -> Any:
    return world.person("ada", "admin")


@pytest.fixture
def acme(world: World) -> str:
    """A customer with a ledger, an invoice and a change of ours."""
    customer = world.customer()
    world.entry(customer, -1000)
    world.invoice(customer, 4000)
    world.sync()
    adjust(world, customer)
    world.sync()
    return customer


def test_books_that_nobody_meddled_with_are_explained_in_full(world: World, acme: str) -> None:
    told = compare(world)
    assert (told.percent, told.healed, told.waiting) == (100.0, 0, 0)
    assert told.checked == told.explained > 5
    assert told.requests > 0
    [row] = world._all(select(comparisons))
    assert (row.checked, row.explained, row.healed) == (told.checked, told.explained, 0)
    checks = [entry for entry in world.audited() if entry.verb == "books:check"]
    assert '"waiting": 0' in checks[-1].detail


@pytest.mark.parametrize("kind", drifts.KINDS)
def test_every_kind_of_drift_is_found(world: World, acme: str, kind: str) -> None:
    compare(world)
    found = drifts.KINDS[kind](world, acme, random.Random(7))
    world.sync()
    compare(world)
    assert found()


def test_a_balance_that_does_not_add_up_is_read_again_and_nobody_is_asked(world: World, acme: str) -> None:
    with writing(world.ctx.engine) as conn:
        conn.execute(update(balance_transactions).values(amount=-1, ending_balance=-1))
    told = compare(world)
    assert (told.healed > 0, told.waiting) == (True, 0)
    assert compare(world).healed == 0


def test_sums_that_are_not_what_the_invoices_come_to_are_made_anew(world: World, acme: str) -> None:
    with writing(world.ctx.engine) as conn:
        conn.execute(update(invoice_sums).values(total=invoice_sums.c.total + 1))
    assert compare(world).healed == 1


WORKED_OUT = {
    "sums by month": invoice_sums.c.owed,
    "sums by account": account_sums.c.drafted,
    "sums by due day": owed_days.c.total,
    "sums by day of payment": paid_days.c.paid,
    "patients by payer": covered.c.patients,
    "customers by kind": customer_sums.c.customers,
    "what a customer owes": customers.c.owing,
    "when a customer was billed last": customers.c.latest,
    "when an invoice is due": invoices.c.due_at,
    "whom an invoice is for": invoices.c.astray,
}


@pytest.mark.parametrize("column", WORKED_OUT.values(), ids=list(WORKED_OUT))
def test_whatever_is_worked_out_of_the_rows_is_put_right_and_said(
    world: World, acme: str, column: ColumnElement[Any]
) -> None:
    patient = world.patient(metadata={"pd_default_payer": acme})
    paid = world.invoice(patient, 700)
    world.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    world.sync()
    assert compare(world).healed == 0
    which = invoices.c.status == "open" if column.table is invoices else true()
    with writing(world.ctx.engine) as conn:
        other = ~column if isinstance(column.type, Boolean) else column + 1
        conn.execute(update(column.table).where(which).values({column: other}))
    assert compare(world).healed > 0
    assert compare(world).healed == 0


def test_sums_that_stand_for_nothing_are_taken_away(world: World, acme: str) -> None:
    with writing(world.ctx.engine) as conn:
        conn.execute(insert(covered).values(payer="cus_nobody", patients=3))
        conn.execute(delete(owed_days))
    assert compare(world).healed == 2


def lose_the_record(world: World, customer: str) -> str:
    """A change of ours whose record is gone; the entry that it made in Stripe."""
    thing = adjust(world, customer, 700)
    with writing(world.ctx.engine) as conn:
        conn.execute(delete(intents).where(intents.c.result == thing))
    world.sync()
    return thing


def test_an_entry_without_a_record_is_said_with_its_figures_and_blocks_that_account_alone(
    world: World, acme: str
) -> None:
    other = world.customer("Other Ltd")
    thing = lose_the_record(world, acme)
    told = compare(world)
    assert told.waiting >= 1
    assert told.explained == told.checked - told.waiting
    words = list(shown.table(world.ctx)["what"])
    assert f"{thing} over £7.00 credit carries our mark, and no change on record asked for it." in words
    with pytest.raises(Refused, match=r"do not agree about this account\. Nothing was changed: an admin must look"):
        adjust(world, acme)
    assert not [intent for intent in world.intents() if intent.state != "done"]
    adjust(world, other)


def test_an_admin_agrees_and_the_account_can_be_changed_again(world: World, acme: str) -> None:
    lose_the_record(world, acme)
    compare(world)
    hands = admin(world)
    for difference in shown.table(world.ctx)["id"]:
        books.agree(hands, difference=difference)
        books.agree(hands, difference=difference)
    assert shown.standing(world.ctx).waiting == 0
    assert shown.standing(world.ctx).percent == 100.0
    adjust(world, acme)
    agreed = [entry for entry in world.audited() if entry.verb == "books:agree"]
    assert {entry.actor for entry in agreed} == {"ada"}
    assert len(agreed) == len(world._all(select(differences)))
    assert compare(world).waiting == 0


def test_what_has_become_another_difference_since_is_open_again(world: World, acme: str) -> None:
    with writing(world.ctx.engine) as conn:
        from lib.sync.differences import Difference, keep

        first = Difference("ledger", "x", acme, {"ours": 1, "theirs": 2, "currency": "gbp"})
        assert keep(conn, [first], 1) == 1
        conn.execute(update(differences).values(agreed_at=5, agreed_by="ada"))
        assert keep(conn, [first], 9) == 0
        moved = Difference("ledger", "x", acme, {"ours": 1, "theirs": 3, "currency": "gbp"})
        assert keep(conn, [moved], 9) == 1
        assert keep(conn, [], 9) == 0
        assert not conn.execute(select(differences)).all()


def test_a_manager_may_not_agree_and_nobody_agrees_to_nothing(world: World, acme: str) -> None:
    lose_the_record(world, acme)
    compare(world)
    first = shown.table(world.ctx)["id"][0]
    with pytest.raises(NotAllowed):
        books.agree(world.ctx, difference=first)
    with pytest.raises(NotFound, match="agree by now"):
        books.agree(admin(world), difference="tag:gone")
    assert shown.standing(world.ctx).waiting >= 1


def test_a_form_that_was_sent_before_the_doubt_finds_its_outcome(world: World, acme: str) -> None:
    seen = pounds(world.balance(acme))
    asked = {"customer": acme, "kind": "Credit", "amount": pounds(50), "reason": "Goodwill", "seen": seen}
    first = balances.adjust_balance(world.ctx, **asked, form="once")
    lose_the_record(world, acme)
    compare(world)
    assert balances.adjust_balance(world.ctx, **asked, form="once", despite_recent=True).result == first.result


def test_a_change_that_is_under_way_is_no_difference(world: World, acme: str) -> None:
    world.wire.lose_all_from("/balance_transactions")
    with pytest.raises(Exception, match="not confirmed"):
        adjust(world, acme, 300)
    world.wire.mend()
    world.sync()
    assert compare(world).waiting == 0


def test_the_books_are_not_compared_while_the_copy_is_not_whole(world: World) -> None:
    with pytest.raises(Unavailable, match="not whole yet"):
        reconcile.books(world.ctx)


def test_an_admin_asks_and_whoever_follows_stripe_compares_at_its_next_look(world: World, acme: str) -> None:
    with pytest.raises(NotAllowed):
        nightly.ask(world.ctx)
    nightly.ask(admin(world))
    assert shown.standing(world.ctx).wanted
    assert loop._called(world.ctx, alone=False)
    nightly.run(world.ctx, threading.Event())
    assert (shown.standing(world.ctx).wanted, shown.standing(world.ctx).percent) == (False, 100.0)
    at, found = shown.last_look(world.ctx)
    assert at == world.ctx.now
    assert {"name": "audit log", "state": "ok"}.items() <= found[0].items()


def test_who_asks_while_the_books_are_being_compared_is_not_forgotten(
    world: World, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands, look, asked = admin(world), reconcile._look, []

    def asks_again(*given: Any) -> Any:
        if not asked:
            world.wait(5)
            asked.append(nightly.ask(hands))
        return look(*given)

    nightly.ask(hands)
    monkeypatch.setattr(reconcile, "_look", asks_again)
    nightly.run(world.ctx, threading.Event())
    assert shown.standing(world.ctx).wanted
    nightly.run(world.ctx, threading.Event())
    assert not shown.standing(world.ctx).wanted


def test_after_the_days_round_the_books_are_compared_once(world: World, acme: str) -> None:
    from lib.sync import check

    world.wait(2 * DAY)
    world.sync()
    check.run(world.ctx, threading.Event())
    world.sync()
    for _ in range(3):
        nightly.run(world.ctx, threading.Event())
    assert len(world._all(select(comparisons))) == 1
    with reading(world.ctx.engine) as conn:
        assert state.recall(conn)["heads_noted"] == "2026-11-18"


def test_it_is_compared_by_the_database_and_with_a_handful_of_questions(world: World, acme: str) -> None:
    compare(world)
    world.wire.asked.clear()
    told = compare(world)
    assert told.requests == len(world.wire.asked) < 25


def test_an_account_that_holds_two_currencies_adds_up_in_each(world: World, acme: str) -> None:
    world.entry(acme, -900, "eur")
    world.sync()
    told = compare(world)
    assert (told.healed, told.waiting) == (0, 0)
    with reading(world.ctx.engine) as conn:
        assert len(conn.execute(select(customer_balances)).all()) == 2


def test_in_short_the_480_drifts_are_found_and_clean_books_are_silent() -> None:
    told = drifts.run(seed=3, scale=0.03)
    assert (told["drifts_found"], told["missed"], told["false_alarms"]) == (told["drifts"], {}, 0)


def test_deleted_drafts_and_voided_invoices_of_ours_are_no_difference(world: World, acme: str) -> None:
    with reading(world.ctx.engine) as conn:
        assert conn.execute(select(invoices.c.id)).first()
    draft = world.draft(acme, 100, metadata={"pd_intent": ""})
    world.sync()
    world.sandbox.call("DELETE", f"/v1/invoices/{draft}")
    world.sync()
    assert compare(world).waiting == 0
