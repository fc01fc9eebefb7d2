"""Object by object, our fields are those that Stripe publishes; every difference has a reason, and no reason is idle.

A reason for `a.*` is one for all that is inside `a`. Where Stripe's own example holds nothing (null, an empty list),
it does not say what would be inside.
"""

from __future__ import annotations

from typing import Any

import pytest

from lib.sandbox import Sandbox
from lib.sandbox.expand import FIELDS
from tests.sandbox.published import STUBS, names, published

PUBLISHED = published()
RECORDED = "absent in recordings of the real API at a version of 2026"
OLDER = "newer than the published example"
NEVER = "always null or empty here: "
PARTS = "the published example leaves out the hash that `type` names"
TRIMMED = "nothing that bills anybody: the sandbox shows only the part of an account that a practice looks at"

MISSING = {
    "account": dict.fromkeys(
        (
            "business_profile.*",
            "controller",
            "controller.*",
            "created",
            "external_accounts",
            "future_requirements",
            "future_requirements.*",
            "requirements",
            "requirements.*",
            "settings.*",
            "tos_acceptance",
            "tos_acceptance.*",
        ),
        TRIMMED,
    ),
    "credit_note": {
        "pretax_credit_amounts.*": NEVER + "no discounts",
        "shipping_cost.*": NEVER + "no shipping costs",
    },
    "credit_note_line_item": {"pretax_credit_amounts.*": NEVER + "no discounts"},
    "invoice": {
        "automatic_tax.liability.*": NEVER + "no automatic tax",
        "parent.quote_details.*": NEVER + "no quotes",
        "payment_settings.payment_method_options.*": NEVER + "no ways of paying but a test card",
        "shipping_cost.*": NEVER + "no shipping costs",
        "subscription": RECORDED,
    },
    "invoiceitem": {"net_amount": RECORDED, "parent.*": NEVER + "no items of subscriptions"},
    "line_item": {
        "parent.invoice_item_details.proration_details.credited_items.*": NEVER + "no prorations",
        "parent.subscription_item_details.proration_details.credited_items.*": NEVER + "no prorations",
        "subscription": RECORDED,
    },
    "price": {
        "custom_unit_amount.*": NEVER + "no amounts that the customer chooses",
        "transform_quantity.*": NEVER + "no quantities in packs",
    },
    "tax_rate": {"flat_amount.*": NEVER + "rates are percentages"},
}
EXTRA = {
    "customer": {"customer_account": OLDER, "business_name": OLDER, "individual_name": OLDER},
    "event": {"data.previous_attributes": "the published example is of a creation"},
    "invoice": {
        "last_finalization_error.*": "the published example is cut short",
        "status_details": OLDER,
    },
    "invoice_payment": {"payment.*": PARTS},
    "invoiceitem": {"frozen_fields": OLDER, "invoicing_rules": OLDER, "pricing.*": PARTS},
    "line_item": {"pricing.*": PARTS},
    "payment_record": {"payment_method_details.*": PARTS, "processor_details.*": PARTS},
    "product": {"attributes": "in recordings of the real API", "tax_details": OLDER},
}
TERMS = {"collection_method": "send_invoice", "days_until_due": 30}
MONEY = {
    "amount_requested": {"value": 9000, "currency": "gbp"},
    "initiated_at": 1,
    "outcome": "guaranteed",
    "guaranteed": {"guaranteed_at": 1},
    "payment_method_details": {"type": "custom", "custom": {"display_name": "Bank transfer"}},
    "processor_details": {"type": "custom", "custom": {"payment_reference": "R"}},
    "shipping_details": {"name": "A", "address": {"city": "London"}},
}
REFUND = {"outcome": "refunded", "processor_details": {"type": "custom", "custom": {"refund_reference": "R-1"}}}
LISTS = "customers invoices invoiceitems credit_notes events products prices tax_rates invoice_payments payment_records"


@pytest.fixture
def ours(box: Sandbox) -> dict[str, set[str]]:
    """The fields of everything in an account where a good deal has happened."""
    customer = _customer(box)
    _catalogue(box)
    _billing(box, customer)
    found: dict[str, set[str]] = {}
    paths = [*LISTS.split(), f"customers/{customer}/balance_transactions", f"customers/{customer}/tax_ids"]
    for path in paths:
        _collect(box.call("GET", f"/v1/{path}", {"limit": 100}), found)
    _collect(box.call("GET", "/v1/account"), found)
    return found


def _customer(box: Sandbox) -> str:
    details = {
        "name": "A",
        "address": {"city": "London"},
        "shipping": {"name": "A", "address": {"city": "London"}},
        "invoice_settings": {"rendering_options": {"amount_tax_display": "include_inclusive_tax"}},
        "tax_id_data": [{"type": "gb_vat", "value": "GB123456789"}],
    }
    customer = box.call("POST", "/v1/customers", details)["id"]
    box.call("POST", f"/v1/customers/{customer}", {"name": "B", "business_name": "B Ltd", "individual_name": "B"})
    return customer


def _catalogue(box: Sandbox) -> None:
    size = dict.fromkeys(("height", "length", "weight", "width"), 1.5)
    product = box.call("POST", "/v1/products", {"name": "Kit", "package_dimensions": size})["id"]
    box.call(
        "POST",
        "/v1/prices",
        {"product": product, "currency": "gbp", "unit_amount": 5, "recurring": {"interval": "month"}},
    )


def _billing(box: Sandbox, customer: str) -> None:
    rate = box.call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})["id"]

    def invoice() -> str:
        ident = box.call("POST", "/v1/invoices", {"customer": customer, "default_tax_rates": [rate], **TERMS})["id"]
        box.call("POST", f"/v1/invoices/{ident}/add_lines", {"lines": [{"amount": 10000, "description": "Visit"}]})
        return box.call("POST", f"/v1/invoices/{ident}/finalize")["id"]

    _credited(box, invoice())
    box.call("POST", f"/v1/invoices/{invoice()}/mark_uncollectible")
    revised = invoice()
    asked = {"from_invoice": {"action": "revision", "invoice": revised}, "auto_advance": True}
    box.call("POST", "/v1/invoices", asked)
    box.call("POST", f"/v1/invoices/{revised}/void")
    box.clock.advance(3600)
    box.seed_subscription_invoice(customer, [{"amount": 500}])


def _credited(box: Sandbox, invoice: str) -> None:
    """Paid in part by a bank transfer, of which some went back; and credited."""
    money = box.call("POST", "/v1/payment_records/report_payment", MONEY)["id"]
    box.call("POST", f"/v1/invoices/{invoice}/attach_payment", {"payment_record": money})
    box.call("POST", f"/v1/invoices/{invoice}/pay", {"paid_out_of_band": True})
    box.call("POST", f"/v1/payment_records/{money}/report_refund", REFUND)
    link = {"type": "payment_record_refund", "amount_refunded": 700}
    link["payment_record_refund"] = {"payment_record": money, "refund_group": "R-1"}
    box.call("POST", "/v1/credit_notes", {"invoice": invoice, "amount": 1000, "credit_amount": 300, "refunds": [link]})
    line = box.call("GET", f"/v1/invoices/{invoice}/lines")["data"][0]["id"]
    part = {"type": "invoice_line_item", "invoice_line_item": line, "amount": 100}
    box.call("POST", "/v1/credit_notes", {"invoice": invoice, "lines": [part], "out_of_band_amount": 120})


def _collect(value: Any, found: dict[str, set[str]]) -> None:
    if isinstance(value, list):
        for entry in value:
            _collect(entry, found)
    elif isinstance(value, dict):
        if value.get("object") != "list" and isinstance(value.get("object"), str):
            found.setdefault(value["object"], set()).update(names(value))
        for inner in value.values():
            _collect(inner, found)


def _reasons(given: dict[str, str], name: str) -> list[str]:
    return [reason for reason in given if reason == name or (reason[-1] == "*" and name.startswith(reason[:-1]))]


def _said_inside(wanted: set[str], name: str) -> bool:
    """Whether the published example says anything about what stands beside this name."""
    parent = name.rpartition(".")[0]
    return not parent or any(other.startswith(f"{parent}.") for other in wanted)


def test_every_kind_that_is_served_has_a_published_example():
    assert PUBLISHED.keys() == FIELDS.keys() | set(STUBS)


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_each_difference_has_a_reason_and_each_reason_a_difference(ours, kind):
    wanted, held = PUBLISHED[kind], ours[kind]
    missing, extra = wanted - held, {name for name in held - wanted if _said_inside(wanted, name)}
    for names_, reasons in ((missing, MISSING.get(kind, {})), (extra, EXTRA.get(kind, {}))):
        assert [name for name in sorted(names_) if not _reasons(reasons, name)] == []
        used = {reason for name in names_ for reason in _reasons(reasons, name)}
        assert sorted(reasons.keys() - used) == []


@pytest.mark.parametrize("kind", STUBS)
def test_a_deleted_thing_is_a_stub_of_three_fields(box, kind):
    customer = box.call("POST", "/v1/customers", {"name": "A"})["id"]
    path, given = {
        "deleted_customer": ("/v1/customers", {"name": "A"}),
        "deleted_invoice": ("/v1/invoices", {"customer": customer}),
        "deleted_invoiceitem": ("/v1/invoiceitems", {"customer": customer, "amount": 1}),
        "deleted_product": ("/v1/products", {"name": "Kit"}),
        "deleted_tax_id": (f"/v1/customers/{customer}/tax_ids", {"type": "gb_vat", "value": "GB123456789"}),
    }[kind]
    made = box.call("POST", path, given)["id"]
    assert set(box.call("DELETE", f"{path}/{made}")) == PUBLISHED[kind]
