"""Fields that Stripe leaves out until they are expanded."""

from __future__ import annotations

from collections.abc import Callable

from lib.sandbox.call import Call
from lib.sandbox.resources import payments
from lib.sandbox.schema import Body

EMBEDDED = 10


def nothing(call: Call, body: Body) -> None:
    """There is none."""


def listed(entries: list[Body], url: str) -> Body:
    return {"object": "list", "data": entries[:EMBEDDED], "has_more": len(entries) > EMBEDDED, "url": url}


def no_list(name: str) -> Callable[[Call, Body], Body]:
    return lambda call, customer: listed([], f"/v1/customers/{customer['id']}/{name}")


def tax_ids(call: Call, customer: Body) -> Body:
    found = call.store.select("tax_id", ("customer = ?", customer["id"]))
    return listed(found, f"/v1/customers/{customer['id']}/tax_ids")


def credit_by_currency(call: Call, customer: Body) -> dict[str, int]:
    """Here a credit is positive: the opposite of every other balance."""
    return {currency: -balance for currency, balance in call.store.ledgers(customer["id"]).items()}


def tax(call: Call, customer: Body) -> Body:
    return {"automatic_tax": "unrecognized_location", "ip_address": None, "location": None, "provider": "stripe"}


def currency_options(call: Call, price: Body) -> Body:
    kept = ("custom_unit_amount", "tax_behavior", "unit_amount", "unit_amount_decimal")
    return {price["currency"]: {name: price[name] for name in kept}}


def paid_off_stripe(call: Call, invoice: Body) -> int:
    """What of the amount paid came by other ways than Stripe; what was too much is not in it."""
    return payments.paid_with(call, invoice["id"], "payment_record") - invoice["amount_overpaid"]


def payments_of(call: Call, invoice: Body) -> Body:
    return listed(payments.of_invoice(call, invoice["id"]), f"/v1/invoices/{invoice['id']}/payments")
