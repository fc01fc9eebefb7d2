"""Raising invoices: what the balance does to them, VAT, many lines (scenarios 3-5, 18, 20-22)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lib import billing
from lib.actions import drafts_finalise, invoice_state, invoices
from lib.billing import Line, Rate
from lib.errors import Changed, NotConfirmed, NotFound, Refused
from lib.money import Money
from lib.queries import customers, organisations
from lib.queries import invoices as lists
from tests.support.builders import adjust, bill, line, pounds, seen, wanted
from tests.support.world import World


def _rate(world: World, percentage: float = 20, *, inclusive: bool = False) -> Rate:
    params = {"display_name": "VAT", "percentage": percentage, "inclusive": inclusive}
    made = world.sandbox.call("POST", "/v1/tax_rates", params)
    return Rate(made["id"], "VAT", Decimal(str(percentage)), inclusive)


def test_a_credit_smaller_than_the_invoice_lowers_what_is_asked_for(world: World) -> None:
    """Scenario 3."""
    acme = world.customer()
    world.entry(acme, -15_000)
    preview = seen(world, wanted(acme, line(20_000)))
    assert (preview.credit_used, preview.to_pay) == (pounds(15_000), pounds(5000))
    raised = bill(world, acme, line(20_000)).result
    found = world.in_stripe("invoice", raised)
    assert [found[name] for name in ("total", "starting_balance", "amount_due", "ending_balance", "status")] == [
        20_000, -15_000, 5000, 0, "open",
    ]  # fmt: skip
    assert world.entries(acme)[1:] == [("applied_to_invoice", 15_000, 0)]
    shown = lists.get(world.ctx, raised)
    assert (shown.starting_balance, shown.ending_balance, shown.due) == (pounds(-15_000), pounds(0), pounds(5000))


def test_a_credit_larger_than_the_invoice_pays_it_at_once_and_nothing_is_sent(world: World) -> None:
    """Scenario 4."""
    acme = world.customer()
    world.entry(acme, -25_000)
    preview = seen(world, wanted(acme, line(18_000)))
    assert (preview.nothing_to_pay, preview.balance_after) == (True, pounds(-7000))
    raised = bill(world, acme, line(18_000)).result
    found = world.in_stripe("invoice", raised)
    assert (found["status"], found["amount_due"], world.balance(acme)) == ("paid", 0, -7000)
    assert not [path for path in world.wire.writes() if path.endswith(("/pay", "/send"))]
    assert customers.get(world.ctx, acme).balances == (pounds(-7000),)


def test_a_debit_raises_what_is_asked_for_and_is_counted_once(world: World) -> None:
    """Scenario 5."""
    acme = world.customer()
    world.entry(acme, 1250)
    preview = seen(world, wanted(acme, line(9000)))
    assert (preview.debit_added, preview.to_pay) == (pounds(1250), pounds(10_250))
    raised = bill(world, acme, line(9000)).result
    found = world.in_stripe("invoice", raised)
    assert (found["amount_due"], found["total"], world.balance(acme)) == (10_250, 9000, 0)
    row = organisations.table(world.ctx).rows.iloc[0]
    assert (row["outstanding"], row["balance"]) == (10_250, 0)


def test_a_remainder_under_the_minimum_is_carried_to_the_next_invoice(world: World) -> None:
    """Scenario 18."""
    acme = world.customer()
    world.entry(acme, -5000)
    preview = seen(world, wanted(acme, line(5020)))
    assert (preview.too_small, preview.balance_after) == (True, pounds(20))
    raised = bill(world, acme, line(5020)).result
    assert (world.in_stripe("invoice", raised)["status"], world.balance(acme)) == ("paid", 20)
    assert world.entries(acme)[1:] == [("applied_to_invoice", 5000, 0), ("invoice_too_small", 20, 20)]
    later = bill(world, acme, line(3000)).result
    assert world.in_stripe("invoice", later)["amount_due"] == 3020
    words = list(customers.ledger(world.ctx, acme)["type"])
    assert words == ["applied_to_invoice", "invoice_too_small", "applied_to_invoice", "adjustment"]


def test_yen_are_whole_and_stay_out_of_the_pounds(world: World) -> None:
    """Scenario 20."""
    embassy, acme = world.customer("Embassy of Japan"), world.customer()
    raised = bill(world, embassy, line(Money.parse("12000", "jpy").minor), currency="jpy").result
    bill(world, acme, line(9000))
    shown = lists.get(world.ctx, raised)
    assert (str(shown.total), world.in_stripe("invoice", raised)["total"]) == ("¥12,000", 12_000)
    rows = organisations.table(world.ctx).rows
    assert dict(zip(rows["currency"], rows["outstanding"], strict=True)) == {"gbp": 9000, "jpy": 12_000}
    with pytest.raises(Refused, match="JPY has no decimals"):
        Money.parse("120.50", "jpy")


def test_an_exempt_line_stands_beside_one_with_vat(world: World) -> None:
    """Scenario 21."""
    acme, vat = world.customer(), _rate(world)
    lines = line(18_000, words="GP consultation"), line(25_000, rate=vat, words="Employment medical")
    preview = billing.preview(lines, pounds(0))
    assert (preview.subtotal, preview.tax, preview.total) == (pounds(43_000), pounds(5000), pounds(48_000))
    world.sync()
    raised = bill(world, acme, *lines).result
    found = world.in_stripe("invoice", raised)
    assert [found[name] for name in ("subtotal", "total_excluding_tax", "total")] == [43_000, 43_000, 48_000]
    row = lists.table(world.ctx, lists.Filters()).rows.iloc[0]
    assert (row["net"], row["tax"], row["total"]) == (43_000, sum(t["amount"] for t in found["total_taxes"]), 48_000)
    shown = lists.lines(world.ctx, raised)
    assert [tuple(pair) for pair in shown[["tax", "rate"]].to_numpy()] == [(0, ""), (5000, "VAT 20 %")]


def test_thirty_seven_lines_are_all_shown_although_stripe_shows_ten(world: World) -> None:
    """Scenario 22."""
    acme = world.customer()
    raised = bill(world, acme, *[line(2500)] * 37).result
    assert len(world.in_stripe("invoice", raised)["lines"]["data"]) == 10
    shown = lists.lines(world.ctx, raised)
    assert (len(shown), sum(shown["amount"]), lists.get(world.ctx, raised).subtotal) == (37, 92_500, pounds(92_500))


def test_the_lines_stay_in_the_order_in_which_they_were_typed(quick: World) -> None:
    acme = quick.customer()
    raised = bill(quick, acme, *(line(100 + n, words=f"Line {n}") for n in range(60))).result
    assert list(lists.lines(quick.ctx, raised)["description"]) == [f"Line {n}" for n in range(60)]


def test_a_hundred_and_twenty_lines_are_sent_in_chunks(quick: World) -> None:
    acme = quick.customer()
    raised = bill(quick, acme, *[line(2500)] * 120).result
    assert sum(path.endswith("/add_lines") for path in quick.wire.writes()) == 3
    assert len(lists.lines(quick.ctx, raised)) == 120


def test_two_hundred_and_fifty_one_lines_are_refused_before_anything(quick: World) -> None:
    acme = quick.customer()
    with pytest.raises(Refused, match="at most 250 lines") as no:
        bill(quick, acme, *[line(2500)] * 251)
    assert (no.value.field, quick.wire.asked) == ("lines", [])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"payer": ""}, "payer"),
        ({"terms_days": ""}, "terms_days"),
        ({"terms_days": "-1"}, "terms_days"),
        ({"terms_days": "9" * 5000}, "terms_days"),
        ({"reference": "x" * 501}, "reference"),
        ({"purchase_order": "x" * 141}, "purchase_order"),
        ({"memo": "x" * 501}, "memo"),
        ({"lines": ()}, "lines"),
        ({"lines": (Line(" ", Decimal(100)),)}, "description"),
        ({"lines": (Line("Blood test", Decimal(100), 0),)}, "quantity"),
    ],
)
def test_what_is_wrong_with_an_invoice_is_said_for_its_field(quick: World, wrong: dict, field: str) -> None:
    given = {"payer": "cus_x", "lines": (line(100),), **wrong}
    lines = given.pop("lines")
    with pytest.raises(Refused) as no:
        invoices.save_draft(quick.ctx, wanted(given.pop("payer"), *lines, **given), form=quick.form())
    assert no.value.field == field
    assert (quick.intents(), quick.wire.asked) == ([], [])


def test_a_draft_moves_no_balance_and_says_whom_it_is_for(world: World) -> None:
    acme, ada = world.customer(), world.patient()
    world.entry(acme, -5000)
    asked = wanted(acme, line(9000), patient=ada, reference="R 7", purchase_order="PO 1", memo="Thank you")
    made = invoices.save_draft(world.ctx, asked, form=world.form()).result
    found = world.in_stripe("invoice", made)
    assert (found["status"], found["metadata"]["pd_patient"], world.balance(acme)) == ("draft", ada, -5000)
    assert {field["name"]: field["value"] for field in found["custom_fields"]} == {
        "Reference": "R 7",
        "Purchase order": "PO 1",
    }
    assert lists.get(world.ctx, made).patient == ada


def test_a_draft_is_finished_from_its_page(world: World) -> None:
    acme = world.customer()
    world.entry(acme, -2000)
    draft = world.draft(acme, 9000)
    drafts_finalise.finish_draft(
        world.ctx,
        draft,
        payer=acme,
        total=pounds(9000),
        balance=pounds(-2000),
        seen=invoice_state.signature(world.in_stripe("invoice", draft)),
        form=world.form(),
    )
    shown = lists.get(world.ctx, draft)
    assert (shown.status, shown.remaining, world.balance(acme)) == ("open", pounds(7000), 0)


@pytest.mark.parametrize("hand", ["/finalize", "delete", "/add_lines"])
def test_a_draft_that_somebody_touched_meanwhile_is_left_alone(world: World, hand: str) -> None:
    acme = world.customer()
    draft = world.draft(acme, 9000)
    path, shown = f"/v1/invoices/{draft}", invoice_state.signature(world.in_stripe("invoice", draft))
    if hand == "delete":
        world.sandbox.call("DELETE", path)
    else:
        extra = {"lines": [{"amount": 100, "description": "More"}]} if hand == "/add_lines" else {}
        world.sandbox.call("POST", f"{path}{hand}", extra)
    with pytest.raises((Changed, Refused, NotFound)):
        drafts_finalise.finish_draft(
            world.ctx, draft, payer=acme, total=pounds(9000), balance=pounds(0), seen=shown, form=world.form()
        )
    assert world.wire.writes() == []


def test_credit_that_came_after_the_preview_stops_the_invoice_before_anything_is_made(world: World) -> None:
    acme = world.customer()
    asked = wanted(acme, line(9000))
    before = seen(world, asked)
    world.entry(acme, -5000)
    with pytest.raises(Changed, match="balance changed"):
        invoices.finalise_and_send(world.ctx, asked, seen=before, form=world.form())
    assert world.wire.writes() == []


def test_a_price_that_changed_since_the_preview_stops_the_invoice(world: World) -> None:
    acme = world.customer()
    product = world.sandbox.call("POST", "/v1/products", {"name": "Medical"})["id"]
    params = {"product": product, "currency": "gbp", "unit_amount": 26_000}
    price = world.sandbox.call("POST", "/v1/prices", params)["id"]
    asked = wanted(acme, Line("Medical", Decimal(25_000), 2, None, price))
    with pytest.raises(Changed, match=r"£520\.00, not £500\.00"):
        invoices.finalise_and_send(world.ctx, asked, seen=seen(world, asked), form=world.form())
    assert world.wire.writes() == []


def test_a_catalogue_price_is_billed_as_stripe_has_it(world: World) -> None:
    acme = world.customer()
    product = world.sandbox.call("POST", "/v1/products", {"name": "Medical"})["id"]
    params = {"product": product, "currency": "gbp", "unit_amount_decimal": "1250.5"}
    price = world.sandbox.call("POST", "/v1/prices", params)["id"]
    raised = bill(world, acme, Line("Medical for Ada", Decimal("1250.5"), 3, _rate(world), price)).result
    shown = lists.lines(world.ctx, raised).iloc[0]
    assert (shown["description"], shown["amount"], shown["tax"]) == ("Medical for Ada", 3752, 750)


def test_a_stray_pending_item_is_neither_swept_in_nor_in_the_way(world: World) -> None:
    acme = world.customer()
    item = {"customer": acme, "amount": 1500, "currency": "gbp", "description": "Stray"}
    world.sandbox.call("POST", "/v1/invoiceitems", item)
    raised = bill(world, acme, line(9000)).result
    assert world.in_stripe("invoice", raised)["total"] == 9000


def test_when_stripe_comes_to_another_total_after_all_the_draft_is_not_finalised(world: World) -> None:
    acme = world.customer()
    item = {"customer": acme, "amount": 1500, "currency": "gbp", "description": "Stray"}
    world.sandbox.call("POST", "/v1/invoiceitems", item)
    asked = wanted(acme, line(9000, rate=_rate(world)))
    before = billing.preview([line(9000)], pounds(0))
    with pytest.raises(Changed, match=r"£108\.00, not £90\.00.*What was done before that stands"):
        invoices.finalise_and_send(world.ctx, asked, seen=before, form=world.form())
    drafts = world.sandbox.call("GET", "/v1/invoices", {"customer": acme})["data"]
    assert [found["status"] for found in drafts] == ["draft"]


def test_a_refusal_half_way_leaves_a_draft_and_says_so(world: World) -> None:
    acme, gone = world.customer(), Rate("txr_gone", "VAT", Decimal(20), False)
    asked = wanted(acme, line(9000, rate=gone))
    with pytest.raises(Refused, match="What was done before that stands"):
        invoices.save_draft(world.ctx, asked, form=world.form())
    drafts = world.sandbox.call("GET", "/v1/invoices", {"customer": acme})["data"]
    assert [found["status"] for found in drafts] == ["draft"]
    assert lists.table(world.ctx, lists.Filters()).total == 1


@pytest.mark.parametrize("step", ["/v1/invoices", "/add_lines", "/finalize", "/send"])
def test_an_answer_lost_at_any_step_makes_one_invoice_with_its_lines_once(world: World, step: str) -> None:
    acme = world.customer()
    world.wire.lose(step)
    raised = bill(world, acme, line(9000), line(1000)).result
    found = world.sandbox.call("GET", "/v1/invoices", {"customer": acme})["data"]
    assert [(each["id"], each["total"], each["status"]) for each in found] == [(raised, 10_000, "open")]
    assert len(world.sandbox.call("GET", "/v1/events", {"type": "invoice.sent"})["data"]) == 1


@pytest.mark.parametrize("step", ["/v1/invoices", "/add_lines", "/finalize"])
def test_even_when_stripe_has_forgotten_the_key_nothing_is_done_twice(world: World, step: str) -> None:
    acme, form = world.customer(), world.form()
    asked = wanted(acme, line(9000))
    before = seen(world, asked)
    world.wire.lose_all_from(step)
    with pytest.raises(NotConfirmed):
        invoices.finalise_and_send(world.ctx, asked, seen=before, form=form)
    world.wire.mend()
    world.forget_keys()
    again = invoices.finalise_and_send(world.ctx, asked, seen=before, form=form)
    found = world.sandbox.call("GET", "/v1/invoices", {"customer": acme})["data"]
    assert [(each["id"], each["total"], each["status"]) for each in found] == [(again.result, 9000, "open")]


def test_a_payer_who_was_deleted_is_named_as_the_trouble(world: World) -> None:
    acme = world.customer()
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    with pytest.raises(Refused, match="deleted in Stripe") as no:
        invoices.save_draft(world.ctx, wanted(acme, line(9000)), form=world.form())
    assert no.value.field == "payer"


def test_a_credit_posted_between_preview_and_finalising_by_ourselves_is_seen_on_the_next_preview(quick: World) -> None:
    acme = quick.customer()
    adjust(quick, acme, minor=9000)
    assert seen(quick, wanted(acme, line(9000))).nothing_to_pay
