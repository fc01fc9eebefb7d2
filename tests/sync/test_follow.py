"""The mirror follows what others do in Stripe: late, twice, out of order, or after a long silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select

from lib.errors import Unavailable
from lib.mirror.database import reading, writing
from lib.mirror.tables import events, objects, sync_state
from lib.queries import catalogue, customers, freshness, organisations, overview
from lib.queries import invoices as lists
from lib.sync import follow, state
from lib.sync.named import named
from tests.support.builders import pounds
from tests.support.world import DAY, World


def mirrored(world: World) -> dict[str, Any]:
    """Every row of the mirror by table, without the times of reading."""
    from lib.mirror.tables import MIRROR

    told = {}
    with reading(world.ctx.engine) as conn:
        for table in (each for each in MIRROR if each not in (events, sync_state)):
            columns = [column for column in table.c if column.name not in ("read_at", "body")]
            told[table.name] = sorted(map(str, conn.execute(select(*columns))))
        told["bodies"] = {row.id: json.loads(row.body) for row in conn.execute(select(objects))}
    return told


def listing(world: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[list[Any]], list[Any]]) -> None:
    """Every page of Stripe's list of events comes changed."""
    ask = world.ctx.stripe.bulk.ask

    def asking(path: str, **params: Any) -> bytes:
        body = ask(path, **params)
        if path != "/v1/events":
            return body
        page = json.loads(body)
        return json.dumps({**page, "data": change(page["data"])}).encode()

    monkeypatch.setattr(world.ctx.stripe.bulk, "ask", asking)


def assert_equals_a_fresh_copy(world: World) -> None:
    """What following brought is what a new copy of everything brings."""
    followed = mirrored(world)
    with writing(world.ctx.engine) as conn:
        conn.execute(delete(sync_state))
    world.wait(1)
    world.sync()
    assert mirrored(world) == followed


def _a_practice(world: World) -> tuple[str, str]:
    acme, ada = world.customer(), world.patient()
    world.entry(acme, -700)
    opened = world.invoice(acme, *[1000] * 12)
    world.draft(ada, 500)
    world.sync()
    world.wait(30)
    return acme, opened


def test_a_first_look_copies_everything_and_says_as_of_when(world: World) -> None:
    acme, opened = _a_practice(world)
    assert customers.get(world.ctx, acme).balances == ()
    assert len(lists.lines(world.ctx, opened)) == 12
    told = freshness.get(world.ctx)
    assert (told.as_of, told.age, told.problem) == (world.ctx.now - 30, 30, "")


def test_what_was_done_in_stripe_behind_our_back_is_there_after_the_next_look(world: World) -> None:
    acme, opened = _a_practice(world)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    world.sandbox.call("POST", f"/v1/invoices/{opened}/pay", {"paid_out_of_band": True})
    world.entry(acme, -250)
    world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Group"
    assert customers.get(world.ctx, acme).balances == (pounds(-250),)
    assert lists.get(world.ctx, opened).status == "paid"
    assert customers.ledger(world.ctx, acme).iloc[0]["amount"] == -250


def test_an_invoice_keeps_the_name_that_was_printed_on_it(world: World) -> None:
    acme, opened = _a_practice(world)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    world.sync()
    shown = lists.get(world.ctx, opened)
    assert (shown.payer_name, shown.payer_now) == ("Acme Ltd", "Acme Group")


def test_a_void_gives_the_balance_back_in_the_mirror_too(world: World) -> None:
    acme = world.customer()
    world.entry(acme, -6000)
    opened = world.invoice(acme, 10_000)
    world.sync()
    world.wait(30)
    world.sandbox.call("POST", f"/v1/invoices/{opened}/void")
    world.sync()
    assert customers.get(world.ctx, acme).balances == (pounds(-6000),)
    assert organisations.table(world.ctx).rows.iloc[0]["outstanding"] == 0


@pytest.mark.parametrize("count", [1, 2])
def test_a_busy_day_ends_with_the_mirror_equal_to_stripe(world: World, count: int) -> None:
    acme, opened = _a_practice(world)
    call = world.sandbox.call
    corvane = world.customer("Corvane", tax_id_data=[{"type": "gb_vat", "value": "GB123456789"}])
    draft = world.draft(corvane, 100, 200)
    product = call("POST", "/v1/products", {"name": "Medical"})["id"]
    price = call("POST", "/v1/prices", {"product": product, "currency": "gbp", "unit_amount": 100})["id"]
    rate = call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})["id"]
    world.sync()
    world.wait(5)
    call("POST", f"/v1/prices/{price}", {"active": False})
    call("POST", f"/v1/tax_rates/{rate}", {"active": False})
    call("DELETE", f"/v1/invoices/{draft}")
    call("POST", f"/v1/invoices/{opened}/mark_uncollectible")
    world.entry(corvane, 350)
    call("POST", f"/v1/customers/{acme}", {"metadata": {"pd_terms_days": "14"}})
    for _ in range(count):
        world.sync()
        world.wait(5)
    assert_equals_a_fresh_copy(world)


def test_events_that_come_twice_or_in_no_order_change_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _acme, opened = _a_practice(world)
    for verb in ("mark_uncollectible", "void"):
        world.sandbox.call("POST", f"/v1/invoices/{opened}/{verb}")
    listing(world, monkeypatch, lambda found: [*reversed(found), *found])
    world.sync()
    assert lists.get(world.ctx, opened).status == "void"
    assert_equals_a_fresh_copy(world)


def test_many_changes_in_one_second_are_all_seen(world: World) -> None:
    acme, _ = _a_practice(world)
    for number in range(50):
        world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": f"Acme {number}"})
        if number == 20:
            world.sync()
    world.sync()
    assert customers.get(world.ctx, acme).name == "Acme 49"


@pytest.mark.parametrize("late", [50, 300, 550])
def test_an_event_that_becomes_visible_late_is_still_followed(
    world: World, monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    acme, opened = _a_practice(world)
    world.sync()
    with monkeypatch.context() as hidden:
        world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Late"})
        listing(world, hidden, lambda found: [event for event in found if event["type"] != "customer.updated"])
        for number in range(late // 50):
            world.wait(50)
            world.sandbox.call("POST", f"/v1/invoices/{opened}", {"metadata": {"visit": number}})
            world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Ltd"
    world.wait(301)
    world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Late"


def test_a_quiet_look_reads_nothing_but_the_events(quick: World) -> None:
    _a_practice(quick)
    quick.sync()
    quick.wire.asked.clear()
    quick.sync()
    assert quick.wire.asked == [("get", "/v1/events")]


def test_after_a_busy_second_a_quiet_look_asks_once(quick: World) -> None:
    acme, _ = _a_practice(quick)
    for number in range(250):
        quick.sandbox.call("POST", f"/v1/customers/{acme}", {"name": f"Acme {number}"})
    quick.sync()
    for wait, most in ((10, 1), (3000, 3), (1500, 3), (310, 1)):
        quick.wait(wait)
        quick.wire.asked.clear()
        quick.sync()
        assert len(quick.wire.asked) <= most
    quick.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    quick.sync()
    assert customers.get(quick.ctx, acme).name == "Acme Group"


def test_after_a_silence_longer_than_stripe_keeps_events_everything_is_copied(world: World) -> None:
    acme, _ = _a_practice(world)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    world.wait(40 * DAY)
    assert "customers" in world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Group"


def test_when_stripe_does_not_know_the_last_event_everything_is_copied(world: World) -> None:
    _a_practice(world)
    assert "events" in follow.catch_up(world.ctx, check_anchor=True)
    with writing(world.ctx.engine) as conn:
        state.remember(conn, anchor="evt_of_another_account")
    assert "customers" in follow.catch_up(world.ctx, check_anchor=True)


def test_a_copy_that_is_cut_off_keeps_what_came_and_is_begun_again(world: World) -> None:
    acme = world.customer()
    world.invoice(acme, 100)
    world.wire.cut("/v1/invoices", method="get", times=100)
    with pytest.raises(Unavailable):
        world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Ltd"
    assert freshness.get(world.ctx).as_of is None
    world.wire.mend()
    assert world.sync()["invoices"] == 1


def test_a_look_that_is_cut_off_does_not_move_the_cursor(world: World) -> None:
    acme, _ = _a_practice(world)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    world.wire.cut(acme, method="get", times=100)
    world.wait(3600)
    with pytest.raises(Unavailable):
        world.sync()
    world.wire.mend()
    world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Group"


def test_what_disappeared_during_a_silence_is_asked_for_by_name_before_it_is_called_deleted(world: World) -> None:
    acme, _ = _a_practice(world)
    draft = world.draft(acme, 100)
    world.sync()
    world.wait(40 * DAY)
    world.sandbox.call("DELETE", f"/v1/invoices/{draft}")
    world.wire.asked.clear()
    world.sync()
    assert ("get", f"/v1/invoices/{draft}") in world.wire.asked
    assert draft not in set(lists.table(world.ctx, lists.Filters()).rows["id"])


def test_a_customer_who_came_billed_and_went_between_two_looks_is_known_by_the_invoice(world: World) -> None:
    world.sync()
    acme = world.customer()
    world.invoice(acme, 9900)
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    world.sync()
    assert customers.name_of(world.ctx, acme) == "Acme Ltd (deleted in Stripe)"
    assert overview.by_payer(world.ctx, "gbp")["outstanding"].sum() == 9900


def test_an_archived_rate_or_price_is_no_longer_offered(world: World) -> None:
    call = world.sandbox.call
    product = call("POST", "/v1/products", {"name": "Medical"})["id"]
    price = call("POST", "/v1/prices", {"product": product, "currency": "gbp", "unit_amount": 100})["id"]
    rate = call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})["id"]
    world.sync()
    assert (len(catalogue.items(world.ctx, "gbp")), len(catalogue.rates(world.ctx))) == (1, 1)
    world.wait(5)
    call("POST", f"/v1/prices/{price}", {"active": False})
    call("POST", f"/v1/tax_rates/{rate}", {"active": False})
    world.sync()
    assert (catalogue.items(world.ctx, "gbp"), catalogue.rates(world.ctx)) == ([], [])


def test_one_object_that_cannot_be_read_does_not_keep_the_others_and_is_asked_for_again(world: World) -> None:
    acme, opened = _a_practice(world)
    corvane = world.customer("Corvane")
    world.sync()
    world.wait(30)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    world.sandbox.call("POST", f"/v1/customers/{corvane}", {"name": "Corvane Health"})
    world.sandbox.call("POST", f"/v1/invoices/{opened}/void")
    fault = world.sandbox.faults.add("error", method="GET", path=f"/v1/customers/{acme}", status=503)
    with pytest.raises(Unavailable):
        world.sync()
    assert (customers.name_of(world.ctx, acme), customers.name_of(world.ctx, corvane)) == ("Acme Ltd", "Corvane Health")
    assert lists.get(world.ctx, opened).status == "void"
    assert freshness.get(world.ctx).age == 30
    world.sandbox.faults.remove(fault.id)
    world.wire.asked.clear()
    world.wait(3600)
    world.sync()
    assert customers.name_of(world.ctx, acme) == "Acme Group"
    assert {path for _, path in world.wire.asked if path != "/v1/events"} == {
        f"/v1/customers/{acme}",
        f"/v1/customers/{acme}/balance_transactions",
    }


def _asked_for(world: World, do: Callable[[], object]) -> list[str]:
    """What the next look asks Stripe for, beside its list of events."""
    do()
    world.wire.asked.clear()
    world.wait(5)
    world.sync()
    return sorted(path.removeprefix("/v1/") for _, path in world.wire.asked if path != "/v1/events")


def test_a_change_costs_one_request_however_often_it_was_told(quick: World) -> None:
    acme, _ = _a_practice(quick)
    quick.entry(acme, -300)
    opened = quick.invoice(acme, 4000)
    quick.sync()
    call = quick.sandbox.call

    def rename() -> None:
        for number in range(5):
            call("POST", f"/v1/customers/{acme}", {"name": f"Acme {number}"})

    assert _asked_for(quick, rename) == [f"customers/{acme}"]
    pay = {"paid_out_of_band": True}
    other = quick.invoice(quick.customer(), 4000)
    quick.sync()
    assert _asked_for(quick, lambda: call("POST", f"/v1/invoices/{other}/pay", pay)) == [f"invoices/{other}"]
    # What this one took from the balance comes back: the invoice, the customer, and the ledger.
    whole = [f"customers/{acme}", f"customers/{acme}/balance_transactions"]
    assert _asked_for(quick, lambda: call("POST", f"/v1/invoices/{opened}/void")) == [*whole, f"invoices/{opened}"]


def test_drafts_are_read_again_when_something_moved_that_they_show(quick: World) -> None:
    _a_practice(quick)
    ada = quick.sandbox.call("GET", "/v1/customers")["data"][0]["id"]

    def change(**what: Any) -> list[str]:
        return _asked_for(quick, lambda: quick.sandbox.call("POST", f"/v1/customers/{ada}", what))

    assert change(metadata={"pd_default_payer": ""}) == []
    assert change(metadata={"pd_terms_days": "9"}) == [f"customers/{ada}"]
    assert change(name="Ada B. Byrne") == [f"customers/{ada}", "invoices"]


def test_entries_that_cancel_each_other_out_between_two_looks_are_found(world: World) -> None:
    acme, _ = _a_practice(world)
    world.entry(acme, 1000)
    world.entry(acme, -1000)
    world.sync()
    assert [entry["amount"] for _, entry in customers.ledger(world.ctx, acme).head(2).iterrows()] == [-1000, 1000]


@pytest.mark.parametrize("lost", ["customer.updated", "invoice.finalized"])
def test_a_balance_that_moved_is_found_when_one_of_its_two_events_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    acme = world.customer()
    world.entry(acme, -700)
    draft = world.draft(acme, 500)
    world.sync()
    world.wait(5)
    listing(world, monkeypatch, lambda found: [event for event in found if event["type"] != lost])
    world.sandbox.call("POST", f"/v1/invoices/{draft}/finalize")
    world.sync()
    assert customers.get(world.ctx, acme).balances == (pounds(-200),)
    assert len(customers.ledger(world.ctx, acme)) == 2
    if lost == "customer.updated":
        assert lists.get(world.ctx, draft).status == "paid"


def test_a_long_backlog_is_dealt_with_piece_by_piece_and_not_begun_anew_when_cut_off(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.sync.listing._TOGETHER", 100)
    people = [quick.customer(f"Acme {number}", kind="") for number in range(130)]
    quick.sync()
    quick.wait(5 * DAY)
    for turn in range(3):
        for customer in people:
            quick.sandbox.call("POST", f"/v1/customers/{customer}", {"name": f"Acme {turn}"})
    fault = quick.sandbox.faults.add("error", method="GET", path="/v1/events", status=503, skip=3)
    with pytest.raises(Unavailable):
        quick.sync()
    quick.sandbox.faults.remove(fault.id)
    quick.wire.asked.clear()
    assert quick.sync()["events"] <= 100
    assert len([path for _, path in quick.wire.asked if "cus_" in path]) <= 100
    assert_equals_a_fresh_copy(quick)


def test_a_backlog_that_names_more_than_a_copy_asks_for_is_a_copy(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [quick.customer(f"Acme {number}", kind="") for number in range(60)]
    quick.sync()
    monkeypatch.setattr(follow, "_FEW", 50)
    quick.wait(5 * DAY)
    for customer in people:
        quick.sandbox.call("POST", f"/v1/customers/{customer}", {"name": "Acme Group"})
    quick.wire.asked.clear()
    assert "customers" in quick.sync()
    assert not [path for _, path in quick.wire.asked if "cus_" in path]
    assert_equals_a_fresh_copy(quick)


def test_a_gap_of_forty_days_is_copied_while_the_old_figures_serve_with_their_age(world: World) -> None:
    acme, opened = _a_practice(world)
    drafts = [world.draft(acme, 100) for _ in range(3)]
    gone = world.customer("Gone Ltd")
    world.sync()
    began = world.ctx.now
    world.wait(10 * DAY)
    world.sandbox.call("DELETE", f"/v1/invoices/{drafts[0]}")
    world.sandbox.call("DELETE", f"/v1/customers/{gone}")
    world.sandbox.call("POST", f"/v1/invoices/{opened}/pay", {"paid_out_of_band": True})
    world.wait(30 * DAY)
    fault = world.sandbox.faults.add("error", method="GET", path="/v1/invoices", status=503)
    with pytest.raises(Unavailable):
        world.sync()
    told = freshness.get(world.ctx)
    assert (told.as_of, told.stale, told.copying) == (began, True, True)
    assert lists.get(world.ctx, opened).status == "open"
    world.sandbox.faults.remove(fault.id)
    world.sync()
    told = freshness.get(world.ctx)
    assert (told.as_of, told.stale, told.copying) == (world.ctx.now, False, False)
    assert lists.get(world.ctx, opened).status == "paid"
    assert drafts[0] not in set(lists.table(world.ctx, lists.Filters()).rows["id"])
    assert customers.name_of(world.ctx, gone) == "Gone Ltd (deleted in Stripe)"
    assert_equals_a_fresh_copy(world)


def test_an_event_about_something_that_has_no_id_yet_is_passed_over() -> None:
    upcoming = {"type": "invoice.upcoming", "data": {"object": {"object": "invoice", "customer": "cus_1"}}}
    assert named(upcoming) == []


def test_the_whole_object_is_kept_beside_its_columns(world: World) -> None:
    acme, _ = _a_practice(world)
    with reading(world.ctx.engine) as conn:
        body = conn.execute(select(objects.c.body).where(objects.c.id == acme)).scalar()
    assert json.loads(body)["metadata"] == {"pd_kind": "organisation"}


def test_what_a_draft_will_ask_for_follows_the_balance_of_its_payer(world: World) -> None:
    acme = world.customer()
    draft = world.draft(acme, 10000)
    world.sync()
    world.entry(acme, -4000)
    world.sync()
    assert lists.get(world.ctx, draft).due == pounds(6000)
