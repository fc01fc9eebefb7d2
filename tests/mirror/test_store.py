"""The way into the mirror: later readings win, deletions stay, and a ledger only grows."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from lib.mirror import shapes, store
from lib.mirror.database import open_database, reading, writing
from lib.mirror.refit import refit
from lib.mirror.rows import insert_once
from lib.mirror.tables import customers, products, sync_state
from lib.queries import customers as accounts
from lib.queries import invoices as lists
from lib.settings import Settings
from lib.stripe_api import reading as stripe_reading
from tests.support.builders import adjust, pounds
from tests.support.world import World


def _put(world: World, obj: dict[str, Any], read_at: float) -> None:
    with writing(world.ctx.engine) as conn:
        store.put(conn, [obj], read_at, world.ctx.settings)


def test_an_older_reading_that_arrives_later_changes_nothing(world: World) -> None:
    acme = world.customer()
    old = stripe_reading.customer(world.ctx.stripe, acme)
    world.entry(acme, -500)
    new = stripe_reading.customer(world.ctx.stripe, acme)
    _put(world, {**new, "name": "New"}, 20.0)
    _put(world, old, 10.0)
    found = accounts.get(world.ctx, acme)
    assert (found.name, found.balances) == ("New", (pounds(-500),))


def test_a_deleted_customer_does_not_rise_again_from_an_older_list(world: World) -> None:
    acme = world.customer()
    old = stripe_reading.customer(world.ctx.stripe, acme)
    _put(world, old, 5.0)
    _put(world, {"object": "customer", "id": acme, "deleted": True}, 20.0)
    _put(world, old, 10.0)
    found = accounts.get(world.ctx, acme)
    assert (found.deleted, found.name) == (True, "Acme Ltd")


def test_a_ledger_read_before_our_own_posting_does_not_take_it_away_again(world: World) -> None:
    acme = world.customer()
    world.entry(acme, -100)
    before = stripe_reading.ledger(world.ctx.stripe, acme)
    adjust(world, acme, seen=pounds(-100))
    with writing(world.ctx.engine) as conn:
        store.put_ledger(conn, acme, before)
    assert list(accounts.ledger(world.ctx, acme)["running"]) == [-4600, -100]
    assert accounts.get(world.ctx, acme).balances == (pounds(-4600),)


def test_an_own_change_is_on_the_screen_at_once_without_any_sync(world: World) -> None:
    acme = world.customer()
    adjust(world, acme)
    assert accounts.get(world.ctx, acme).balances == (pounds(-4500),)


def test_an_invoice_with_only_its_first_lines_is_never_stored(quick: World) -> None:
    made = quick.invoice(quick.customer(), *[100] * 11)
    part = quick.ctx.stripe.get(f"/v1/invoices/{made}")
    with pytest.raises(ValueError, match="first lines only"):
        _put(quick, part, 1.0)
    assert lists.table(quick.ctx, lists.Filters()).total == 0


def test_a_line_that_was_taken_off_a_draft_is_gone_here_too(world: World) -> None:
    made = world.draft(world.customer(), 100, 200)
    world.sync()
    world.wait(5)
    line = world.in_stripe("invoice", made)["lines"]["data"][0]["id"]
    removal = {"lines": [{"id": line, "behavior": "delete"}]}
    world.sandbox.call("POST", f"/v1/invoices/{made}/remove_lines", removal)
    world.sync()
    assert len(lists.lines(world.ctx, made)) == 1


def test_balances_of_every_currency_are_kept_with_stripes_sign(world: World) -> None:
    acme = world.customer()
    world.entry(acme, -500)
    world.entry(acme, 700, "eur")
    world.sync()
    told = {(money.minor, money.currency) for money in accounts.get(world.ctx, acme).balances}
    assert told == {(-500, "gbp"), (700, "eur")}


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ({"pd_kind": "organisation", "Full name": "x"}, "organisation"),
        ({"Full name": "Ada Byrne"}, "patient"),
        ({"full_name": "Ada Byrne"}, "patient"),
        ({"fullName": "Ada Byrne"}, "patient"),
        ({"Full name": ""}, ""),
        ({"Postcode": "E1 1AA"}, ""),
        ({"pd_kind": "something"}, ""),
        ({}, ""),
    ],
)
def test_who_is_an_organisation_and_who_a_patient(metadata: dict[str, str], kind: str, tmp_path: Any) -> None:
    labels = Settings(mode="sandbox", data=tmp_path).hero_labels
    assert shapes.customer({"id": "cus_1", "created": 1, "metadata": metadata}, labels)["kind"] == kind


def test_a_row_is_inserted_once_and_the_second_attempt_is_told_so(world: World) -> None:
    row = {"key": "k", "value": "1"}
    with writing(world.ctx.engine) as conn:
        assert (insert_once(conn, sync_state, row), insert_once(conn, sync_state, row)) == (True, False)


def test_what_a_reader_writes_by_mistake_is_not_kept(world: World) -> None:
    with reading(world.ctx.engine) as conn:
        conn.execute(insert(sync_state), {"key": "k", "value": "1"})
    with reading(world.ctx.engine) as conn:
        assert conn.execute(select(sync_state)).all() == []


def test_half_a_transaction_is_no_transaction(world: World) -> None:
    with pytest.raises(IntegrityError), writing(world.ctx.engine) as conn:
        conn.execute(insert(sync_state), [{"key": "k", "value": "1"}, {"key": "k", "value": "2"}])
    with reading(world.ctx.engine) as conn:
        assert conn.execute(select(sync_state)).all() == []


def test_a_mirror_of_an_older_shape_is_thrown_away_and_filled_again(world: World) -> None:
    acme = world.customer()
    world.sync()
    adjust(world, acme)
    assert not refit(world.ctx.engine)
    with world.ctx.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE customers DROP COLUMN phone")
    assert refit(world.ctx.engine)
    world.sync()
    assert accounts.get(world.ctx, acme).balances == (pounds(-4500),)
    assert len(world.intents()) == 1


def test_a_database_opened_again_has_everything_that_was_in_it(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    first = open_database(url)
    with writing(first) as conn:
        conn.execute(insert(products), {"id": "prod_1", "name": "Medical", "active": True, "read_at": 1.0})
    first.dispose()
    again = open_database(url)
    with reading(again) as conn:
        assert conn.execute(select(products.c.name)).scalar() == "Medical"
        assert conn.execute(select(customers)).all() == []
    again.dispose()
