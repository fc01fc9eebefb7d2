"""After other settings, or another way of making rows, what is stored is what a fresh copy would bring."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from lib.errors import Unavailable
from lib.mirror import shape_anew, shapes, store
from lib.mirror.database import reading, writing
from lib.mirror.tables import customers, invoices, parties, sync_state
from lib.queries import customers as accounts
from lib.queries import invoices as lists
from lib.queries import patients
from lib.sync import nightly, reshape, state
from tests.support.following import assert_equals_a_fresh_copy
from tests.support.world import World, pounds

OURS = {"full_name": "Client", "patient_name": "For whom", "practitioner": "Seen by", "location": "Where"}


@pytest.fixture
def practice(world: World) -> World:
    """Hero's labels are not the usual ones here, and nobody has said so yet."""
    world.sandbox.clock.set(1_793_575_800)  # 1 November 2026, 23:30 in London
    acme = world.customer(metadata={"pd_terms_days": "30"})
    ada = world.customer("", kind="", metadata={"Client": "Ada Byrne", "pd_default_payer": acme})
    world.invoice(ada, 700, metadata={"For whom": "Ada Byrne", "Seen by": "Dr Obi", "Where": "Room 2"})
    paid = world.invoice(acme, 900, metadata={"pd_patient": ada})
    world.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    world.entry(acme, -250)
    world.sync()
    world.wait(60)
    return world


def told(world: World, **more: Any) -> World:
    """The same practice after a start with other settings."""
    return replace(world, ctx=replace(world.ctx, settings=replace(world.ctx.settings, **more)))


def night(world: World) -> list[str]:
    """What whoever follows Stripe does after a look; what it asked for."""
    world.wire.asked.clear()
    nightly.run(world.ctx, threading.Event())
    return [path for _, path in world.wire.asked]


def labelled(world: World) -> World:
    return told(world, hero_labels={**world.ctx.settings.hero_labels, **OURS})


def test_labels_that_are_said_later_reach_what_is_stored_and_stripe_is_asked_for_news_alone(practice: World) -> None:
    assert patients.table(practice.ctx).total == 0
    after = labelled(practice)
    assert set(night(after)) == {"/v1/events"}
    assert list(patients.table(after.ctx).rows["name"]) == ["Ada Byrne"]
    [row] = lists.table(after.ctx, lists.Filters(practitioner="Dr Obi")).rows.to_dict("records")
    assert (row["patient_name"], row["location"]) == ("Ada Byrne", "Room 2")
    assert_equals_a_fresh_copy(after)


def test_another_time_zone_reaches_months_and_days(practice: World) -> None:
    after = told(practice, zone=ZoneInfo("Pacific/Auckland"))
    before = _days(practice)
    night(after)
    assert _days(after) != before
    assert_equals_a_fresh_copy(after)


def _days(world: World) -> list[Any]:
    row = invoices.c
    with reading(world.ctx.engine) as conn:
        return list(conn.execute(select(row.month, row.issued_day, row.paid_day).order_by(row.id)).all())


def test_where_nothing_has_changed_nothing_is_written(practice: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reshape, "run", lambda *_: pytest.fail("nothing is to be done"))
    assert not reshape.due(practice.ctx)
    night(practice)


def test_a_release_that_makes_rows_otherwise_is_due_and_so_is_a_mirror_that_never_said(
    practice: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with state.writing(practice.ctx) as conn:
        state.remember(conn, shaped_as="")
    assert reshape.due(practice.ctx)
    night(practice)
    assert not reshape.due(practice.ctx)
    monkeypatch.setattr(shapes, "_VERSION", 2)
    assert reshape.due(practice.ctx)
    with writing(practice.ctx.engine) as conn:  # as an earlier release kept them
        conn.execute(update(parties).values(text="acme ltd"))
    night(practice)
    assert_equals_a_fresh_copy(practice)


def test_it_goes_on_where_it_was_cut_off_and_back_where_the_settings_went_back(
    practice: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shape_anew, "_AT_ONCE", 1)
    monkeypatch.setattr(reshape, "_A_WHILE", 0.0001)
    after = labelled(practice)
    fault = practice.sandbox.faults.add("error", method="GET", path="/v1/events", status=503)
    with pytest.raises(Unavailable):
        night(after)
    practice.sandbox.faults.remove(fault.id)
    assert reshape.due(practice.ctx)
    assert reshape.due(after.ctx)
    seen: list[str] = []
    some = shape_anew.some
    monkeypatch.setattr(shape_anew, "some", lambda conn, kind, *more: seen.append(kind) or some(conn, kind, *more))
    night(after)
    assert seen.count("customer") == 2  # one of the two was done, and at the end there is none
    night(practice)
    assert patients.table(practice.ctx).total == 0
    assert_equals_a_fresh_copy(practice)


def test_a_copy_that_goes_on_with_other_settings_is_shaped_anew_at_its_end(world: World) -> None:
    for number in range(105):
        world.customer("", kind="", metadata={"Client": f"Ada {number}"})
    fault = world.sandbox.faults.add("error", method="GET", path="/v1/customers", status=503, skip=1)
    with pytest.raises(Unavailable):
        world.sync()
    world.sandbox.faults.remove(fault.id)
    after = labelled(world)
    assert not reshape.due(after.ctx)
    after.sync()
    assert reshape.due(after.ctx)
    night(after)
    assert patients.table(after.ctx).total == 105
    assert_equals_a_fresh_copy(after)


def test_what_was_deleted_stays_so_and_a_newer_balance_stays(practice: World) -> None:
    gone = practice.customer("", kind="", metadata={"Client": "Zoe Son"})
    draft = practice.draft(gone, 100)
    acme = practice.sandbox.call("GET", "/v1/customers", {"limit": 100})["data"][-1]["id"]
    practice.sync()
    practice.sandbox.call("DELETE", f"/v1/invoices/{draft}")
    practice.sandbox.call("DELETE", f"/v1/customers/{gone}")
    practice.sync()
    practice.entry(acme, -50)
    entries = practice.sandbox.call("GET", f"/v1/customers/{acme}/balance_transactions", {"limit": 100})["data"]
    with writing(practice.ctx.engine) as conn:
        store.put_ledger(conn, acme, entries)
        shape_anew.some(conn, "customer", "", labelled(practice).ctx.settings)
        shape_anew.some(conn, "invoice", "", labelled(practice).ctx.settings)
    assert accounts.get(practice.ctx, acme).balances == (pounds(-300),)
    with reading(practice.ctx.engine) as conn:
        row = conn.execute(select(customers.c.deleted, customers.c.kind).where(customers.c.id == gone)).one()
        deleted = conn.execute(select(invoices.c.deleted).where(invoices.c.id == draft)).scalar_one()
    assert (row.deleted, row.kind, deleted) == (True, "patient", True)


def test_how_far_it_is_stands_with_what_the_sync_remembers(practice: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reshape, "_A_WHILE", 0.0001)
    stop = threading.Event()
    monkeypatch.setattr(reshape, "follow", lambda *_: stop.set())
    reshape.run(labelled(practice).ctx, stop)
    with reading(practice.ctx.engine) as conn:
        kept = conn.execute(select(func.count()).where(sync_state.c.key == "shaping", sync_state.c.value != ""))
        assert kept.scalar_one() == 1
