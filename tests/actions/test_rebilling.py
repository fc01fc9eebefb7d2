"""Re-billing: a draft or an open invoice goes to another payer (scenarios 11-13, 24, 25, 27)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lib.actions import invoice_state, rebilling, resolver
from lib.actions._intent import Outcome
from lib.errors import Changed, NotAllowed, NotConfirmed, Refused
from lib.queries import invoices as lists
from lib.queries import rebills
from lib.stripe_api import reading
from tests.support.killing import killed
from tests.support.world import World, pounds

HERO = {"Patient name": "Ada Byrne", "Appointment practitioner": "Dr Okafor", "Appointment location": "Harley Street"}


def _seen(world: World, invoice: str) -> str:
    return invoice_state.signature(reading.invoice(world.ctx.stripe, invoice))


def rebill(world: World, invoice: str, payer: str, **more: Any) -> Outcome:
    given = {"seen": _seen(world, invoice), "form": world.form(), **more}
    return rebilling.rebill(given.pop("ctx", world.ctx), invoice, payer, **given)


def _all(world: World) -> list[dict[str, Any]]:
    return world.sandbox.call("GET", "/v1/invoices", {"limit": 100})["data"]


def _live(world: World) -> list[tuple[str, str, int]]:
    """Every invoice that is not void: payer, status, total."""
    return sorted((one["customer"], one["status"], one["total"]) for one in _all(world) if one["status"] != "void")


def _lines(world: World, invoice: str) -> list[dict[str, Any]]:
    return world.sandbox.call("GET", f"/v1/invoices/{invoice}/lines", {"limit": 100})["data"]


@pytest.fixture
def parties(quick: World) -> tuple[str, str]:
    """The patient Ada, who has been billed herself, and Acme on 30 days."""
    acme = quick.customer("Acme Ltd", email="ap@acme.example", metadata={"pd_terms_days": "30"})
    return quick.patient("Ada Byrne"), acme


def test_the_new_draft_has_the_same_lines_vat_and_metadata_and_a_link_to_the_old(
    quick: World, parties: tuple[str, str]
) -> None:
    """Scenario 24."""
    ada, acme = parties
    call = quick.sandbox.call
    vat = call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})["id"]
    product = call("POST", "/v1/products", {"name": "Full blood count"})["id"]
    price = call("POST", "/v1/prices", {"product": product, "currency": "gbp", "unit_amount_decimal": "1250.5"})["id"]
    fields = [{"name": "Reference", "value": "P-1042"}]
    draft = quick.draft(ada, metadata=HERO, description="Thank you", custom_fields=fields)
    one_off = {"currency": "gbp", "product_data": {"name": "Swab"}, "unit_amount_decimal": "333.25"}
    lines = [
        {"pricing": {"price": price}, "quantity": 3, "metadata": {"slot": "9"}},
        {"price_data": one_off, "quantity": 2, "description": "Swab", "tax_rates": [vat]},
        {"amount": 25_000, "description": "Employment medical", "tax_rates": [vat]},
    ]
    before = call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": lines})
    old = _lines(quick, draft)
    quick.sync()
    new = rebill(quick, draft, acme).result
    made = quick.in_stripe("invoice", new)
    assert [made[name] for name in ("total", "subtotal", "currency", "description", "custom_fields", "status")] == [
        before["total"], before["subtotal"], "gbp", "Thank you", fields, "draft",
    ]  # fmt: skip
    assert made["total_taxes"] == before["total_taxes"]
    same = ("description", "quantity", "amount", "taxes", "period")
    assert [[line[name] for name in same] for line in _lines(quick, new)] == [
        [line[name] for name in same] for line in old
    ]
    units = [line["pricing"]["unit_amount_decimal"] for line in _lines(quick, new)]
    assert list(map(Decimal, units)) == [Decimal("1250.5"), Decimal("333.25"), Decimal(25_000)]
    assert _lines(quick, new)[0]["pricing"]["price_details"]["price"] == price
    assert _lines(quick, new)[0]["metadata"]["slot"] == "9"
    assert {**HERO, "pd_rebilled_from": draft, "pd_patient": ada}.items() <= made["metadata"].items()
    assert made["due_date"] - made["created"] == 30 * 86_400
    assert draft not in [one["id"] for one in _all(quick)]
    assert list(lists.table(quick.ctx, lists.Filters()).rows["id"]) == [new]


def test_an_open_invoice_is_raised_anew_then_voided_and_the_credit_goes_back(
    quick: World, parties: tuple[str, str]
) -> None:
    """Scenario 11."""
    ada, acme = parties
    quick.entry(ada, -6000)
    old = quick.invoice(ada, 10_000)
    quick.sync()
    assert rebilling.goes_back(quick.in_stripe("invoice", old)) == pounds(-6000)
    new = rebill(quick, old, acme, send=True).result
    assert (quick.in_stripe("invoice", old)["status"], quick.balance(ada)) == ("void", -6000)
    assert quick.entries(ada)[-1] == ("unapplied_from_invoice", -6000, -6000)
    made = quick.in_stripe("invoice", new)
    assert (made["status"], made["amount_due"], made["customer"]) == ("open", 10_000, acme)
    ends = [path.rsplit("/", 1)[1] for path in quick.wire.writes()]
    assert ends == ["invoices", "add_lines", "finalize", "void", "send"]


def test_a_debit_that_the_old_one_took_goes_back_too(quick: World, parties: tuple[str, str]) -> None:
    """Scenario 12."""
    ada, acme = parties
    quick.entry(ada, 500)
    old = quick.invoice(ada, 10_000)
    assert quick.in_stripe("invoice", old)["amount_due"] == 10_500
    rebill(quick, old, acme)
    assert quick.balance(ada) == 500
    assert _live(quick) == [(acme, "open", 10_000)]


def test_the_new_payers_credit_pays_it_and_nothing_is_sent(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    quick.entry(acme, -25_000)
    old = quick.invoice(ada, 18_000)
    new = rebill(quick, old, acme, send=True).result
    assert (quick.in_stripe("invoice", new)["status"], quick.balance(acme)) == ("paid", -7000)
    assert not [path for path in quick.wire.writes() if path.endswith("/send")]


def test_one_that_credit_paid_is_refused_and_the_credit_note_is_named(quick: World, parties: tuple[str, str]) -> None:
    """Scenario 13."""
    ada, acme = parties
    quick.entry(ada, -25_000)
    old = quick.invoice(ada, 18_000)
    with pytest.raises(Refused, match=r"Credit on account paid it \(£180\.00\).*credit note of £180\.00"):
        rebill(quick, old, acme)
    assert quick.wire.writes() == []


def test_what_stripe_cannot_move_is_refused_with_the_reason(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    call = quick.sandbox.call
    paid, void, part, noted = (quick.invoice(ada, 6000) for _ in range(4))
    call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    call("POST", f"/v1/invoices/{void}/void")
    call("POST", "/v1/credit_notes", {"invoice": noted, "amount": 1000, "email_type": "none"})
    record = _payment(quick, 2000)
    call("POST", f"/v1/invoices/{part}/attach_payment", {"payment_record": record})
    membership = quick.sandbox.seed_subscription_invoice(ada, [{"amount": 3000, "description": "Membership"}])["id"]
    told = {
        paid: "It is paid",
        void: "It is void",
        part: r"£20\.00 was paid on it already",
        noted: "It has a credit note",
        membership: "A membership made it",
    }
    for invoice, words in told.items():
        with pytest.raises(Refused, match=words):
            rebill(quick, invoice, acme)
    assert quick.wire.writes() == []


def _payment(world: World, amount: int) -> str:
    money = {"value": amount, "currency": "gbp"}
    how = {"type": "custom", "custom": {"display_name": "Bank transfer"}}
    times = {"initiated_at": world.ctx.now, "outcome": "guaranteed", "guaranteed": {"guaranteed_at": world.ctx.now}}
    given = {"amount_requested": money, "payment_method_details": how, **times}
    return world.sandbox.call("POST", "/v1/payment_records/report_payment", given)["id"]


def test_nobody_re_bills_to_the_same_payer_to_nobody_or_without_leave(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    draft = quick.draft(ada, 7500)
    for payer, words in ((ada, "goes to them already"), ("", "Choose who pays"), ("cus_gone", "not in Stripe")):
        with pytest.raises(Refused, match=words) as no:
            rebill(quick, draft, payer)
        assert no.value.field == "payer"
    viewer = quick.person("vera", "viewer")
    with pytest.raises(NotAllowed):
        rebill(quick, draft, acme, ctx=viewer)
    assert quick.wire.writes() == []


def test_another_currency_is_refused(quick: World, parties: tuple[str, str]) -> None:
    """Scenario 19."""
    embassy = quick.customer("Embassy")
    quick.entry(embassy, -5000, "eur")
    with pytest.raises(Refused, match="billed in EUR and this invoice is in GBP"):
        rebill(quick, quick.draft(parties[0], 7500), embassy)


def test_one_that_was_paid_after_the_page_was_drawn_is_left_alone(quick: World, parties: tuple[str, str]) -> None:
    """Scenario 27."""
    ada, acme = parties
    old = quick.invoice(ada, 9900)
    seen = _seen(quick, old)
    quick.sandbox.call("POST", f"/v1/invoices/{old}/pay", {"paid_out_of_band": True})
    with pytest.raises(Changed, match=r"It was paid 16 Nov 2026, 12:00\. Nothing was changed"):
        rebill(quick, old, acme, seen=seen)
    assert quick.wire.writes() == []


def test_one_that_is_paid_while_the_new_one_is_made_keeps_its_money_and_nothing_is_asked_for_twice(
    quick: World, parties: tuple[str, str]
) -> None:
    ada, acme = parties
    old = quick.invoice(ada, 9900)
    pay = f"/v1/invoices/{old}/pay"
    quick.wire.then("/add_lines", lambda: quick.sandbox.call("POST", pay, {"paid_out_of_band": True}))
    with pytest.raises(Changed, match="It was paid"):
        rebill(quick, old, acme, send=True)
    assert _live(quick) == sorted([(acme, "draft", 9900), (ada, "paid", 9900)])


def test_a_payer_without_vat_gets_a_draft_that_is_left_and_the_old_one_stays(
    quick: World, parties: tuple[str, str]
) -> None:
    call = quick.sandbox.call
    embassy = quick.customer("Embassy", tax_exempt="exempt")
    vat = call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})["id"]
    draft = quick.draft(parties[0])
    line = {"amount": 25_000, "description": "Medical", "tax_rates": [vat]}
    call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": [line]})
    with pytest.raises(Changed, match=r"comes to £250\.00, not £300\.00.*old one was not touched"):
        rebill(quick, draft, embassy)
    assert _live(quick) == sorted([(embassy, "draft", 25_000), (parties[0], "draft", 30_000)])


def test_work_of_a_payer_who_was_deleted_in_stripe_can_still_move(quick: World, parties: tuple[str, str]) -> None:
    """Scenario 26."""
    ada, acme = parties
    draft, opened = quick.draft(ada, 7500), quick.invoice(ada, 9900)
    quick.sandbox.call("DELETE", f"/v1/customers/{ada}")
    quick.sync()
    for one in (draft, opened):
        rebill(quick, one, acme)
    assert _live(quick) == sorted([(acme, "draft", 7500), (acme, "open", 9900)])


def test_terms_that_are_no_number_are_the_practices(quick: World, parties: tuple[str, str]) -> None:
    odd = quick.customer("Corvane", metadata={"pd_terms_days": "soon"})
    made = quick.in_stripe("invoice", rebill(quick, quick.draft(parties[0], 7500), odd).result)
    assert made["due_date"] - made["created"] == quick.ctx.settings.terms_days * 86_400


def test_two_presses_of_one_button_make_one_new_invoice(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    draft, form = quick.draft(ada, 7500), quick.form()
    seen = _seen(quick, draft)
    first = rebill(quick, draft, acme, seen=seen, form=form)
    again = rebilling.rebill(quick.ctx, draft, acme, seen=seen, form=form)
    assert (again.result, again.again) == (first.result, True)
    assert _live(quick) == [(acme, "draft", 7500)]


@pytest.mark.parametrize(("status", "answered"), [("draft", n) for n in range(4)] + [("open", n) for n in range(6)])
def test_killed_after_any_answer_it_is_finished_and_there_is_no_third_invoice(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch, status: str, answered: int
) -> None:
    """Scenario 25."""
    ada, acme = parties
    old = (quick.draft if status == "draft" else quick.invoice)(ada, *[100] * 60)
    form, seen = quick.form(), _seen(quick, old)
    with killed(monkeypatch, answers=answered):
        rebill(quick, old, acme, seen=seen, send=True, form=form)
    quick.wait(180)
    assert resolver.resolve(quick.ctx.as_actor(None)) == 1
    assert [intent.state for intent in quick.intents()] == ["done"]
    assert _live(quick) == [(acme, status, 6000)]
    assert len(_all(quick)) == (1 if status == "draft" else 2)
    assert rebilling.rebill(quick.ctx, old, acme, seen=seen, send=True, form=form).again
    assert _live(quick) == [(acme, status, 6000)]


@pytest.mark.parametrize("sent", range(1, 4))
def test_killed_before_any_request_no_line_is_lost(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch, sent: int
) -> None:
    ada, acme = parties
    old = quick.draft(ada, *[100] * 60)
    with killed(monkeypatch, sends=sent):
        rebill(quick, old, acme)
    assert len(_lines(quick, old)) == 60
    quick.wait(180)
    resolver.resolve(quick.ctx)
    assert [intent.state for intent in quick.intents()] == ["done"]
    (left,) = _all(quick)
    assert (left["customer"], left["total"], len(_lines(quick, left["id"]))) == (acme, 6000, 60)


@pytest.mark.parametrize("ending", ["/v1/invoices", "/add_lines", "/finalize", "/void", "/send"])
def test_a_lost_answer_at_any_step_changes_nothing(quick: World, parties: tuple[str, str], ending: str) -> None:
    ada, acme = parties
    old = quick.invoice(ada, 9900)
    seen = _seen(quick, old)
    quick.wire.lose(ending)
    new = rebill(quick, old, acme, seen=seen, send=True).result
    assert _live(quick) == [(acme, "open", 9900)]
    assert quick.in_stripe("invoice", new)["metadata"]["pd_rebilled_from"] == old


def test_a_draft_that_somebody_changed_while_we_were_away_is_not_deleted(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, acme = parties
    old = quick.draft(ada, 7500)
    with killed(monkeypatch, answers=1):
        rebill(quick, old, acme)
    more = {"lines": [{"amount": 100, "description": "Postage"}]}
    quick.sandbox.call("POST", f"/v1/invoices/{old}/add_lines", more)
    quick.wait(180)
    resolver.resolve(quick.ctx)
    assert [intent.state for intent in quick.intents()] == ["changed"]
    assert (ada, "draft", 7600) in _live(quick)


def _left_by_a_colleague(world: World, ada: str, acme: str, status: str = "draft") -> tuple[str, str]:
    """Somebody else's process made the new draft and died before the old one went."""
    old = (world.draft if status == "draft" else world.invoice)(ada, 7500, metadata=HERO)
    new = world.draft(acme, 7500, metadata={**HERO, "pd_rebilled_from": old, "pd_patient": ada})
    world.sync()
    return old, new


@pytest.mark.parametrize("status", ["draft", "open"])
def test_a_pair_that_a_colleague_left_is_found_and_finished(
    quick: World, parties: tuple[str, str], status: str
) -> None:
    """Scenario 25."""
    ada, acme = parties
    old, new = _left_by_a_colleague(quick, ada, acme, status)
    for side in (old, new):
        pair = rebills.pair_of(quick.ctx, side)
        assert pair is not None
        assert (pair.old, pair.new, pair.payer) == (old, new, acme)
    assert [pair.new for pair in rebills.unfinished(quick.ctx)] == [new]
    with pytest.raises(Refused, match="Finish that re-billing"):
        rebill(quick, old, acme)
    other = quick.customer("Corvane")
    with pytest.raises(Refused, match="Finish that re-billing"):
        rebill(quick, old, other)
    assert rebilling.finish_rebill(quick.ctx, new, form=quick.form()).result == new
    assert _live(quick) == [(acme, status, 7500)]
    assert (rebills.pair_of(quick.ctx, new), rebills.unfinished(quick.ctx)) == (None, [])


def test_finishing_adds_the_lines_that_are_missing_and_no_others(
    quick: World, parties: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, acme = parties
    old = quick.draft(ada, *[100] * 60)
    with killed(monkeypatch, answers=1):
        rebill(quick, old, acme)
    quick.mark_for_review(("planned", "sent", "unknown"))
    quick.sync()
    (pair,) = rebills.unfinished(quick.ctx)
    assert (pair.old, pair.new_total.minor) == (old, 5000)
    rebilling.finish_rebill(quick.ctx, pair.new, form=quick.form())
    assert _live(quick) == [(acme, "draft", 6000)]
    assert len(_lines(quick, pair.new)) == 60


def test_finishing_stops_where_the_two_do_not_come_to_the_same(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    old = quick.draft(ada, 7500)
    new = quick.draft(acme, 7400, metadata={"pd_rebilled_from": old})
    with pytest.raises(Changed, match=r"£74\.00, not £75\.00"):
        rebilling.finish_rebill(quick.ctx, new, form=quick.form())
    assert _live(quick) == sorted([(acme, "draft", 7400), (ada, "draft", 7500)])


def test_of_five_pieces_of_open_work_those_that_can_move_do_and_the_others_say_why(
    quick: World, parties: tuple[str, str]
) -> None:
    """Scenario 24."""
    ada, acme = parties
    drafts = [quick.draft(ada, 7500), quick.draft(ada, 4200)]
    opened, paid = quick.invoice(ada, 9900), quick.invoice(ada, 6000)
    quick.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    membership = quick.sandbox.seed_subscription_invoice(ada, [{"amount": 3000, "description": "Membership"}])["id"]
    quick.sync()
    every = {one: _seen(quick, one) for one in (*drafts, opened, paid, membership)}
    form = quick.form()
    rows = {row.invoice: row for row in rebilling.rebill_many(quick.ctx, every, acme, form=form)}
    assert [rows[one].words for one in (*drafts, opened)] == ["", "", ""]
    assert "It is paid" in rows[paid].words
    assert "A membership made it" in rows[membership].words
    assert _live(quick) == sorted(
        [(acme, "draft", 7500), (acme, "draft", 4200), (acme, "open", 9900), (ada, "draft", 3000), (ada, "paid", 6000)]
    )
    again = rebilling.rebill_many(quick.ctx, every, acme, form=form)
    assert {row.invoice: row.result for row in again} == {one: rows[one].result for one in every}
    told = [entry.detail for entry in quick.audited() if entry.verb == "invoice:rebill" and '"asked"' in entry.detail]
    assert len(told) == 3
    assert all(f'"from": "{ada}"' in detail and f'"to": "{acme}"' in detail for detail in told)
    assert "Byrne" not in "".join(told)


def test_it_is_not_confirmed_while_stripe_is_away_and_ends_well(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    old = quick.draft(ada, 7500)
    quick.wire.lose_all_from("/add_lines")
    with pytest.raises(NotConfirmed):
        rebill(quick, old, acme)
    quick.wire.mend()
    quick.wait(180)
    resolver.resolve(quick.ctx)
    assert _live(quick) == [(acme, "draft", 7500)]
