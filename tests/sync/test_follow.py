"""The mirror follows what others do in Stripe: late, twice, or out of order."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from lib.mirror.database import reading
from lib.mirror.tables import objects
from lib.queries import catalogue, customers, freshness, organisations, overview
from lib.queries import invoices as lists
from lib.sync.named import named
from tests.support.builders import pounds
from tests.support.following import a_practice, assert_equals_a_fresh_copy, listing
from tests.support.world import World


def test_a_first_look_copies_everything_and_says_as_of_when(world: World) -> None:
    acme, opened = a_practice(world)
    assert customers.get(world.ctx, acme).balances == ()
    assert len(lists.lines(world.ctx, opened)) == 12
    told = freshness.get(world.ctx)
    assert (told.as_of, told.age, told.problem) == (world.ctx.now - 30, 30, "")


def test_what_was_done_in_stripe_behind_our_back_is_there_after_the_next_look(world: World) -> None:
    acme, opened = a_practice(world)
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Group"})
    world.sandbox.call("POST", f"/v1/invoices/{opened}/pay", {"paid_out_of_band": True})
    world.entry(acme, -250)
    world.sync()
    assert customers.get(world.ctx, acme).name == "Acme Group"
    assert customers.get(world.ctx, acme).balances == (pounds(-250),)
    assert lists.get(world.ctx, opened).status == "paid"
    assert customers.ledger(world.ctx, acme).iloc[0]["amount"] == -250


def test_an_invoice_keeps_the_name_that_was_printed_on_it(world: World) -> None:
    acme, opened = a_practice(world)
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
    acme, opened = a_practice(world)
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
    _acme, opened = a_practice(world)
    for verb in ("mark_uncollectible", "void"):
        world.sandbox.call("POST", f"/v1/invoices/{opened}/{verb}")
    listing(world, monkeypatch, lambda found: [*reversed(found), *found])
    world.sync()
    assert lists.get(world.ctx, opened).status == "void"
    assert_equals_a_fresh_copy(world)


def test_many_changes_in_one_second_are_all_seen(world: World) -> None:
    acme, _ = a_practice(world)
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
    acme, opened = a_practice(world)
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


def test_entries_that_cancel_each_other_out_between_two_looks_are_found(world: World) -> None:
    acme, _ = a_practice(world)
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


def test_an_event_about_something_that_has_no_id_yet_is_passed_over() -> None:
    upcoming = {"type": "invoice.upcoming", "data": {"object": {"object": "invoice", "customer": "cus_1"}}}
    assert named(upcoming) == []


def test_the_whole_object_is_kept_beside_its_columns(world: World) -> None:
    acme, _ = a_practice(world)
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
