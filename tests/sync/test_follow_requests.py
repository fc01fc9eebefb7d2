"""How little is asked of Stripe: a quiet look asks once, and a change costs one request however often it was told."""

from __future__ import annotations

from typing import Any

from lib.queries import customers
from tests.support.following import a_practice, asked_for
from tests.support.world import World


def test_a_quiet_look_reads_nothing_but_the_events(quick: World) -> None:
    a_practice(quick)
    quick.sync()
    quick.wire.asked.clear()
    quick.sync()
    assert quick.wire.asked == [("get", "/v1/events")]


def test_after_a_busy_second_a_quiet_look_asks_once(quick: World) -> None:
    acme, _ = a_practice(quick)
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


def test_a_change_costs_one_request_however_often_it_was_told(quick: World) -> None:
    acme, _ = a_practice(quick)
    quick.entry(acme, -300)
    opened = quick.invoice(acme, 4000)
    quick.sync()
    call = quick.sandbox.call

    def rename() -> None:
        for number in range(5):
            call("POST", f"/v1/customers/{acme}", {"name": f"Acme {number}"})

    assert asked_for(quick, rename) == [f"customers/{acme}"]
    pay = {"paid_out_of_band": True}
    other = quick.invoice(quick.customer(), 4000)
    quick.sync()
    assert asked_for(quick, lambda: call("POST", f"/v1/invoices/{other}/pay", pay)) == [f"invoices/{other}"]
    # What this one took from the balance comes back: the invoice, the customer, and the ledger.
    whole = [f"customers/{acme}", f"customers/{acme}/balance_transactions"]
    assert asked_for(quick, lambda: call("POST", f"/v1/invoices/{opened}/void")) == [*whole, f"invoices/{opened}"]


def test_drafts_are_read_again_when_something_moved_that_they_show(quick: World) -> None:
    a_practice(quick)
    ada = quick.sandbox.call("GET", "/v1/customers")["data"][0]["id"]

    def change(**what: Any) -> list[str]:
        return asked_for(quick, lambda: quick.sandbox.call("POST", f"/v1/customers/{ada}", what))

    assert change(metadata={"pd_default_payer": ""}) == []
    assert change(metadata={"pd_terms_days": "9"}) == [f"customers/{ada}"]
    assert change(name="Ada B. Byrne") == [f"customers/{ada}", "invoices"]
