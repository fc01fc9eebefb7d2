"""Re-billing: a draft or an open invoice goes to another payer (scenarios 11, 12, 24, 26)."""

from __future__ import annotations

from decimal import Decimal

from lib.actions import rebill_refusals, rebilling
from lib.queries import invoices as lists
from tests.support.rebilling import HERO, every, lines_of, live, rebill, seen_of
from tests.support.world import World, pounds


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
    old = lines_of(quick, draft)
    quick.sync()
    new = rebill(quick, draft, acme).result
    made = quick.in_stripe("invoice", new)
    assert [made[name] for name in ("total", "subtotal", "currency", "description", "custom_fields", "status")] == [
        before["total"], before["subtotal"], "gbp", "Thank you", fields, "draft",
    ]  # fmt: skip
    assert made["total_taxes"] == before["total_taxes"]
    same = ("description", "quantity", "amount", "taxes", "period")
    assert [[line[name] for name in same] for line in lines_of(quick, new)] == [
        [line[name] for name in same] for line in old
    ]
    units = [line["pricing"]["unit_amount_decimal"] for line in lines_of(quick, new)]
    assert list(map(Decimal, units)) == [Decimal("1250.5"), Decimal("333.25"), Decimal(25_000)]
    assert lines_of(quick, new)[0]["pricing"]["price_details"]["price"] == price
    assert lines_of(quick, new)[0]["metadata"]["slot"] == "9"
    assert {**HERO, "pd_rebilled_from": draft, "pd_patient": ada}.items() <= made["metadata"].items()
    assert made["due_date"] - made["created"] == 30 * 86_400
    assert draft not in [one["id"] for one in every(quick)]
    assert list(lists.table(quick.ctx, lists.Filters()).rows["id"]) == [new]


def test_an_open_invoice_is_raised_anew_then_voided_and_the_credit_goes_back(
    quick: World, parties: tuple[str, str]
) -> None:
    """Scenario 11."""
    ada, acme = parties
    quick.entry(ada, -6000)
    old = quick.invoice(ada, 10_000)
    quick.sync()
    assert rebill_refusals.goes_back(quick.in_stripe("invoice", old)) == pounds(-6000)
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
    assert live(quick) == [(acme, "open", 10_000)]


def test_the_new_payers_credit_pays_it_and_nothing_is_sent(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    quick.entry(acme, -25_000)
    old = quick.invoice(ada, 18_000)
    new = rebill(quick, old, acme, send=True).result
    assert (quick.in_stripe("invoice", new)["status"], quick.balance(acme)) == ("paid", -7000)
    assert not [path for path in quick.wire.writes() if path.endswith("/send")]


def test_work_of_a_payer_who_was_deleted_in_stripe_can_still_move(quick: World, parties: tuple[str, str]) -> None:
    """Scenario 26."""
    ada, acme = parties
    draft, opened = quick.draft(ada, 7500), quick.invoice(ada, 9900)
    quick.sandbox.call("DELETE", f"/v1/customers/{ada}")
    quick.sync()
    for one in (draft, opened):
        rebill(quick, one, acme)
    assert live(quick) == sorted([(acme, "draft", 7500), (acme, "open", 9900)])


def test_terms_that_are_no_number_are_the_practices(quick: World, parties: tuple[str, str]) -> None:
    odd = quick.customer("Corvane", metadata={"pd_terms_days": "soon"})
    made = quick.in_stripe("invoice", rebill(quick, quick.draft(parties[0], 7500), odd).result)
    assert made["due_date"] - made["created"] == quick.ctx.settings.terms_days * 86_400


def test_two_presses_of_one_button_make_one_new_invoice(quick: World, parties: tuple[str, str]) -> None:
    ada, acme = parties
    draft, form = quick.draft(ada, 7500), quick.form()
    seen = seen_of(quick, draft)
    first = rebill(quick, draft, acme, seen=seen, form=form)
    again = rebilling.rebill(quick.ctx, draft, acme, seen=seen, form=form)
    assert (again.result, again.again) == (first.result, True)
    assert live(quick) == [(acme, "draft", 7500)]


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
    chosen = {one: seen_of(quick, one) for one in (*drafts, opened, paid, membership)}
    form = quick.form()
    rows = {row.invoice: row for row in rebilling.rebill_many(quick.ctx, chosen, acme, form=form)}
    assert [rows[one].words for one in (*drafts, opened)] == ["", "", ""]
    assert "It is paid" in rows[paid].words
    assert "A membership made it" in rows[membership].words
    assert live(quick) == sorted(
        [(acme, "draft", 7500), (acme, "draft", 4200), (acme, "open", 9900), (ada, "draft", 3000), (ada, "paid", 6000)]
    )
    again = rebilling.rebill_many(quick.ctx, chosen, acme, form=form)
    assert {row.invoice: row.result for row in again} == {one: rows[one].result for one in chosen}
    told = [entry.detail for entry in quick.audited() if entry.verb == "invoice:rebill" and '"asked"' in entry.detail]
    assert len(told) == 3
    assert all(f'"from": "{ada}"' in detail and f'"to": "{acme}"' in detail for detail in told)
    assert "Byrne" not in "".join(told)
