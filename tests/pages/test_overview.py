"""The practice at a glance: sums that add up, one currency at a time, and bars that narrow the list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.mirror.database import writing
from lib.mirror.rows import upsert
from lib.mirror.tables import sync_state
from tests.support.drawn import buttons, labelled, pick_rows, press, said, table
from tests.support.payments import part, pay
from tests.support.signed_in import screen, sign_in
from tests.support.sinks import HOSTILE, raw_names
from tests.support.world import DAY, World


@pytest.fixture
def world(quick: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """An empty practice; Vera, who may only look, sits at the screen."""
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    return quick


def told(drawn: AppTest) -> dict[str, str]:
    """The figures at the top."""
    return {metric.label: metric.value for metric in drawn.metric}


def chart(drawn: AppTest, at: int) -> dict[str, Any]:
    """The bars of one chart."""
    return json.loads(drawn.get("plotly_chart")[at].proto.spec)["data"][0]


def whole() -> AppTest:
    """The page with its bars, which come when the rest has been looked at."""
    return screen().run()


def click(drawn: AppTest, key: str, bar: str) -> AppTest:
    """Click the bar that stands for this id."""
    point = {"customdata": [bar], "point_index": 0, "curve_number": 0}
    drawn.session_state[key] = {"selection": {"points": [point], "point_indices": [0], "box": [], "lasso": []}}
    return drawn.run()


@contextmanager
def days_ago(world: World, days: int) -> Iterator[None]:
    """What is done in Stripe meanwhile was done so many days ago."""
    now = world.sandbox.clock.now()
    world.sandbox.clock.set(now - days * DAY)
    yield
    world.sandbox.clock.set(now)


def overdue(world: World, customer: str, days: int, amount: int) -> str:
    """An invoice that was due so many days ago, on terms of thirty."""
    with days_ago(world, 30 + days):
        return world.invoice(customer, amount)


def state(world: World, **values: str) -> None:
    """What the sync has written down about itself."""
    with writing(world.ctx.engine) as conn:
        upsert(conn, sync_state, [{"key": key, "value": value} for key, value in values.items()])


def test_before_the_first_copy_has_ended_it_is_said_that_figures_are_incomplete(world: World) -> None:
    assert "The first copy from Stripe is under way; figures are incomplete" in said(screen())
    state(world, progress="120 customers")
    assert "So far: 120 customers." in said(screen())


def test_figures_that_are_old_say_of_when_they_are_and_why(world: World) -> None:
    world.sync()
    world.wait(600)
    state(world, problem=f"Stripe cannot be reached. {HOSTILE}")
    drawn = screen()
    assert "These figures are as of 16 Nov 2026, 12:00 (10 minutes ago)." in said(drawn)
    assert f"Stripe cannot be reached. {HOSTILE}" in said(drawn)
    assert raw_names(drawn) == []
    state(world, problem="", copying="1794830400", progress="120 customers: about 38 %")
    assert "(10 minutes ago). Everything is being copied anew: 120 customers: about 38 %." in said(screen())


def test_while_rows_are_made_anew_after_other_settings_every_page_says_how_far_that_is(world: World) -> None:
    world.sync()
    state(world, shaping='{"wanted": "x", "rows": 3000, "kind": "customers", "after": "", "done": 1200}')
    told = said(screen())
    assert "Settings have changed: what is shown is being made anew, 1,200 of about 3,000 records so far." in told
    state(world, shaping="")
    assert "being made anew" not in said(screen())


def test_figures_that_are_fresh_say_so_in_passing(world: World) -> None:
    world.sync()
    drawn = screen()
    assert "As of 16 Nov 2026, 12:00, just now" in said(drawn)
    assert not drawn.warning
    assert not drawn.info


def test_an_empty_practice_has_zeros_and_the_next_step(world: World) -> None:
    world.sync()
    drawn = screen()
    assert told(drawn)["Outstanding"] == "£0.00"
    assert "Nothing is outstanding in GBP." in said(drawn)
    assert "New invoice" in said(drawn)
    assert not drawn.dataframe


def test_credit_is_shown_beside_what_is_outstanding_and_never_taken_off(world: World) -> None:
    acme = world.customer()
    world.invoice(acme, 12000)
    world.invoice(acme, 8000)
    world.entry(acme, -5000)
    world.draft(acme, 4500)
    world.sync()
    assert told(screen()) == {
        "Outstanding": "£200.00",
        "Overdue": "£0.00",
        "Credit held": "£50.00",
        "Debit carried": "£0.00",
        "Drafts": "1 · £45.00",
        "Paid in full this month": "£0.00",
    }


def test_what_was_paid_this_month_is_received_and_what_was_paid_before_is_not(world: World) -> None:
    acme = world.customer()
    for days, amount in ((20, 7000), (10, 12000)):
        with days_ago(world, days):
            paid = world.invoice(acme, amount)
            world.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    world.sync()
    assert told(screen())["Paid in full this month"] == "£120.00"


def test_a_part_payment_counts_when_the_rest_is_paid_and_the_figure_says_so(world: World) -> None:
    acme = world.customer()
    opened = world.invoice(acme, 9000)
    part(world, opened, 4000, 9000)
    drawn = screen()
    assert (told(drawn)["Outstanding"], told(drawn)["Paid in full this month"]) == ("£50.00", "£0.00")
    assert "A part payment counts once the rest is paid" in labelled(drawn.metric, "Paid in full this month").help
    pay(world, opened, 5000)
    assert told(screen())["Paid in full this month"] == "£90.00"


def test_yen_stand_apart_from_pounds(world: World) -> None:
    world.invoice(world.customer(), 18000)
    world.invoice(world.customer("Embassy"), 12000, currency="jpy")
    world.sync()
    drawn = whole()
    assert told(drawn)["Outstanding"] == "£180.00"
    assert list(table(drawn)["Payer"]) == ["Acme Ltd"]
    drawn = labelled(drawn.segmented_control, "Currency").set_value("JPY").run()
    assert told(drawn)["Outstanding"] == "¥12,000"
    assert chart(drawn, 0)["text"] == ["¥12,000"]
    assert list(table(drawn)["Payer"]) == ["Embassy"]


def test_bars_come_when_the_rest_has_been_looked_at_and_their_room_is_kept_until_then(world: World) -> None:
    world.invoice(world.customer(), 1000)
    world.sync()
    drawn = screen()
    assert not drawn.get("plotly_chart")
    assert len(drawn.get("space")) == 2
    assert len(table(drawn)) == 1
    drawn.run()
    assert len(drawn.get("plotly_chart")) == 2
    assert not drawn.get("space")


def test_bars_by_age_add_up_to_what_is_outstanding(world: World) -> None:
    acme = world.customer()
    for days, amount in ((-5, 1000), (1, 200), (30, 30), (31, 40), (61, 50000), (91, 600000)):
        overdue(world, acme, days, amount)
    world.sync()
    drawn = whole()
    ages = dict(zip(chart(drawn, 1)["hovertext"], chart(drawn, 1)["text"], strict=True))
    assert ages == {
        "Not yet due": "£10.00",
        "1-30 days": "£2.30",
        "31-60 days": "£0.40",
        "61-90 days": "£500.00",
        "Over 90 days": "£6,000.00",
    }
    assert (told(drawn)["Outstanding"], told(drawn)["Overdue"]) == ("£6,512.70", "£6,502.70")


def test_patients_who_pay_for_themselves_are_one_bar(world: World) -> None:
    world.invoice(world.patient(), 1000)
    world.invoice(world.patient("Bo Lindqvist"), 2000)
    world.invoice(world.customer(), 500)
    world.sync()
    bars = chart(whole(), 0)
    assert list(zip(bars["hovertext"], bars["text"], strict=True)) == [
        ("Patients themselves", "£30.00"),
        ("Acme Ltd", "£5.00"),
    ]


def test_clicked_bars_narrow_the_list_together_and_lead_to_the_same_invoices(world: World) -> None:
    acme, other = world.customer(), world.customer("Bexley School")
    late = overdue(world, acme, 40, 1000)
    overdue(world, other, 40, 3000)
    world.invoice(acme, 2000)
    world.sync()
    drawn = click(whole(), "overview.payer.GBP", acme)
    assert list(table(drawn)["Payer"]) == ["Acme Ltd", "Acme Ltd"]
    drawn = click(drawn, "overview.age.GBP", "31-60 days")
    assert list(table(drawn)["Remaining"]) == [10]
    assert "Narrowed by the bars above." in said(drawn)
    drawn = press(drawn, "See them under Invoices")
    assert [drawn.query_params[name] for name in ("payer", "age")] == [acme, "31-60 days"]
    assert list(table(drawn)["Number"]) == [world.in_stripe("invoice", late)["number"]]


def test_a_bar_that_is_not_there_any_more_narrows_nothing(world: World) -> None:
    acme, other = world.customer(), world.customer("Bexley School")
    paid = world.invoice(acme, 1000)
    world.invoice(other, 2000)
    world.sync()
    drawn = click(whole(), "overview.payer.GBP", acme)
    world.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    world.sync()
    assert list(table(drawn.run())["Payer"]) == ["Bexley School"]


def test_a_picked_row_opens_its_invoice(world: World) -> None:
    made = world.invoice(world.customer(), 1000)
    world.sync()
    drawn = pick_rows(screen(), 0)
    assert drawn.query_params["id"] == made
    assert not drawn.exception


def test_the_longest_due_stand_first_and_whoever_looks_changes_nothing(world: World) -> None:
    acme = world.customer()
    for days in (3, 50, 10):
        overdue(world, acme, days, 1000)
    world.sync()
    drawn = screen()
    assert list(table(drawn)["Days overdue"]) == [50, 10, 3]
    assert buttons(drawn) == ["See them under Invoices"]


def test_a_name_never_becomes_markdown_or_a_picture_in_a_chart(world: World) -> None:
    world.invoice(world.customer(HOSTILE), 1000)
    world.invoice(world.customer("<b>$x$</b>"), 900)
    world.sync()
    drawn = whole()
    assert raw_names(drawn) == []
    assert not any("<" in label or "$" in label for label in chart(drawn, 0)["hovertext"])
