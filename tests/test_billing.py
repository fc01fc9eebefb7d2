"""Our preview comes to what Stripe comes to, to the penny."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib import billing
from lib.billing import Line, Rate
from lib.money import Money
from lib.sandbox import Sandbox

VAT = Rate("txr", "VAT", Decimal(20), False)
INSIDE = Rate("txr", "VAT", Decimal(20), True)


def _line(minor: str, quantity: int = 1, rate: Rate | None = None) -> Line:
    return Line("Consultation", Decimal(minor), quantity, rate)


@pytest.mark.parametrize(
    ("lines", "balance", "total", "to_pay", "after"),
    [
        ([_line("20000")], -15_000, 20_000, 5000, 0),
        ([_line("18000")], -25_000, 18_000, 0, -7000),
        ([_line("9000")], 1250, 9000, 10_250, 0),
        ([_line("5020")], -5000, 5020, 0, 20),
        ([_line("5030")], -5000, 5030, 30, 0),
        ([_line("18000"), _line("25000", 1, VAT)], 0, 48_000, 48_000, 0),
        ([_line("12000", 1, INSIDE)], 0, 12_000, 12_000, 0),
        ([], -500, 0, 0, -500),
    ],
)
def test_what_the_balance_does_to_an_invoice(
    lines: list[Line], balance: int, total: int, to_pay: int, after: int
) -> None:
    told = billing.preview(lines, Money(balance, "gbp"))
    assert (told.total.minor, told.to_pay.minor, told.balance_after.minor) == (total, to_pay, after)


def test_tax_inside_a_price_is_not_added_to_it() -> None:
    told = billing.preview([_line("12000", 1, INSIDE)], Money(0, "gbp"))
    assert (told.tax.minor, told.total.minor) == (2000, 12_000)


def test_each_lines_tax_is_rounded_by_itself() -> None:
    told = billing.preview([_line("33", 1, VAT), _line("33", 1, VAT)], Money(0, "gbp"))
    assert told.tax.minor == 14


BILLS = st.lists(
    st.tuples(st.integers(1, 40_000), st.integers(1, 9), st.sampled_from([None, "outside", "inside"])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bills=BILLS,
    balance=st.integers(-60_000, 20_000),
    percentage=st.sampled_from(["20", "5", "17.5", "0"]),
    currency=st.sampled_from(["gbp", "eur", "jpy", "czk"]),
)
def test_the_preview_is_what_stripe_comes_to(
    sandbox: Sandbox, bills: list[tuple[int, int, str | None]], balance: int, percentage: str, currency: str
) -> None:
    call = sandbox.call
    payer = call("POST", "/v1/customers", {"name": "Acme"})["id"]
    made = {
        where: call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": percentage, "inclusive": inside})
        for where, inside in (("outside", False), ("inside", True))
    }
    if balance:
        call("POST", f"/v1/customers/{payer}/balance_transactions", {"amount": balance, "currency": currency})
    lines, sent = [], []
    for minor, quantity, where in bills:
        rate = Rate(made[where]["id"], "VAT", Decimal(percentage), where == "inside") if where else None
        lines.append(Line("Visit", Decimal(minor), quantity, rate))
        priced = {"currency": currency, "product_data": {"name": "Visit"}, "unit_amount_decimal": str(minor)}
        rates = {"tax_rates": [rate.id]} if rate else {}
        sent.append({"price_data": priced, "quantity": quantity, **rates})
    terms = {"collection_method": "send_invoice", "days_until_due": 30, "currency": currency}
    draft = call("POST", "/v1/invoices", {"customer": payer, **terms})["id"]
    call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": sent})
    found = call("POST", f"/v1/invoices/{draft}/finalize")
    told = billing.preview(lines, Money(balance, currency))
    assert (told.total.minor, told.to_pay.minor) == (found["total"], found["amount_due"])
    assert call("GET", f"/v1/customers/{payer}")["balance"] == told.balance_after.minor
    assert told.tax.minor == sum(tax["amount"] for tax in found["total_taxes"])
